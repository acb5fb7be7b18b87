//! x
pub mod coverage;
pub mod digest;
pub mod plan;
pub mod seconds;
pub mod window;
