//! Which requests are throttled, and how long the others take.

pub(crate) mod latency;
pub(crate) mod other_reader;
pub(crate) mod quota;
pub(crate) mod throttle;
