//! Each sample is a valid event, and what the API returns beside its record agrees with the record.

use super::{FILES, samples};
use crate::{
    history::event::{Category, Event},
    wire::timestamp::iso_8601,
};
use serde_json::{Value, json};
use std::collections::HashSet;

const LAST: i64 = 1_740_000_000;
const FIRST: i64 = LAST - 30 * 86_400;
const ACCOUNT: &str = "555555555555";
const REGION: &str = "eu-west-1";

fn events() -> Vec<(Event, Value)> {
    let events = samples(FIRST, LAST, ACCOUNT, REGION);
    assert!(events.len() >= FILES.len());
    let record = |event: &Event| serde_json::from_str(event.body["CloudTrailEvent"].as_str().unwrap()).unwrap();
    events.into_iter().map(|event| (event.clone(), record(&event))).collect()
}

/// Every string in a value.
fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(strings).collect(),
        Value::Object(members) => members.values().flat_map(strings).collect(),
        _ => vec![],
    }
}

#[test]
fn each_sample_has_an_id_of_its_own_and_its_time_account_and_region() {
    let mut ids = HashSet::new();
    for (event, record) in events() {
        let id = event.id().unwrap().to_owned();
        assert_eq!(id.len(), 36, "{id}");
        assert_eq!(record["eventID"], id);
        assert_eq!(record["eventTime"], iso_8601(event.second), "{id}");
        assert!((FIRST..=LAST).contains(&event.second), "{id}");
        assert_eq!((event.account.as_str(), event.region.as_str()), (ACCOUNT, REGION));
        assert_eq!(record["awsRegion"], REGION, "{id}");
        assert!(record.get("recipientAccountId").is_none_or(|account| account == ACCOUNT), "{id}");
        assert!(ids.insert(id), "two samples have the ID {}", record["eventID"]);
    }
}

#[test]
fn what_is_beside_the_record_agrees_with_it() {
    for (event, record) in events() {
        let body = Value::Object(event.body.clone());
        let id = event.id().unwrap();
        let is_insight = event.category == Category::Insight;
        assert_eq!(is_insight, record["eventCategory"] == "Insight", "{id}");
        let call = if is_insight { &record["insightDetails"] } else { &record };
        assert!(call["eventName"].is_string() && call["eventName"] == body["EventName"], "{id}");
        assert!(call["eventSource"].is_string() && call["eventSource"] == body["EventSource"], "{id}");
        let read_only = record.get("readOnly").map(|read_only| json!(read_only.as_bool().unwrap().to_string()));
        assert_eq!(body.get("ReadOnly"), read_only.as_ref(), "{id}");
        let identity = &record["userIdentity"];
        let signed_by = identity.get("accessKeyId").filter(|key| *key != "");
        assert_eq!(body.get("AccessKeyId"), signed_by, "{id}");
        let name = match identity["type"].as_str() {
            Some("Root") => Some("root"),
            Some("AssumedRole" | "FederatedUser") => identity["principalId"].as_str().unwrap().split(':').nth(1),
            Some("IAMUser" | "SAMLUser" | "WebIdentityUser") => identity["userName"].as_str(),
            _ => None,
        };
        assert_eq!(body.get("Username").and_then(Value::as_str), name, "{id}");
        for resource in body["Resources"].as_array().unwrap() {
            assert!(resource["ResourceType"].as_str().unwrap().starts_with("AWS::"), "{id}");
            let name = resource["ResourceName"].as_str().unwrap();
            assert!(strings(&record).iter().any(|text| text.contains(name)), "{id} does not have {name}");
        }
        for resource in record["resources"].as_array().unwrap_or(&vec![]) {
            let arn = resource["ARN"].as_str().unwrap();
            let names = body["Resources"].as_array().unwrap().iter().map(|one| one["ResourceName"].as_str().unwrap());
            assert!(names.clone().any(|name| arn.ends_with(name)), "{id} has no resource {arn}");
        }
    }
}

#[test]
fn everything_is_filled_in() {
    for (event, record) in events() {
        for text in strings(&record).into_iter().chain(strings(&event.body["Resources"])) {
            assert!(!text.contains(['{', '}']), "{text}");
        }
    }
    let (_, saml) = events().into_iter().find(|(_, record)| record["eventName"] == "AssumeRoleWithSAML").unwrap();
    let second = FIRST + (LAST - FIRST) * 9 / (2 * i64::try_from(FILES.len()).unwrap());
    assert_eq!(saml["eventTime"], iso_8601(second));
    assert_eq!(saml["responseElements"]["credentials"]["expiration"], super::long_date(second + 3600));
}

#[test]
fn insights_have_a_start_and_an_end_with_the_same_shared_id() {
    let insights: Vec<_> = events().into_iter().filter(|(event, _)| event.category == Category::Insight).collect();
    for pair in insights.chunks(2) {
        let [(start, started), (end, ended)] = pair else { panic!("{pair:?}") };
        assert!(start.second < end.second);
        assert_eq!(started["sharedEventID"], ended["sharedEventID"]);
        assert_eq!(started["insightDetails"]["state"], "Start");
        assert_eq!(ended["insightDetails"]["state"], "End");
        let minutes = ended["insightDetails"]["insightContext"]["statistics"]["insightDuration"].as_i64();
        assert_eq!(minutes, Some((end.second - start.second) / 60));
    }
    assert_eq!(insights.len(), 6);
}
