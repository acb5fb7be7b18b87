//! JSON as it is written: to find parts of it, and to write them elsewhere as they are.

pub(crate) mod object;
pub(crate) mod scanner;
mod sixteen_bytes;
pub mod string;
