//! Everything that talks to CloudTrail: the trait that fetches a page, the errors in place of one, and the AWS SDK.

pub mod lookup;
pub mod lookup_error;
pub(crate) mod sdk;
