//! An account: the credentials by which its event history is read, and what can be asked about the account itself.

use super::{aws::Aws, errors, session::Session};
use crate::{
    cloudtrail::lookup_error::{
        context::{RequestContext, Service},
        error::LookupError,
        kind::NoAnswer,
    },
    partition::AccountId,
};
use aws_sdk_account::types::RegionOptStatus;

/// The credentials of one account.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(super) session: Session,
}

impl Aws {
    /// The Regions that are enabled in `account`, by name. Its own credentials ask, which need `account:ListRegions`.
    pub(crate) async fn enabled_regions(&self, account: &Account) -> Result<Vec<String>, LookupError> {
        let client = self.account_management(account);
        let context = || self.context(Service::AccountManagement, account);
        let (mut regions, mut token) = (Vec::new(), None);
        loop {
            let request = client
                .list_regions()
                .region_opt_status_contains(RegionOptStatus::Enabled)
                .region_opt_status_contains(RegionOptStatus::EnabledByDefault)
                .set_next_token(token.clone());
            let page = request.send().await.map_err(|error| errors::lookup_error(error, context()))?;
            regions.extend(page.regions.into_iter().flatten().filter_map(|region| region.region_name));
            token = next_token(token, page.next_token, context)?;
            if token.is_none() {
                break;
            }
        }
        regions.sort();
        Ok(regions)
    }

    /// The account that the credentials of the config belong to. Needs no permission.
    pub(crate) async fn caller(&self) -> Result<Option<AccountId>, LookupError> {
        let identity = self.sts().get_caller_identity().send().await;
        let identity =
            identity.map_err(|error| errors::lookup_error(error, self.context(Service::Sts, &self.own_account())))?;
        Ok(identity.account().and_then(AccountId::parse))
    }
}

/// The token of the page after the one that `token` led to, if there is one. The SDK's paginator would take a repeated
/// token for the end.
pub(super) fn next_token(
    token: Option<String>,
    next: Option<String>,
    context: impl FnOnce() -> RequestContext,
) -> Result<Option<String>, LookupError> {
    let next = next.filter(|next| !next.is_empty());
    if next.is_some() && next == token {
        let source = anyhow::anyhow!("the page token is repeated");
        return Err(LookupError::new(NoAnswer::Garbled, context()).with_source(source));
    }
    Ok(next)
}
