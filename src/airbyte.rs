//! The Airbyte protocol: streams, catalogs, messages, and the stdout that they are written to.

pub(crate) mod catalog;
pub mod output;
pub(crate) mod protocol;
pub mod stdout;
pub mod stream;
