//! What speaks the Airbyte protocol: streams, catalogs, messages, and the stdout that they go to.

pub(crate) mod catalog;
pub mod output;
pub mod protocol;
pub mod stream;
