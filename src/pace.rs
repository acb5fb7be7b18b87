//! When to ask, and how much at once: the rate limit, backoff, timeouts, and memory.

pub(crate) mod backoff;
pub(crate) mod idle_timeout;
pub(crate) mod memory_budget;
pub mod pacer;
