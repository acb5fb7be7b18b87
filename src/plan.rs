//! What to ask next: the unread seconds, cut into slices, and the chains of pages that read them.

pub mod chain;
mod density;
mod evenness;
pub mod read_plan;
pub mod tiling;
