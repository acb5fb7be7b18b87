//! What a state says of one account.

use super::saved_region::SavedRegion;
use crate::partition::AccountId;
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::{Map, Value};
use std::{borrow::Cow, collections::BTreeMap};

/// The entries of Regions, by name.
pub(super) type SavedRegions<'a> = BTreeMap<String, Cow<'a, SavedRegion<'a>>>;

/// The entries of accounts. One that is null is the same as none.
pub(super) type SavedAccounts<'a> = BTreeMap<AccountId, Option<SavedAccount<'a>>>;

/// The entry of one account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct SavedAccount<'a> {
    #[serde(default, deserialize_with = "regions", skip_serializing_if = "Option::is_none")]
    pub(super) regions: Option<SavedRegions<'a>>,
    /// Members that this version does not know.
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

impl SavedAccount<'_> {
    /// The same, without a copy of its entries.
    pub(super) fn borrowed(&self) -> SavedAccount<'_> {
        SavedAccount { regions: self.regions.as_ref().map(borrowed), unknown: self.unknown.clone() }
    }
}

/// The same entries, without a copy of them.
pub(super) fn borrowed<'a>(regions: &'a SavedRegions<'_>) -> SavedRegions<'a> {
    regions.iter().map(|(name, entry)| (name.clone(), Cow::Borrowed(entry.as_ref()))).collect()
}

/// Reads the member `regions`.
pub(super) fn regions<'de, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SavedRegions<'a>>, D::Error> {
    Option::deserialize(deserializer).map_err(|error| D::Error::custom(format!("regions is not an object: {error}")))
}
