//! An event as a record: the API's fields under the API's names, the account and the Region whose event history has it, and
//! the columns that are taken from `CloudTrailEvent`. A field that CloudTrail leaves out is left out. Pure.

use super::{event_columns::Columns, event_json};
use crate::{
    airbyte::event_format::EventFormat,
    cloudtrail::lookup::{Event, Resource},
    json::{object::JsonObject, string::JsonString},
    partition::AccountId,
};

/// Adds the record of `event`, which happened at `event_time`, to `json`, with the account, if it is known, and the Region
/// that have it. Returns whether `CloudTrailEvent` should be an object and can't be one.
#[must_use]
pub(super) fn add(
    json: &mut Vec<u8>,
    event: &Event,
    event_time: i64,
    (account, region): (Option<&AccountId>, &str),
    format: EventFormat,
) -> bool {
    let mut record = JsonObject::open(json);
    record.add_string("AccessKeyId", event.access_key_id.as_ref());
    if let Some(account) = account {
        record.add_text("AccountId", account.as_str());
    }
    record.add_text("AwsRegion", region);
    let is_delivered = match &event.cloud_trail_event {
        Some(event) => add_cloud_trail_event(&mut record, event, format),
        None => true,
    };
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
    record.close();
    !is_delivered
}

/// Adds the whole event in the format of the config. Returns whether it can be delivered in it.
fn add_cloud_trail_event(record: &mut JsonObject<'_>, event: &JsonString, format: EventFormat) -> bool {
    const NAME: &str = "CloudTrailEvent";
    match format {
        EventFormat::String => record.add(NAME, event.json()),
        EventFormat::Object => {
            let text = event.text();
            let Some(object) = event_json::object(&text) else {
                record.add_object(NAME, |unparsed| unparsed.add("unparsed", event.json()));
                return false;
            };
            record.add(NAME, object);
        }
    }
    true
}

fn add_resource(object: &mut JsonObject<'_>, resource: &Resource) {
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
        let mut json = Vec::new();
        let is_unparsed = add(&mut json, &event, 1_795_350_000, (account.as_ref(), "us-east-1"), format);
        let json = String::from_utf8(json).unwrap();
        assert_eq!(is_unparsed, json.contains("unparsed"), "{json}");
        json
    }

    /// `CloudTrailEvent` of the record of an event whose JSON is `text`, as an object, and whether it is delivered as one.
    fn object(text: &str) -> (String, bool) {
        let mut json = Vec::new();
        let mut record = JsonObject::open(&mut json);
        let is_delivered = add_cloud_trail_event(&mut record, &text.into(), EventFormat::Object);
        let record = String::from_utf8(json).unwrap();
        (record.strip_prefix(r#"{"CloudTrailEvent":"#).unwrap().to_owned(), is_delivered)
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
            assert_eq!(object(json), (json.to_owned(), true));
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
            assert_eq!(object(text), (unparsed, false));
        }
    }
}
