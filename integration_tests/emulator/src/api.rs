//! The APIs at the emulator's address: `LookupEvents` of CloudTrail, `AssumeRole` and `GetCallerIdentity` of STS,
//! `ListAccounts` of Organizations, and `ListRegions` of Account Management.

mod account;
mod assume_role;
mod cloudtrail;
pub(crate) mod journal;
mod lists;
mod organizations;
pub(crate) mod service;
mod sts;
