//! The accounts to read: the one that the credentials are of, or those of several roles.

use super::{
    config_error::{ConfigError, ConfigErrors},
    credentials::account_of,
    raw_config::{Field, RawAccounts},
};
use crate::partition::AccountId;
use std::collections::BTreeSet;

/// The accounts whose event histories are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Accounts {
    /// The account of the credentials, or of the role that they assume.
    #[default]
    Single,
    /// The accounts of these roles, each once, in the order of the config.
    Roles(Vec<MemberRole>),
    /// The active accounts of the organization.
    Organization {
        /// The role that each account has, with its path, such as `readers/cloudtrail-reader`.
        role_name: String,
        /// The accounts that are left out.
        excluded: BTreeSet<AccountId>,
    },
}

/// The role with which one of several accounts is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MemberRole {
    pub(crate) account: AccountId,
    pub(crate) arn: String,
}

impl MemberRole {
    /// The role named `role_name`, with its path, in an account of this AWS partition, such as `aws`.
    pub(crate) fn named(role_name: &str, account: AccountId, aws_partition: &str) -> Self {
        let arn = format!("arn:{aws_partition}:iam::{account}:role/{role_name}");
        Self { account, arn }
    }
}

/// The accounts of the config; none if their mode is unknown.
pub(super) fn resolve(accounts: &Field<RawAccounts>, errors: &mut ConfigErrors) -> Option<Accounts> {
    let accounts = match accounts {
        Field::Unset => return Some(Accounts::Single),
        Field::Set(accounts) => accounts,
        Field::OfAnotherType(_) => {
            errors.add(ConfigError::AccountsNotAnObject);
            return None;
        }
    };
    let error = match accounts.mode.string("mode in accounts") {
        Ok(Some("single")) => return Some(Accounts::Single),
        Ok(Some("roles")) => return Some(Accounts::Roles(roles(&accounts.role_arns, errors))),
        Ok(Some("organization")) => {
            let role_name = errors.or_default(role_name(&accounts.role_name));
            let excluded = excluded(&accounts.excluded_account_ids, errors);
            return Some(Accounts::Organization { role_name, excluded });
        }
        Ok(None) if accounts.has_only_a_mode() => return Some(Accounts::Single),
        Ok(None) => ConfigError::NoAccountsMode,
        Ok(Some(mode)) => ConfigError::UnknownAccountsMode { mode: mode.to_owned() },
        Err(error) => error,
    };
    errors.add(error);
    None
}

/// Two roles of an account would read its events twice.
fn roles(arns: &Field<Vec<Field<String>>>, errors: &mut ConfigErrors) -> Vec<MemberRole> {
    let arns = match arns.strings(ConfigError::RolesNotAList) {
        Ok(arns) if arns.is_empty() => Err(ConfigError::NoRoles),
        arns => arns,
    };
    let mut roles: Vec<MemberRole> = Vec::new();
    for arn in errors.or_default(arns) {
        let Some(account) = account_of(arn) else {
            errors.add(ConfigError::NotARole { key: "role_arns", arn: arn.to_owned() });
            continue;
        };
        match roles.iter().find(|role| role.account == account) {
            Some(first) if first.arn != arn => {
                let (first, arn) = (first.arn.clone(), arn.to_owned());
                errors.add(ConfigError::TwoRolesOfOneAccount { arn, first, account });
            }
            Some(_) => {}
            None => roles.push(MemberRole { account, arn: arn.to_owned() }),
        }
    }
    roles
}

/// The name of the role in each account, after its path, if it has one.
fn role_name(field: &Field<String>) -> Result<String, ConfigError> {
    let name = field.string("role_name in accounts")?.ok_or(ConfigError::NoRoleName)?;
    if name.starts_with("arn:") {
        return Err(ConfigError::RoleNameIsAnArn { arn: name.to_owned() });
    }
    // The path of a role, as IAM shows it, begins with a slash.
    let with_path = name.strip_prefix('/').unwrap_or(name);
    if is_role_name(with_path) {
        Ok(with_path.to_owned())
    } else {
        Err(ConfigError::NotARoleName { name: name.to_owned() })
    }
}

/// Sources: CreateRole, `RoleName` and `Path`.
fn is_role_name(with_path: &str) -> bool {
    let (path, name) = with_path.rsplit_once('/').unwrap_or(("", with_path));
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
        && path.len() <= 510
        && path.bytes().all(|byte| byte.is_ascii_graphic())
}

fn excluded(ids: &Field<Vec<Field<String>>>, errors: &mut ConfigErrors) -> BTreeSet<AccountId> {
    let ids = errors.or_default(ids.strings(ConfigError::ExcludedAccountsNotAList));
    let accounts = ids.into_iter().filter_map(|id| {
        let account = AccountId::parse(id);
        if account.is_none() {
            errors.add(ConfigError::NotAnAccountId { id: id.to_owned() });
        }
        account
    });
    accounts.collect()
}
