//! The tests that run the real binary, against the emulator and over real HTTP, and those that look at the project as
//! a whole. Each test has a connector, an emulator and files of its own.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, helpers of tests too"
)]

mod almost_valid;
mod bad_input;
mod check;
mod connector;
mod credentials;
mod errors;
mod faults;
mod history;
mod identity;
mod map;
mod messages;
mod metadata;
mod networks;
mod odd_answers;
mod once;
mod protocol;
mod quota;
mod regions;
mod resume;
mod run;
mod secrets;
mod signals;
mod source;
mod state_forms;
mod syncs;
mod tidy;
