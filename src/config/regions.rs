//! The Regions to read: the one in `aws_region_name`, then those in `additional_regions`.

use super::{
    config_error::{ConfigError, ConfigErrors},
    raw_config::{Field, RawConfig},
};

/// How many characters a label of a host name can have. Source: RFC 1035, section 2.3.4.
const LONGEST_LABEL: usize = 63;

/// The Regions of the config, each once, `aws_region_name` first.
pub(super) fn resolve(config: &RawConfig, errors: &mut ConfigErrors) -> Vec<String> {
    let first = config.aws_region_name.string("aws_region_name");
    let first = first.and_then(|first| region("aws_region_name", first.ok_or(ConfigError::NoRegion)?));
    let mut regions = errors.or_default(first.map(|first| vec![first]));
    let first = regions.first().cloned();
    let more: &[String] = match &config.additional_regions {
        Field::Unset => &[],
        Field::Set(more) => more,
        Field::OfAnotherType(_) => {
            errors.add(ConfigError::RegionsNotAList);
            &[]
        }
    };
    for name in more.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
        match (region("additional_regions", name), &first) {
            (Err(error), _) => errors.add(error),
            (Ok(region), Some(first)) if partition(&region) != partition(first) => {
                errors.add(ConfigError::RegionOfAnotherPartition { region, first: first.clone() });
            }
            (Ok(region), _) if !regions.contains(&region) => regions.push(region),
            _ => {}
        }
    }
    regions
}

/// The AWS partition that a Region is in, as ARNs name it. Source: IAM User Guide, "IAM ARNs".
pub(crate) fn partition(region: &str) -> &'static str {
    let partitions = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("eusc-", "aws-eusc"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
    ];
    let known = partitions.into_iter().find(|(start, _)| region.starts_with(start));
    known.map_or("aws", |(_, partition)| partition)
}

/// The Region with the endpoint of AWS Organizations and AWS Account Management in the partition of `region`. Source: AWS
/// General Reference, "AWS Organizations endpoints and quotas".
pub(super) fn central_region(region: &str) -> &str {
    match partition(region) {
        "aws" => "us-east-1",
        "aws-cn" => "cn-northwest-1",
        "aws-us-gov" => "us-gov-west-1",
        _ => region,
    }
}

/// The Region that `key` names.
fn region(key: &'static str, name: &str) -> Result<String, ConfigError> {
    if is_region(name) {
        return Ok(name.to_owned());
    }
    let (region, name) = (name.trim_end_matches(|last: char| last.is_ascii_lowercase()), name.to_owned());
    Err(if region.len() + 1 == name.len() && is_region(region) {
        ConfigError::AvailabilityZone { key, region: region.to_owned(), name }
    } else {
        ConfigError::NotARegion { key, name }
    })
}

/// Whether `name` has the form of a Region's name in any partition: two words or more and a number. It is a label of host
/// names.
fn is_region(name: &str) -> bool {
    let mut parts = name.split('-');
    let is = |part: &str, of: fn(&u8) -> bool| !part.is_empty() && part.bytes().all(|byte| of(&byte));
    let ends_with_number = parts.next_back().is_some_and(|part| is(part, u8::is_ascii_digit));
    name.len() <= LONGEST_LABEL
        && ends_with_number
        && parts.clone().count() >= 2
        && parts.all(|part| is(part, u8::is_ascii_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::{Value, json};

    fn resolved(first: &Value, more: &Value) -> Result<Vec<String>, String> {
        let config = json!({"aws_region_name": first, "additional_regions": more});
        let mut errors = ConfigErrors::default();
        let regions = resolve(&RawConfig::deserialize(config).unwrap(), &mut errors);
        errors.into_result(regions).map_err(|errors| errors.to_string())
    }

    #[test]
    fn every_partition_has_regions() {
        for region in ["us-east-1", "ap-southeast-4", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "eusc-de-east-1"]
        {
            assert_eq!(resolved(&json!(region), &Value::Null).unwrap(), [region]);
        }
    }

    #[test]
    fn each_region_is_read_once() {
        let more = json!(["eu-west-1", " us-east-1 ", "", "ap-south-1", "eu-west-1"]);
        assert_eq!(resolved(&json!("us-east-1"), &more).unwrap(), ["us-east-1", "eu-west-1", "ap-south-1"]);
    }

    #[test]
    fn invalid_regions_are_rejected_with_the_reason() {
        for (first, more, says) in [
            (json!(""), json!(null), "aws_region_name is missing. Enter"),
            (json!("US East (N. Virginia)"), json!(null), "is not the name of an AWS Region"),
            (json!(format!("{}-east-1", "u".repeat(57))), json!(null), "is not the name of an AWS Region"),
            (json!("us-east-1a"), json!(null), "aws_region_name \"us-east-1a\" is an Availability Zone"),
            (json!(1), json!(null), "aws_region_name must be a string."),
            (json!("us-east-1"), json!("eu-west-1"), "additional_regions must be a list"),
            (json!("us-east-1"), json!(["eu-west-1", "cn-north-1"]), "in a different AWS partition than us-east-1"),
            (json!("us-east-1"), json!([1]), "additional_regions must be a list"),
            (json!("us-east-1"), json!(["eu-west-1b"]), "Enter the Region: eu-west-1."),
        ] {
            let message = resolved(&first, &more).unwrap_err();
            assert!(message.contains(says), "{says}: {message}");
        }
    }

    #[test]
    fn each_wrong_region_is_reported() {
        assert_eq!(
            resolved(&json!("us-east-1a"), &json!(["cn-north-1", "Ireland", "eu-west-1c"])).unwrap_err(),
            "aws_region_name \"us-east-1a\" is an Availability Zone. Enter the Region: us-east-1. additional_regions \"Ireland\" is not the name of an AWS Region. Enter a name such as us-east-1. additional_regions \"eu-west-1c\" is an Availability Zone. Enter the Region: eu-west-1."
        );
    }
}
