//! Management events with edge cases at fixed places among them: members that are absent, null, empty or repeated,
//! strings that are hard to encode, and one event of the maximum size.

use super::{draft::Draft, generator::Generator, ordinary};
use crate::random::Random;
use serde_json::{Map, Value, json};

/// From this many events on, one has the maximum size.
const MIN_COUNT_FOR_MAX_SIZE: usize = 1000;
/// The number of the event that has the maximum size.
const MAX_SIZE_EVENT: usize = 777;
/// The maximum size of an event's record, in bytes.
const MAX_SIZE: usize = 256 * 1024;

const ESCAPES: &str = "quote \" backslash \\ slash / tab \t line \n return \r null \u{0} bell \u{7} \
    escape \u{1b} delete \u{7f} separators \u{2028}\u{2029} byte order mark \u{feff} \\u0041 ${x} %s";
const LETTERS: &str = "Zoë Müller 山田太郎 Ωμέγα שלום 👩‍💻 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 🏳️‍🌈 \u{10ffff}";

/// The body of the event with this number.
pub(super) fn body(generator: &Generator, number: usize, second: i64, random: &mut Random) -> Map<String, Value> {
    let mut draft = ordinary::draft(generator, second, random);
    match number % 40 {
        3 => draft.username = None,
        5 => draft.access_key = None,
        7 => (draft.username, draft.access_key) = (None, None),
        9 => draft.resources = None,
        11 => draft.resources = Some(json!([])),
        13 => draft.resources = Some(json!([{"ResourceType": null, "ResourceName": "untyped"}])),
        15 => draft.resources = Some(json!([{"ResourceName": "untyped"}, {"ResourceType": "AWS::S3::Bucket"}])),
        17 => draft.resources = Some(several_resources()),
        19 => insert_string(&mut draft, ESCAPES),
        23 => insert_string(&mut draft, LETTERS),
        29 => {
            let unusual = json!({"number": 1e300, "long": u64::MAX, "nested": [[[{}]]], "": ""});
            draft.record["additionalEventData"] = unusual;
        }
        31 => draft.record["eventVersion"] = json!("1.05"),
        _ => {}
    }
    let has_max_size = number == MAX_SIZE_EVENT && generator.count >= MIN_COUNT_FOR_MAX_SIZE;
    if let Some(size) = generator.size.or(has_max_size.then_some(MAX_SIZE)) {
        fill(&mut draft, size);
    }
    draft.into_body()
}

fn several_resources() -> Value {
    json!([
        {"ResourceType": "AWS::EC2::Instance", "ResourceName": "i-0123456789abcdef0"},
        {"ResourceType": "AWS::EC2::Subnet", "ResourceName": "subnet-0123456789abcdef0"},
        {"ResourceType": "AWS::EC2::SecurityGroup", "ResourceName": "sg-0123456789abcdef0"},
        {"ResourceType": "AWS::EC2::SecurityGroup", "ResourceName": "sg-0fedcba9876543210"},
    ])
}

/// Puts the string into every place where users can put one.
fn insert_string(draft: &mut Draft, text: &str) {
    draft.username = Some(text.to_owned());
    draft.resources = Some(json!([{"ResourceType": "AWS::S3::Bucket", "ResourceName": text}]));
    draft.record["requestParameters"]["description"] = text.into();
    draft.record["userIdentity"]["userName"] = text.into();
}

/// Makes the record this large, unless it already is.
fn fill(draft: &mut Draft, size: usize) {
    draft.record["requestParameters"]["policyDocument"] = "".into();
    let missing = size.saturating_sub(draft.record.to_string().len());
    draft.record["requestParameters"]["policyDocument"] = "x".repeat(missing).into();
}
