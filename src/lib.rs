//! x
pub mod catalog;
pub mod clock;
pub mod config;
pub mod coverage;
pub mod digest;
pub mod failure;
pub mod output;
pub mod plan;
pub mod protocol;
pub mod seconds;
pub mod secrets;
pub mod state;
pub mod stream;
pub mod window;
