//! HTTP/1.1 over TCP or TLS.

mod response_body;
pub(crate) mod server;
pub(crate) mod tls;
