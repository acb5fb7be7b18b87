//! When to send requests, and how many at once: the rate limit, backoff, the idle timeout, and memory.

pub(crate) mod backoff;
pub(crate) mod elapsed;
pub(crate) mod idle_timeout;
pub(crate) mod memory_budget;
pub mod pacer;
