//! The Airbyte protocol: streams, catalogs, messages, and the stdout that they are written to.

pub(crate) mod catalog;
pub mod event_format;
pub mod output;
pub(crate) mod protocol;
pub mod stdout;
pub mod stream;
