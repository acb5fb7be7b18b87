//! The awkward cases, at fixed places among the ordinary events: fields that are absent, null, empty or several, text
//! that is hard to carry, and one event as large as events get.

use rand::rngs::Xoshiro256PlusPlus;
use serde_json::{Map, Value, json};

use super::Generator;
use super::kinds::{Draft, draft};

/// From this many events on, one of them is of the greatest size.
const ENOUGH_FOR_A_GIANT: usize = 1000;
const GIANT: usize = 777;
/// The greatest size of an event, in bytes of its record.
const GREATEST: usize = 256 * 1024;

const ESCAPES: &str = "quote \" backslash \\ slash / tab \t line \n return \r null \u{0} bell \u{7} \
    escape \u{1b} delete \u{7f} separators \u{2028}\u{2029} byte order mark \u{feff} \\u0041 ${x} %s";
const LETTERS: &str = "Zoë Müller 山田太郎 Ωμέγα שלום 👩‍💻 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 🏳️‍🌈 \u{10ffff}";

/// The body of the event with this number.
pub(super) fn body(
    generator: &Generator,
    number: usize,
    second: i64,
    random: &mut Xoshiro256PlusPlus,
) -> Map<String, Value> {
    let mut draft = draft(generator, second, random);
    let mut has_resources = true;
    match number % 40 {
        3 => draft.username = None,
        5 => draft.access_key = None,
        7 => (draft.username, draft.access_key) = (None, None),
        9 => has_resources = false,
        11 => draft.resources = json!([]),
        13 => draft.resources = json!([{"ResourceType": null, "ResourceName": "untyped"}]),
        15 => draft.resources = json!([{"ResourceName": "untyped"}, {"ResourceType": "AWS::S3::Bucket"}]),
        17 => draft.resources = several(),
        19 => carry(&mut draft, ESCAPES),
        23 => carry(&mut draft, LETTERS),
        29 => {
            let odd = json!({"number": 1e300, "long": u64::MAX, "nested": [[[{}]]], "": ""});
            draft.record["additionalEventData"] = odd;
        }
        31 => draft.record["eventVersion"] = json!("1.05"),
        _ => {}
    }
    let is_giant = number == GIANT && generator.count >= ENOUGH_FOR_A_GIANT;
    if let Some(size) = generator.size.or(is_giant.then_some(GREATEST)) {
        fill(&mut draft, size);
    }
    extract(draft, has_resources)
}

/// What the API serves of a record: some members of it again, `ReadOnly` as text, and the whole as text.
pub(super) fn extract(draft: Draft, has_resources: bool) -> Map<String, Value> {
    let Draft { id, access_key, username, resources, record } = draft;
    let mut body = Map::new();
    body.insert("EventId".to_owned(), id.into());
    for (name, member) in [("EventName", "eventName"), ("EventSource", "eventSource")] {
        body.insert(name.to_owned(), record[member].clone());
    }
    if let Some(reads) = record["readOnly"].as_bool() {
        body.insert("ReadOnly".to_owned(), reads.to_string().into());
    }
    if let Some(access_key) = access_key {
        body.insert("AccessKeyId".to_owned(), access_key.into());
    }
    if let Some(username) = username {
        body.insert("Username".to_owned(), username.into());
    }
    if has_resources {
        body.insert("Resources".to_owned(), resources);
    }
    body.insert("CloudTrailEvent".to_owned(), record.to_string().into());
    body
}

fn several() -> Value {
    json!([
        {"ResourceType": "AWS::EC2::Instance", "ResourceName": "i-0123456789abcdef0"},
        {"ResourceType": "AWS::EC2::Subnet", "ResourceName": "subnet-0123456789abcdef0"},
        {"ResourceType": "AWS::EC2::SecurityGroup", "ResourceName": "sg-0123456789abcdef0"},
        {"ResourceType": "AWS::EC2::SecurityGroup", "ResourceName": "sg-0fedcba9876543210"},
    ])
}

fn carry(draft: &mut Draft, text: &str) {
    draft.username = Some(text.to_owned());
    draft.resources = json!([{"ResourceType": "AWS::S3::Bucket", "ResourceName": text}]);
    draft.record["requestParameters"]["description"] = text.into();
    draft.record["userIdentity"]["userName"] = text.into();
}

/// Makes the record as large as this, unless it is larger anyway.
fn fill(draft: &mut Draft, size: usize) {
    draft.record["requestParameters"]["policyDocument"] = "".into();
    let room = size.saturating_sub(draft.record.to_string().len());
    draft.record["requestParameters"]["policyDocument"] = "x".repeat(room).into();
}
