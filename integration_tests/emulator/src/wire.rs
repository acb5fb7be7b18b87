//! What goes over the wire, whatever the API: responses, errors, XML, and the formats of times.

pub(crate) mod aws_error;
pub(crate) mod response;
pub(crate) mod timestamp;
pub(crate) mod xml;
