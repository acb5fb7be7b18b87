//! CloudTrail by the AWS SDK. Nothing outside of this folder names an AWS crate, or matches the words of one.

pub(crate) mod aws;
#[cfg(any(test, fuzzing))]
pub(crate) mod canned;
pub(crate) mod client;
mod connections;
mod enabled_regions;
mod errors;
mod identity;
mod interceptors;
mod masked_provider;
pub(crate) mod organization;
mod page_reader;
mod page_token;
mod profiles;
mod proxies;
mod retry_after;
pub(crate) mod session;
mod sts_rate;
