//! The tests that run the real binary against the emulator over HTTP, and those that check the project as a whole. Each
//! test has its own connector, emulator and files.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests and their helpers fail by panicking")]

mod accounts;
mod almost_valid;
mod bad_input;
mod check;
mod connector;
mod credentials;
mod cron;
mod errors;
mod fake_server;
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
mod record_columns;
mod regions;
mod resume;
mod run;
mod running;
mod secrets;
mod signals;
mod source;
mod state_forms;
mod streams;
mod syncs;
mod tidy;
