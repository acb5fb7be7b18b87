//! An organization: its accounts, and how Organizations lists them.

use crate::{
    auth::{caller::DEFAULT_ACCOUNT, role::Role},
    random::Random,
};
use rand::{RngExt, SeedableRng};
use std::collections::BTreeSet;

/// When the accounts of [`Organization::new`] joined.
const JOINED: i64 = 1_631_121_728;

/// An organization, as Organizations lists its accounts.
#[derive(Clone, Debug, PartialEq)]
pub struct Organization {
    /// Its ID, such as `o-exampleorgid`.
    pub id: String,
    /// The ID of the management account.
    pub management_account: String,
    /// The IDs of the member accounts that may call Organizations, too.
    pub delegated_administrators: Vec<String>,
    /// Its accounts, the management account included, in the order in which they are listed.
    pub accounts: Vec<Account>,
    /// How many accounts a page has at most; on AWS, 20.
    pub page_size: usize,
    /// Whether each page of accounts comes after an empty one that has a `NextToken`. Source: AWS Organizations API
    /// Reference, `ListAccounts`: an empty set of results does not mean that there are no more.
    pub empty_pages: bool,
    /// Which members say whether an account is active.
    pub status_members: StatusMembers,
    /// How many requests for a list of accounts are admitted in any second; `None` for no limit.
    pub rate: Option<u32>,
}

/// An account of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its ID, which has 12 digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The email address of its root user.
    pub email: String,
    /// Where it is in its life.
    pub state: AccountState,
    /// How it joined.
    pub joined_method: JoinedMethod,
    /// When it joined, in seconds since the Unix epoch.
    pub joined: i64,
}

/// Where an account is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountState {
    /// It was created and can't be used yet.
    PendingActivation,
    /// It can be used.
    Active,
    /// AWS has suspended it.
    Suspended,
    /// It is being closed.
    PendingClosure,
    /// It is closed, and is going to be deleted.
    Closed,
}

impl AccountState {
    /// The older `Status`, which has fewer values.
    pub(crate) fn status(self) -> &'static str {
        match self {
            Self::PendingActivation | Self::Active => "ACTIVE",
            Self::Suspended | Self::Closed => "SUSPENDED",
            Self::PendingClosure => "PENDING_CLOSURE",
        }
    }
}

/// How an account joined its organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum JoinedMethod {
    /// It was invited.
    Invited,
    /// It was created in the organization.
    Created,
}

/// Which members of an account say whether it is active: `Status`, or `State`, which replaces it. Source: AWS
/// Organizations API Reference, `ListAccounts`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatusMembers {
    /// `State` and `Status`.
    #[default]
    Both,
    /// `State` only.
    State,
    /// `Status` only, as before there was `State`.
    Status,
}

impl Organization {
    /// An organization with this many active member accounts. The default account, which is the default caller's, is
    /// its management account. The IDs of the members depend on the seed; with more members, the first ones are the
    /// same.
    #[must_use]
    pub fn new(seed: u64, members: usize) -> Self {
        let mut random = Random::seed_from_u64(seed);
        let mut ids = BTreeSet::from([DEFAULT_ACCOUNT.to_owned()]);
        let account = |id: String, name: String, email: String, joined_method| Account {
            id,
            name,
            email,
            state: AccountState::Active,
            joined_method,
            joined: JOINED,
        };
        let management = account(
            DEFAULT_ACCOUNT.to_owned(),
            "Management".to_owned(),
            "management@example.com".to_owned(),
            JoinedMethod::Invited,
        );
        let mut accounts = vec![management];
        while accounts.len() <= members {
            let id = random.random_range(100_000_000_000_u64..1_000_000_000_000).to_string();
            if ids.insert(id.clone()) {
                let number = accounts.len();
                let (name, email) = (format!("Member {number}"), format!("member-{number}@example.com"));
                accounts.push(account(id, name, email, JoinedMethod::Created));
            }
        }
        Self {
            id: "o-exampleorgid".to_owned(),
            management_account: DEFAULT_ACCOUNT.to_owned(),
            delegated_administrators: Vec::new(),
            accounts,
            page_size: 20,
            empty_pages: false,
            status_members: StatusMembers::default(),
            rate: None,
        }
    }

    /// The IDs of all accounts, in the order in which they are listed.
    #[must_use]
    pub fn account_ids(&self) -> Vec<String> {
        self.accounts.iter().map(|account| account.id.clone()).collect()
    }

    /// A role with this name in each account but the management account, where a stack set of an organization creates
    /// none.
    #[must_use]
    pub fn roles(&self, name: &str) -> Vec<Role> {
        let members = self.accounts.iter().filter(|account| account.id != self.management_account);
        members.map(|account| Role::new(format!("arn:aws:iam::{}:role/{name}", account.id))).collect()
    }

    /// Whether the account belongs to the organization.
    pub(crate) fn has(&self, account: &str) -> bool {
        self.accounts.iter().any(|member| member.id == account)
    }

    /// Whether the account is the management account or a delegated administrator.
    pub(crate) fn is_administered_by(&self, account: &str) -> bool {
        self.management_account == account || self.delegated_administrators.iter().any(|id| id == account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_have_ids_and_roles_of_their_own() {
        let organization = Organization::new(7, 200);
        let ids = organization.account_ids();
        assert_eq!((ids.len(), ids[0].as_str()), (201, DEFAULT_ACCOUNT));
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 201);
        assert!(ids.iter().all(|id| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit())));
        let accounts: Vec<String> = organization.roles("reader").iter().map(|role| role.account().to_owned()).collect();
        assert_eq!(accounts, ids[1..]);
        assert_eq!(Organization::new(7, 3).account_ids(), ids[..4]);
        assert_ne!(Organization::new(8, 3).account_ids(), ids[..4]);
    }

    #[test]
    fn the_management_account_and_delegated_administrators_administer() {
        let mut organization = Organization::new(7, 2);
        let ids = organization.account_ids();
        organization.delegated_administrators.push(ids[2].clone());
        let administers = |id: &str| organization.is_administered_by(id);
        assert_eq!((administers(&ids[0]), administers(&ids[1]), administers(&ids[2])), (true, false, true));
        assert!(organization.has(&ids[1]) && !organization.has("111122223333"));
    }
}
