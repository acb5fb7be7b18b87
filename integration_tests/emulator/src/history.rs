//! The event history: events, the requests that look them up, and the pages and tokens that they get.

pub(crate) mod event;
pub(crate) mod filter;
pub(crate) mod lookup_request;
pub(crate) mod page;
pub(crate) mod position;
pub(crate) mod store;
pub(crate) mod token;
