//! The state of a sync: what earlier connectors and clients pass in, and what this one writes.

mod event_time;
pub mod input_state;
pub(crate) mod log_messages;
mod owner;
mod saved_account;
pub mod saved_filter;
pub(crate) mod saved_region;
pub mod saved_state;
pub mod state_error;
pub mod stream_state;
pub mod sync_settings;
pub(crate) mod utc_time;
