//! What to request next: the unread seconds, divided into slices, and the chains of pages that read them.

pub mod chain;
mod density;
mod evenness;
mod part_width;
pub mod read_plan;
pub(crate) mod slice;
mod slice_estimate;
mod split_credit;
mod split_policy;
mod tiling;
