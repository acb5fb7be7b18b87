//! An event as a record: the API's fields under the API's names. A field that the API leaves out is left out. Pure.

use crate::cloudtrail::lookup::{Event, Resource};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The record of one event.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EventRecord<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    access_key_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aws_region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_trail_event: Option<&'a str>,
    event_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_source: Option<&'a str>,
    event_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_only: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient_account_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resources: Option<&'a [Resource]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
}

/// The fields that the API has inside `CloudTrailEvent` only. Source: AWS, "CloudTrail record contents".
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Inside {
    aws_region: Value,
    recipient_account_id: Value,
}

/// The string in `value`; none if it is something else.
fn string(value: Value) -> Option<String> {
    match value {
        Value::String(string) => Some(string),
        _ => None,
    }
}

impl<'a> EventRecord<'a> {
    /// The record of an event whose ID and time are known.
    #[must_use]
    pub(super) fn new(event: &'a Event, event_id: &'a str, event_time: i64) -> Self {
        let json = event.cloud_trail_event.as_deref();
        let inside: Inside = json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
        Self {
            access_key_id: event.access_key_id.as_deref(),
            aws_region: string(inside.aws_region),
            cloud_trail_event: json,
            event_id,
            event_name: event.event_name.as_deref(),
            event_source: event.event_source.as_deref(),
            event_time,
            read_only: event.read_only.as_deref(),
            recipient_account_id: string(inside.recipient_account_id),
            resources: event.resources.as_deref(),
            username: event.username.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    fn line(event: &Event) -> String {
        serde_json::to_string(&EventRecord::new(event, "id", 1_795_350_000)).unwrap()
    }

    #[test]
    fn a_record_has_the_fields_of_the_api_and_two_from_inside() {
        let string = |string: &str| Some(string.to_owned());
        let resource = |name, kind| Resource { resource_name: name, resource_type: kind };
        let event = Event {
            access_key_id: string("AKID"),
            cloud_trail_event: string(
                "{\"awsRegion\":\"eu-west-1\",\n \"recipientAccountId\":\"123456789012\",\"x\":[1]}",
            ),
            event_id: string("id"),
            event_name: string("ConsoleLogin"),
            event_source: string("signin.amazonaws.com"),
            event_time: Some(1_795_350_000),
            read_only: string("false"),
            resources: Some(vec![
                resource(string("bucket"), string("AWS::S3::Bucket")),
                resource(string("name"), None),
            ]),
            username: string("Ünï"),
        };
        assert_snapshot!(line(&event), @r#"{"AccessKeyId":"AKID","AwsRegion":"eu-west-1","CloudTrailEvent":"{\"awsRegion\":\"eu-west-1\",\n \"recipientAccountId\":\"123456789012\",\"x\":[1]}","EventId":"id","EventName":"ConsoleLogin","EventSource":"signin.amazonaws.com","EventTime":1795350000,"ReadOnly":"false","RecipientAccountId":"123456789012","Resources":[{"ResourceName":"bucket","ResourceType":"AWS::S3::Bucket"},{"ResourceName":"name"}],"Username":"Ünï"}"#);
    }

    #[test]
    fn a_value_inside_that_is_not_a_string_is_left_out() {
        let inside = r#"{"awsRegion": "eu-west-1", "recipientAccountId": 7}"#.to_owned();
        let event = Event { cloud_trail_event: Some(inside), ..Event::default() };
        let record = EventRecord::new(&event, "id", 5);
        assert_eq!((record.aws_region.as_deref(), record.recipient_account_id), (Some("eu-west-1"), None));
    }

    #[test]
    fn an_absent_field_is_left_out() {
        assert_snapshot!(line(&Event::default()), @r#"{"EventId":"id","EventTime":1795350000}"#);
        let empty =
            Event { resources: Some(vec![]), cloud_trail_event: Some("not JSON".to_owned()), ..Event::default() };
        assert_snapshot!(line(&empty), @r#"{"CloudTrailEvent":"not JSON","EventId":"id","EventTime":1795350000,"Resources":[]}"#);
    }
}
