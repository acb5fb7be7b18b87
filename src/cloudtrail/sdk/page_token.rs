//! The page tokens of AWS Organizations and AWS Account Management. The SDK's paginators would take a repeated token for the
//! end of the list.

use crate::cloudtrail::lookup_error::{context::RequestContext, error::LookupError, kind::NoAnswer};

/// The token of the page after the one that `token` led to, if there is one.
pub(super) fn next_token(
    token: Option<&str>,
    next: Option<String>,
    context: impl FnOnce() -> RequestContext,
) -> Result<Option<String>, LookupError> {
    let next = next.filter(|next| !next.is_empty());
    if next.is_some() && next.as_deref() == token {
        let source = anyhow::anyhow!("the page token is repeated");
        return Err(LookupError::new(NoAnswer::Garbled, context()).with_source(source));
    }
    Ok(next)
}
