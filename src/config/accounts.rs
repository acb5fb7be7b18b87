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

/// Sources: `CreateRole`, `RoleName` and `Path`.
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::{Value, json};

    const A: &str = "arn:aws:iam::111122223333:role/reader";
    const B: &str = "arn:aws-cn:iam::444455556666:role/path/reader";

    fn resolved(accounts: &Value) -> Result<Option<Accounts>, String> {
        let mut errors = ConfigErrors::default();
        let accounts = resolve(&Field::deserialize(accounts).unwrap(), &mut errors);
        errors.into_result(accounts).map_err(|errors| errors.to_string())
    }

    fn member(arn: &str) -> MemberRole {
        MemberRole { account: account_of(arn).unwrap(), arn: arn.to_owned() }
    }

    /// What the form leaves behind when another option is chosen does not count, nor do unknown keys.
    #[test]
    fn without_a_mode_a_single_account_is_read() {
        for accounts in [
            Value::Null,
            json!({}),
            json!({"mode": null}),
            json!({"mode": " ", "role_arns": [], "role_name": "", "excluded_account_ids": [""]}),
            json!({"unknown": 7}),
            json!({"mode": "single"}),
            json!({"mode": " single ", "role_arns": [A], "role_name": 7}),
        ] {
            assert_eq!(resolved(&accounts), Ok(Some(Accounts::Single)), "{accounts}");
        }
    }

    #[test]
    fn each_role_is_listed_once_in_the_order_of_the_config() {
        let accounts = json!({"mode": "roles", "role_arns": [B, "", null, format!(" {A} "), B]});
        assert_eq!(resolved(&accounts), Ok(Some(Accounts::Roles(vec![member(B), member(A)]))));
    }

    #[test]
    fn the_role_of_an_organization_may_have_a_path() {
        let longest = "a".repeat(64);
        for (name, role_name) in [
            (" cloudtrail-reader ", "cloudtrail-reader"),
            ("Read_er+=,.@-9", "Read_er+=,.@-9"),
            ("readers/cloudtrail-reader", "readers/cloudtrail-reader"),
            ("/readers/of/cloudtrail", "readers/of/cloudtrail"),
            (&longest, &longest),
        ] {
            let accounts = json!({"mode": "organization", "role_name": name, "excluded_account_ids": null});
            let organization = Accounts::Organization { role_name: role_name.to_owned(), excluded: BTreeSet::new() };
            assert_eq!(resolved(&accounts), Ok(Some(organization)));
        }
    }

    #[test]
    fn excluded_accounts_keep_their_leading_zeros() {
        let ids = json!(["012345678901", " 111122223333 ", null, " ", "111122223333"]);
        let accounts = json!({"mode": "organization", "role_name": "reader", "excluded_account_ids": ids});
        let excluded = ["012345678901", "111122223333"].map(|id| AccountId::parse(id).unwrap()).into();
        let organization = Accounts::Organization { role_name: "reader".to_owned(), excluded };
        assert_eq!(resolved(&accounts), Ok(Some(organization)));
    }

    #[test]
    fn invalid_accounts_are_rejected_with_the_reason() {
        let organization = |name: &str| json!({"mode": "organization", "role_name": name});
        let without = |ids: Value| json!({"mode": "organization", "role_name": "reader", "excluded_account_ids": ids});
        let roles = |arns: Value| json!({"mode": "roles", "role_arns": arns});
        for (accounts, says) in [
            (json!("single"), "accounts must be an object with a mode, such as {\"mode\": \"single\"}."),
            (json!([]), "accounts must be an object"),
            (json!({"mode": "Single"}), "mode \"Single\" in accounts is not a mode. Choose single, roles, or"),
            (json!({"mode": 1}), "mode in accounts must be a string."),
            (json!({"role_arns": [A]}), "accounts has no mode. Choose"),
            (json!({"role_name": "reader"}), "accounts has no mode."),
            (json!({"excluded_account_ids": 7}), "accounts has no mode."),
            (json!({"mode": "roles"}), "role_arns in accounts is missing."),
            (roles(json!([" ", null])), "role_arns in accounts is missing."),
            (roles(json!(A)), "role_arns in accounts must be a list of role ARNs"),
            (roles(json!([A, 7])), "role_arns in accounts must be a list of role ARNs"),
            (roles(json!(["reader"])), "role_arns \"reader\" is not the ARN of an IAM role."),
            (roles(json!(["arn:aws:iam::1:role/a"])), "is not the ARN of an IAM role."),
            (
                roles(json!([A, "arn:aws:iam::111122223333:role/other"])),
                "role/other\" and \"arn:aws:iam::111122223333:role/reader\" are roles of the same account, 111122223333,",
            ),
            (json!({"mode": "organization"}), "role_name in accounts is missing."),
            (organization(" "), "role_name in accounts is missing."),
            (json!({"mode": "organization", "role_name": 7}), "role_name in accounts must be a string."),
            (organization(A), "is an ARN. Enter only the name of the role"),
            (organization("cloudtrail reader"), "is not the name of an IAM role."),
            (organization("r\u{e9}ader"), "is not the name of an IAM role."),
            (organization("readers/"), "is not the name of an IAM role."),
            (organization("my readers/reader"), "is not the name of an IAM role."),
            (organization(&"a".repeat(65)), "is not the name of an IAM role."),
            (without(json!("111122223333")), "must be a list of account IDs in double quotes"),
            (without(json!([12_345_678_901_u64])), "Without the quotes, an ID loses its leading zeros."),
            (
                without(json!(["1111-2222-3333"])),
                "excluded_account_ids \"1111-2222-3333\" is not the ID of an AWS account.",
            ),
        ] {
            let message = resolved(&accounts).unwrap_err();
            assert!(message.contains(says), "{accounts}: {message}");
        }
    }

    #[test]
    fn all_mistakes_are_reported() {
        let organization = json!({"mode": "organization", "excluded_account_ids": ["a", "b"]});
        let message = resolved(&organization).unwrap_err();
        for says in ["role_name in accounts is missing.", "\"a\" is not the ID", "\"b\" is not the ID"] {
            assert!(message.contains(says), "{message}");
        }
        let message = resolved(&json!({"mode": "roles", "role_arns": ["a", A, "b"]})).unwrap_err();
        for says in ["\"a\" is not the ARN", "\"b\" is not the ARN"] {
            assert!(message.contains(says), "{message}");
        }
    }

    proptest! {
        /// The role that is assumed in an account of the organization is one that could also be listed.
        #[test]
        fn the_role_of_a_member_is_in_its_account(name in "([!-~&&[^/:]]{1,9}/){0,2}[A-Za-z0-9_+=,.@-]{1,64}", id in "[0-9]{12}") {
            let organization = json!({"mode": "organization", "role_name": name});
            let Ok(Some(Accounts::Organization { role_name, .. })) = resolved(&organization) else {
                return Err(TestCaseError::fail("it is not accepted"));
            };
            let role = MemberRole::named(&role_name, AccountId::parse(&id).unwrap(), "aws-us-gov");
            prop_assert_eq!(&role.arn, &format!("arn:aws-us-gov:iam::{id}:role/{name}"));
            prop_assert_eq!(resolved(&json!({"mode": "roles", "role_arns": [role.arn]})), Ok(Some(Accounts::Roles(vec![role]))));
        }
    }
}
