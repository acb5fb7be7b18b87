//! What has been emitted, and what a sync must read: sets of seconds, and events in other seconds.

pub mod event_digest;
pub(crate) mod loose_events;
pub mod region_coverage;
pub mod seconds;
pub mod window;
