//! What speaks to CloudTrail: the seam that fetches a page, what it means when none comes, and the AWS SDK behind it.

pub mod lookup;
pub mod lookup_error;
pub(crate) mod sdk;
