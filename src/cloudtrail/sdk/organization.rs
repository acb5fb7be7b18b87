//! The accounts of an organization.

use super::{aws::Aws, errors, page_token::next_token};
use crate::{
    cloudtrail::lookup_error::{context::Service, error::LookupError},
    partition::AccountId,
};
use aws_sdk_organizations::types::{Account, AccountState, AccountStatus};

/// An account of an organization, and its state, such as `ACTIVE`.
pub(crate) type ListedAccount = (AccountId, String);

/// The state of an account that can be read.
pub(crate) const ACTIVE: &str = "ACTIVE";

impl Aws {
    /// The accounts of the organization that the credentials of the config belong to, those that manage it included, by ID.
    /// The credentials need `organizations:ListAccounts`.
    pub(crate) async fn listed_accounts(&self) -> Result<Vec<ListedAccount>, LookupError> {
        let client = self.organizations();
        let context = || self.context(Service::Organizations, self.session());
        let (mut accounts, mut token) = (Vec::new(), None::<String>);
        loop {
            let request = client.list_accounts().set_next_token(token.clone());
            let page = request.send().await.map_err(|error| errors::lookup_error(error, context()))?;
            let listed = page.accounts.into_iter().flatten();
            accounts.extend(listed.filter_map(|account| Some((AccountId::parse(account.id()?)?, state(&account)))));
            token = next_token(token.as_deref(), page.next_token, context)?;
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

/// The `State` of an account, or its `Status`, which `State` replaces. Source: AWS Organizations API Reference, `Account`.
#[allow(deprecated, reason = "an endpoint may still answer with Status only")]
fn state(account: &Account) -> String {
    let state = account.state().map(AccountState::as_str);
    state.or(account.status().map(AccountStatus::as_str)).unwrap_or_default().to_owned()
}
