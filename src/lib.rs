//! An Airbyte source connector for the event history of AWS CloudTrail.
//!
//! ARCHITECTURE.md has the map. The two ideas to know are in [`coverage`], what has been emitted, and [`plan`], what
//! to ask next; [`reader`] is the shell that brings them together.

pub mod backlog;
pub mod budget;
pub mod catalog;
pub mod check;
pub mod checkpoint;
pub mod cli;
pub mod clock;
pub mod cloudtrail;
pub mod config;
pub mod coverage;
pub mod delivery;
pub mod digest;
pub mod failure;
pub mod input;
pub mod loose;
pub mod meter;
pub mod order;
pub mod output;
pub mod pacer;
pub mod patience;
pub mod plan;
pub mod progress;
pub mod protocol;
pub mod read;
pub mod reader;
pub mod record;
pub mod regions;
pub mod run;
pub mod seconds;
pub mod secrets;
pub mod signals;
pub mod silence;
pub mod state;
pub mod stream;
pub mod window;
