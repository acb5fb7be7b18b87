//! JSON as it is written: to find parts of it, and to write them elsewhere as they are.

mod eight_bytes;
pub(crate) mod object;
pub(crate) mod scanner;
pub mod string;
