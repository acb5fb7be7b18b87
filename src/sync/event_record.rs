//! An event as a record: the API's fields under the API's names, the account and the Region whose event history has it, and
//! the columns that are taken from `CloudTrailEvent`. A field that CloudTrail leaves out is left out. Pure.

use super::{event_columns::Columns, event_json};
use crate::{
    airbyte::event_format::EventFormat,
    cloudtrail::lookup::{Event, Resource},
    partition::AccountId,
};
use serde::Serialize;
use serde_json::value::RawValue;

/// The record of one event.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EventRecord<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    access_key_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
    aws_region: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_trail_event: Option<CloudTrailEvent<'a>>,
    event_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_source: Option<&'a str>,
    event_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_only: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resources: Option<&'a [Resource]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(flatten)]
    columns: Columns<'a>,
}

/// The whole event, in the format of the config.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum CloudTrailEvent<'a> {
    String(&'a str),
    Object(&'a RawValue),
    /// It can't be delivered as an object.
    Unparsed {
        unparsed: &'a str,
    },
}

impl<'a> CloudTrailEvent<'a> {
    fn new(text: &'a str, format: EventFormat) -> Self {
        match format {
            EventFormat::String => Self::String(text),
            EventFormat::Object => event_json::object(text).map_or(Self::Unparsed { unparsed: text }, Self::Object),
        }
    }
}

impl<'a> EventRecord<'a> {
    /// The record of an event whose ID and time are known, with the account, if it is known, and the Region that have it.
    #[must_use]
    pub(super) fn new(
        event: &'a Event,
        event_id: &'a str,
        event_time: i64,
        (account, region): (Option<&'a AccountId>, &'a str),
        format: EventFormat,
    ) -> Self {
        let text = event.cloud_trail_event.as_deref();
        Self {
            access_key_id: event.access_key_id.as_deref(),
            account_id: account.map(AccountId::as_str),
            aws_region: region,
            cloud_trail_event: text.map(|text| CloudTrailEvent::new(text, format)),
            event_id,
            event_name: event.event_name.as_deref(),
            event_source: event.event_source.as_deref(),
            event_time,
            read_only: event.read_only.as_deref(),
            resources: event.resources.as_deref(),
            username: event.username.as_deref(),
            columns: text.map(Columns::of).unwrap_or_default(),
        }
    }

    /// Whether `CloudTrailEvent` should be an object and can't be one.
    #[must_use]
    pub(super) fn is_unparsed(&self) -> bool {
        matches!(self.cloud_trail_event, Some(CloudTrailEvent::Unparsed { .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    fn line(event: &Event, format: EventFormat) -> String {
        let account = AccountId::parse("111122223333");
        let record = EventRecord::new(event, "id", 1_795_350_000, (account.as_ref(), "us-east-1"), format);
        serde_json::to_string(&record).unwrap()
    }

    /// `CloudTrailEvent` of the record of an event whose JSON is `text`, as an object.
    fn object(text: &str) -> (String, bool) {
        let event = Event { cloud_trail_event: Some(text.to_owned()), ..Event::default() };
        let record = EventRecord::new(&event, "id", 5, (None, "us-east-1"), EventFormat::Object);
        (serde_json::to_string(&record.cloud_trail_event).unwrap(), record.is_unparsed())
    }

    #[test]
    fn a_record_has_the_fields_of_the_api_and_columns_from_the_event() {
        let string = |string: &str| Some(string.to_owned());
        let resource = |name, kind| Resource { resource_name: name, resource_type: kind };
        let event = Event {
            access_key_id: string("AKID"),
            cloud_trail_event: string(
                "{\"awsRegion\":\"eu-west-1\", \"recipientAccountId\":\"123456789012\",\"x\":[1]}",
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
        assert_snapshot!(line(&event, EventFormat::String), @r#"{"AccessKeyId":"AKID","AccountId":"111122223333","AwsRegion":"us-east-1","CloudTrailEvent":"{\"awsRegion\":\"eu-west-1\", \"recipientAccountId\":\"123456789012\",\"x\":[1]}","EventId":"id","EventName":"ConsoleLogin","EventSource":"signin.amazonaws.com","EventTime":1795350000,"ReadOnly":"false","Resources":[{"ResourceName":"bucket","ResourceType":"AWS::S3::Bucket"},{"ResourceName":"name"}],"Username":"Ünï","RecipientAccountId":"123456789012"}"#);
        assert_snapshot!(line(&event, EventFormat::Object), @r#"{"AccessKeyId":"AKID","AccountId":"111122223333","AwsRegion":"us-east-1","CloudTrailEvent":{"awsRegion":"eu-west-1", "recipientAccountId":"123456789012","x":[1]},"EventId":"id","EventName":"ConsoleLogin","EventSource":"signin.amazonaws.com","EventTime":1795350000,"ReadOnly":"false","Resources":[{"ResourceName":"bucket","ResourceType":"AWS::S3::Bucket"},{"ResourceName":"name"}],"Username":"Ünï","RecipientAccountId":"123456789012"}"#);
    }

    #[test]
    fn an_absent_field_is_left_out() {
        for format in [EventFormat::String, EventFormat::Object] {
            let place = r#""AccountId":"111122223333","AwsRegion":"us-east-1""#;
            assert_eq!(
                line(&Event::default(), format),
                format!(r#"{{{place},"EventId":"id","EventTime":1795350000}}"#)
            );
        }
        let empty =
            Event { resources: Some(vec![]), cloud_trail_event: Some("not JSON".to_owned()), ..Event::default() };
        assert_snapshot!(line(&empty, EventFormat::String), @r#"{"AccountId":"111122223333","AwsRegion":"us-east-1","CloudTrailEvent":"not JSON","EventId":"id","EventTime":1795350000,"Resources":[]}"#);
        assert_snapshot!(line(&empty, EventFormat::Object), @r#"{"AccountId":"111122223333","AwsRegion":"us-east-1","CloudTrailEvent":{"unparsed":"not JSON"},"EventId":"id","EventTime":1795350000,"Resources":[]}"#);
    }

    #[test]
    fn an_object_is_delivered_as_it_is() {
        let nested = format!("{}1{}", "{\"a\":".repeat(127), "}".repeat(127));
        for json in [
            "{}",
            r#"{"a":1.0,"b":123456789012345678901234567890,"c":0.1000,"d":1E-7,"e":-0}"#,
            r#"{"a":1,"a":2,"":{"a":null,"a":[]}}"#,
            r#"{"\u0061\/":"\u00e4\ud83d\ude00","b": [ true ]}"#,
            &nested,
        ] {
            assert_eq!(object(json), (json.to_owned(), false));
        }
    }

    #[test]
    fn what_is_not_an_object_or_cannot_be_read_by_all_is_delivered_as_its_text() {
        let too_deep = format!("{}1{}", "{\"a\":".repeat(128), "}".repeat(128));
        for text in [
            "",
            "not JSON",
            "{",
            "{} {}",
            "[1]",
            "7",
            "null",
            "\"{}\"",
            r#"{"a":"\ud800"}"#,
            r#"{"\udc00":1}"#,
            r#"{"a":1e999}"#,
            r#"{"a":01}"#,
            &too_deep,
        ] {
            let unparsed = serde_json::json!({ "unparsed": text }).to_string();
            assert_eq!(object(text), (unparsed, true));
        }
    }
}
