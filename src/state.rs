//! The state of a sync: what earlier connectors and clients hand in, and what this one hands out.

mod entry;
pub mod input_state;
pub(crate) mod notes;
pub mod saved_filter;
pub mod stream_state;
pub mod sync_settings;
