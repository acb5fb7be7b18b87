//! Why no page arrived, and what to do about it: every error is classified here, once.
//!
//! What is seen is classified where it is seen: AWS's answers by `answers.rs`, everything else by `sdk/errors.rs`. From
//! the kind follow the remedy, who can fix it, and the sentence for the user.

pub(crate) mod answers;
pub mod context;
pub mod error;
pub mod kind;
mod sentences;

#[cfg(test)]
mod tests;
