//! Generated events, as an account has them: how they are distributed over time, what they contain, and the edge cases
//! among them.

mod draft;
mod edge_cases;
pub(crate) mod events;
pub(crate) mod generator;
mod insights;
mod ordinary;
mod timing;
