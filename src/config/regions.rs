//! Which Regions are read: the one of `aws_region_name`, and those of `additional_regions` after it.

use super::text;
use crate::failure::Failure;
use serde_json::{Map, Value};

/// The Regions of the config, each once, `aws_region_name` first.
pub(super) fn resolve(config: &Map<String, Value>) -> Result<Vec<String>, Failure> {
    let Some(first) = text(config, "aws_region_name")? else {
        return Err(Failure::config("aws_region_name is missing: put in the Region to read, such as \"us-east-1\"."));
    };
    let mut regions = vec![region("aws_region_name", first)?];
    let not_a_list =
        || Failure::config("additional_regions must be a list of names of Regions, such as [\"eu-west-1\"].");
    let more = match config.get("additional_regions") {
        None | Some(Value::Null) => &[],
        Some(Value::Array(more)) => more.as_slice(),
        Some(_) => return Err(not_a_list()),
    };
    for name in more {
        let name = name.as_str().ok_or_else(not_a_list)?.trim();
        if !name.is_empty() {
            let region = region("additional_regions", name)?;
            if partition(&region) != partition(&regions[0]) {
                return Err(Failure::config(format!(
                    "additional_regions has {region}, which is in another partition of AWS than {}: make a source of its own for it, because no credentials are good in both.",
                    regions[0]
                )));
            }
            if !regions.contains(&region) {
                regions.push(region);
            }
        }
    }
    Ok(regions)
}

/// The partition of AWS that a Region is in, as ARNs name it. Source: IAM User Guide, "IAM ARNs".
pub(super) fn partition(region: &str) -> &'static str {
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

/// The name of a Region that stands under `key`.
fn region(key: &str, name: &str) -> Result<String, Failure> {
    if is_region(name) {
        return Ok(name.to_owned());
    }
    let zone = name.trim_end_matches(|last: char| last.is_ascii_lowercase());
    Err(Failure::config(if zone.len() + 1 == name.len() && is_region(zone) {
        format!("{key} \"{name}\" is an availability zone: put in its Region, \"{zone}\".")
    } else {
        format!("{key} \"{name}\" is not the name of a Region: put in a name such as \"us-east-1\".")
    }))
}

/// Whether `name` has the form of a Region's in any partition: two words or more and a number.
fn is_region(name: &str) -> bool {
    let mut parts = name.split('-');
    let is = |part: &str, of: fn(&u8) -> bool| !part.is_empty() && part.bytes().all(|byte| of(&byte));
    let ends_with_number = parts.next_back().is_some_and(|part| is(part, u8::is_ascii_digit));
    ends_with_number && parts.clone().count() >= 2 && parts.all(|part| is(part, u8::is_ascii_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn resolved(first: &Value, more: &Value) -> Result<Vec<String>, Failure> {
        let config = json!({"aws_region_name": first, "additional_regions": more});
        resolve(config.as_object().unwrap())
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
    fn says_what_is_wrong() {
        for (first, more, says) in [
            (json!(""), json!(null), "aws_region_name is missing"),
            (json!("US East (N. Virginia)"), json!(null), "is not the name of a Region"),
            (json!("us-east-1a"), json!(null), "aws_region_name \"us-east-1a\" is an availability zone"),
            (json!(1), json!(null), "aws_region_name must be a text"),
            (json!("us-east-1"), json!("eu-west-1"), "additional_regions must be a list"),
            (json!("us-east-1"), json!(["eu-west-1", "cn-north-1"]), "in another partition of AWS than us-east-1"),
            (json!("us-east-1"), json!([1]), "additional_regions must be a list"),
            (json!("us-east-1"), json!(["eu-west-1b"]), "put in its Region, \"eu-west-1\""),
        ] {
            let failure = resolved(&first, &more).unwrap_err();
            assert!(failure.message.contains(says), "{says}: {}", failure.message);
        }
    }
}
