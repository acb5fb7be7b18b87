//! The Regions of accounts, with their opt-in statuses, and the partitions that Regions belong to.

use std::collections::{HashMap, HashSet};

/// The Regions that are enabled in every account. Source: AWS Account Management Reference Guide, "Enable or disable
/// AWS Regions in your account".
const DEFAULT_REGIONS: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// The Regions that have to be enabled first. Source: the same.
const OPT_IN_REGIONS: [&str; 17] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
];

/// The opt-in status of a Region in an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr, strum::EnumString)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum RegionStatus {
    /// The account has enabled the Region.
    Enabled,
    /// The Region is being enabled, and can't be used yet.
    Enabling,
    /// The Region is being disabled, and can't be used any longer.
    Disabling,
    /// The Region has to be enabled first.
    Disabled,
    /// The Region is enabled in every account.
    EnabledByDefault,
}

impl RegionStatus {
    fn is_enabled(self) -> bool {
        matches!(self, Self::Enabled | Self::EnabledByDefault)
    }
}

/// The Regions of an account that has changed none, by name: the 17 that are enabled by default, and the opt-in ones,
/// which are disabled.
#[must_use]
pub fn default_regions() -> Vec<(String, RegionStatus)> {
    let named = |status| move |name: &&str| ((*name).to_owned(), status);
    let default = DEFAULT_REGIONS.iter().map(named(RegionStatus::EnabledByDefault));
    let mut regions: Vec<_> = default.chain(OPT_IN_REGIONS.iter().map(named(RegionStatus::Disabled))).collect();
    regions.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    regions
}

/// The Regions of all accounts.
#[derive(Debug, Default)]
pub(crate) struct Regions {
    disabled: HashSet<String>,
    accounts: HashMap<String, Vec<(String, RegionStatus)>>,
}

impl Regions {
    /// The Regions of these accounts; all others have the default ones. Some are not enabled in any account.
    pub(crate) fn new(disabled: HashSet<String>, accounts: HashMap<String, Vec<(String, RegionStatus)>>) -> Self {
        Self { disabled, accounts }
    }

    /// The Regions of an account, with their statuses.
    pub(crate) fn of(&self, account: &str) -> Vec<(String, RegionStatus)> {
        let mut regions = self.accounts.get(account).cloned().unwrap_or_else(default_regions);
        for (name, status) in &mut regions {
            if self.disabled.contains(name) {
                *status = RegionStatus::Disabled;
            }
        }
        regions
    }

    /// Whether nobody can use the Region.
    pub(crate) fn is_disabled_everywhere(&self, region: &str) -> bool {
        self.disabled.contains(region)
    }

    /// Whether an account can use a Region. One that has the default Regions can also use those of other partitions,
    /// which `ListRegions` does not know.
    pub(crate) fn is_enabled(&self, account: &str, region: &str) -> bool {
        match self.accounts.get(account) {
            Some(regions) => regions.iter().any(|(name, status)| name == region && status.is_enabled()),
            None => !OPT_IN_REGIONS.contains(&region),
        }
    }
}

/// The partition of a Region, as it is in ARNs.
pub(crate) fn partition(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "aws-cn",
        Some("us") if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// The Region that serves Organizations and Account Management for all Regions of a partition.
pub(crate) fn central_region(region: &str) -> &'static str {
    match partition(region) {
        "aws-cn" => "cn-northwest-1",
        "aws-us-gov" => "us-gov-west-1",
        _ => "us-east-1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_has_17_enabled_regions_and_the_others_disabled() {
        let regions = default_regions();
        assert_eq!(regions.len(), 34);
        assert!(regions.is_sorted());
        assert_eq!(regions.iter().filter(|(_, status)| status.is_enabled()).count(), 17);
        assert!(regions.contains(&("us-east-1".to_owned(), RegionStatus::EnabledByDefault)));
        assert!(regions.contains(&("me-south-1".to_owned(), RegionStatus::Disabled)));
    }

    #[test]
    fn a_region_can_be_disabled_in_one_account_and_enabled_in_another() {
        let entry = |account: &str, status| (account.to_owned(), vec![("me-south-1".to_owned(), status)]);
        let statuses = [RegionStatus::Enabled, RegionStatus::Enabling, RegionStatus::Disabling];
        let accounts = ["1", "2", "3"].iter().zip(statuses).map(|(account, status)| entry(account, status)).collect();
        let regions = Regions::new(HashSet::from(["sa-east-1".to_owned()]), accounts);
        let enabled = |region| ["1", "2", "3", "4"].map(|account| regions.is_enabled(account, region));
        assert_eq!(enabled("me-south-1"), [true, false, false, false]);
        assert_eq!(enabled("us-east-1"), [false, false, false, true]);
        assert_eq!(enabled("cn-north-1"), [false, false, false, true]);
        assert!(regions.is_disabled_everywhere("sa-east-1"));
        assert!(regions.of("4").contains(&("sa-east-1".to_owned(), RegionStatus::Disabled)));
    }

    #[test]
    fn each_partition_has_one_central_region() {
        let names = ["eu-west-1", "cn-north-1", "us-gov-east-1", "us-west-2"];
        assert_eq!(names.map(central_region), ["us-east-1", "cn-northwest-1", "us-gov-west-1", "us-east-1"]);
        assert_eq!(names.map(partition), ["aws", "aws-cn", "aws-us-gov", "aws"]);
    }
}
