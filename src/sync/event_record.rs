//! An event as a record: the API's fields under the API's names, the account and the Region whose event history has it, and
//! the columns that are taken from `CloudTrailEvent`. A field that CloudTrail leaves out is left out. Pure.

use super::{event_columns::Columns, event_json};
use crate::{
    airbyte::event_format::EventFormat,
    cloudtrail::lookup::{Event, Resource},
    json::{object::JsonObject, string::JsonString},
    partition::AccountId,
};
use std::borrow::Cow;

/// Room for the members of most records other than `CloudTrailEvent`, in bytes.
const USUAL_BYTES: usize = 2_048;

/// The record of one event.
#[derive(Debug)]
pub(super) struct EventRecord {
    /// The record as JSON.
    pub(super) json: String,
    /// Whether `CloudTrailEvent` should be an object and can't be one.
    pub(super) is_unparsed: bool,
}

impl EventRecord {
    /// The record of an event that happened at `event_time`, with the account, if it is known, and the Region that have it.
    #[must_use]
    pub(super) fn new(
        event: &Event,
        event_time: i64,
        (account, region): (Option<&AccountId>, &str),
        format: EventFormat,
    ) -> Self {
        let whole = event.cloud_trail_event.as_ref().map(|json| cloud_trail_event(json, format));
        let bytes = whole.as_ref().map_or(0, |(json, _)| json.len()) + USUAL_BYTES;
        let mut record = JsonObject::with_capacity(bytes);
        record.add_string("AccessKeyId", event.access_key_id.as_ref());
        if let Some(account) = account {
            record.add_text("AccountId", account.as_str());
        }
        record.add_text("AwsRegion", region);
        if let Some((json, _)) = &whole {
            record.add("CloudTrailEvent", json);
        }
        record.add_string("EventId", event.event_id.as_ref());
        record.add_string("EventName", event.event_name.as_ref());
        record.add_string("EventSource", event.event_source.as_ref());
        record.add("EventTime", &event_time.to_string());
        record.add_string("ReadOnly", event.read_only.as_ref());
        if let Some(resources) = &event.resources {
            record.add_objects("Resources", resources, add_resource);
        }
        record.add_string("Username", event.username.as_ref());
        if let Some(json) = &event.cloud_trail_event {
            match Columns::within(json) {
                Some(columns) => columns.add_to(&mut record),
                None => Columns::of(&json.text()).add_to(&mut record),
            }
        }
        Self { json: record.finish(), is_unparsed: whole.is_some_and(|(_, is_unparsed)| is_unparsed) }
    }
}

/// The whole event in the format of the config, and whether it can't be delivered in it.
fn cloud_trail_event(json: &JsonString, format: EventFormat) -> (Cow<'_, str>, bool) {
    match format {
        EventFormat::String => (Cow::Borrowed(json.json()), false),
        EventFormat::Object => {
            if let Some(object) = event_json::object(&json.text()) {
                return (Cow::Owned(object.to_owned()), false);
            }
            let mut unparsed = JsonObject::default();
            unparsed.add_string("unparsed", Some(json));
            (Cow::Owned(unparsed.finish()), true)
        }
    }
}

fn add_resource(object: &mut JsonObject, resource: &Resource) {
    object.add_string("ResourceName", resource.resource_name.as_ref());
    object.add_string("ResourceType", resource.resource_type.as_ref());
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    fn line(event: &Event, format: EventFormat) -> String {
        let account = AccountId::parse("111122223333");
        let event = Event { event_id: Some("id".into()), ..event.clone() };
        EventRecord::new(&event, 1_795_350_000, (account.as_ref(), "us-east-1"), format).json
    }

    /// `CloudTrailEvent` of the record of an event whose JSON is `text`, as an object.
    fn object(text: &str) -> (String, bool) {
        let json = JsonString::from(text);
        let (json, is_unparsed) = cloud_trail_event(&json, EventFormat::Object);
        (json.into_owned(), is_unparsed)
    }

    #[test]
    fn a_record_has_the_fields_of_the_api_and_columns_from_the_event() {
        let string = |string: &str| Some(JsonString::from(string));
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
        let empty = Event { resources: Some(vec![]), cloud_trail_event: Some("not JSON".into()), ..Event::default() };
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
