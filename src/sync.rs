//! A sync: reads Regions, writes records and states, and tells how it goes.

mod backlog;
mod checkpoint;
mod event_record;
mod order_check;
mod progress;
mod progress_display;
mod reader;
pub(crate) mod region_failures;
pub mod regions;
pub mod stream_writer;
