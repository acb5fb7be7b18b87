//! CloudTrail by the AWS SDK. Nothing outside of this folder names an AWS crate, or matches the words of one.

pub(crate) mod client;
mod errors;
mod identity;
mod interceptors;
mod masked_provider;
mod profiles;
mod proxies;
mod retry_after;
mod session;
