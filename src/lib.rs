//! An Airbyte source connector for the event history of AWS CloudTrail.
//!
//! ARCHITECTURE.md has the map. The two ideas to know are in [`coverage`], what has been emitted, and [`plan`], what
//! to ask next; [`read`] brings them together.

mod accounts;
pub mod airbyte;
mod check;
pub mod cli;
pub mod clock;
pub mod cloudtrail;
pub mod config;
pub mod coverage;
pub mod failure;
mod first_events;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod input;
pub mod json;
pub mod pace;
pub mod partition;
pub mod plan;
pub mod read;
pub mod run;
pub mod secrets;
mod signals;
pub mod state;
mod stopped;
pub mod sync;
