//! What a sync is made of: reading one Region, writing records and states, and telling people about the progress.

mod backlog;
mod checkpoint;
mod column_table;
mod event_columns;
mod event_json;
mod event_record;
mod messages;
mod order_check;
pub(crate) mod partition_queue;
mod progress;
pub(crate) mod progress_display;
mod progress_report;
mod rate;
pub(crate) mod read_clock;
pub(crate) mod reader;
pub mod record_settings;
pub(crate) mod region_failures;
pub(crate) mod region_pace;
pub mod resources;
pub mod stream_writer;
mod task;
mod time_spans;
pub(crate) mod turns;
