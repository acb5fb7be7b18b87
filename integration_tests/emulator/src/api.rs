//! The two APIs at the emulator's address: `LookupEvents` of CloudTrail and `AssumeRole` of STS.

mod assume_role;
mod cloudtrail;
pub(crate) mod journal;
pub(crate) mod service;
mod sts;
