//! The accounts of an organization.

use super::{aws::Aws, errors, page_token::next_token};
use crate::{
    cloudtrail::lookup_error::{context::Service, error::LookupError},
    partition::AccountId,
};
use aws_sdk_organizations::types::{Account, AccountState, AccountStatus};

impl Aws {
    /// The active accounts of the organization that the credentials of the config belong to, those that manage it
    /// included. The credentials need `organizations:ListAccounts`.
    pub(crate) async fn active_accounts(&self) -> Result<Vec<AccountId>, LookupError> {
        let client = self.organizations();
        let context = || self.context(Service::Organizations, self.session());
        let (mut accounts, mut token) = (Vec::new(), None);
        loop {
            let request = client.list_accounts().set_next_token(token.clone());
            let page = request.send().await.map_err(|error| errors::lookup_error(error, context()))?;
            let active = page.accounts.into_iter().flatten().filter(is_active);
            accounts.extend(active.filter_map(|account| AccountId::parse(account.id()?)));
            token = next_token(token, page.next_token, context)?;
            if token.is_none() {
                break;
            }
        }
        accounts.sort();
        accounts.dedup();
        Ok(accounts)
    }

    /// The account that the credentials of the config belong to. Needs no permission.
    pub(crate) async fn caller(&self) -> Result<Option<AccountId>, LookupError> {
        let identity = self.sts().get_caller_identity().send().await;
        let identity =
            identity.map_err(|error| errors::lookup_error(error, self.context(Service::Sts, self.session())))?;
        Ok(identity.account().and_then(AccountId::parse))
    }
}

/// Whether an account is active, by its `State`, or by its `Status`, which `State` replaces. Source: AWS Organizations
/// API Reference, `Account`.
#[allow(deprecated, reason = "an endpoint may still answer with Status only")]
fn is_active(account: &Account) -> bool {
    match account.state() {
        Some(state) => *state == AccountState::Active,
        None => account.status() == Some(&AccountStatus::Active),
    }
}
