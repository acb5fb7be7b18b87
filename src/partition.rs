//! AWS accounts, and what of them is read by itself: a Region of an account.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The ID of an AWS account. Source: AWS Account Management Reference Guide, "View AWS account identifiers": a 12-digit
/// number, which may begin with zeros.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(String);

impl AccountId {
    /// The account with this ID; none if it does not have exactly twelve ASCII digits.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        let is_id = id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
        is_id.then(|| Self(id.to_owned()))
    }

    /// The twelve digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AccountId {
    type Error = &'static str;

    fn try_from(id: String) -> Result<Self, Self::Error> {
        Self::parse(&id).ok_or("an account ID has twelve digits")
    }
}

impl From<AccountId> for String {
    fn from(account: AccountId) -> Self {
        account.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A partition is one Region of one account: it has an event history and a quota of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition {
    /// The account, if it is known.
    pub account: Option<AccountId>,
    /// The Region, such as `us-east-1`.
    pub region: String,
}

/// As users read it: `us-east-1`, or `us-east-1 in account 111122223333`.
impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.account {
            Some(account) => write!(f, "{} in account {account}", self.region),
            None => f.write_str(&self.region),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    proptest! {
        #[test]
        fn twelve_digits_are_an_account_in_all_forms(id in "[0-9]{12}") {
            let account = AccountId::parse(&id).unwrap();
            prop_assert_eq!(account.as_str(), &id);
            prop_assert_eq!(account.to_string(), id.clone());
            prop_assert_eq!(serde_json::to_value(&account).unwrap(), json!(id));
            prop_assert_eq!(serde_json::from_value::<AccountId>(json!(id)).unwrap(), account);
        }

        #[test]
        fn nothing_else_is_an_account(id in prop_oneof!["[0-9]{0,11}", "[0-9]{13,20}", "[0-9]{5}[^0-9][0-9]{6}", ".*[^0-9].*"]) {
            prop_assert_eq!(AccountId::parse(&id), None);
            prop_assert!(serde_json::from_value::<AccountId>(json!(id)).is_err());
        }
    }

    #[test]
    fn only_a_string_of_ascii_digits_is_an_account() {
        for id in ["١٢٣٤٥٦", " 111122223333", "+11122223333", "1111-2222-3333"] {
            assert_eq!(AccountId::parse(id), None, "{id}");
        }
        for id in [json!(111_122_223_333_u64), Value::Null, json!(["111122223333"])] {
            assert!(serde_json::from_value::<AccountId>(id.clone()).is_err(), "{id}");
        }
    }

    #[test]
    fn the_account_is_named_where_it_is_known() {
        let region = "us-east-1".to_owned();
        assert_eq!(Partition { account: None, region: region.clone() }.to_string(), "us-east-1");
        let partition = Partition { account: AccountId::parse("111122223333"), region };
        assert_eq!(partition.to_string(), "us-east-1 in account 111122223333");
    }
}
