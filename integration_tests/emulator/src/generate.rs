//! Events as an account has them: generated ones, with their distribution over time, their contents, and the edge cases
//! among them, and samples whose contents are known in advance.

mod draft;
mod edge_cases;
pub(crate) mod events;
pub(crate) mod generator;
mod insights;
mod ordinary;
pub(crate) mod samples;
mod timing;
