//! Any text as the `CloudTrailEvent` of an event.

use super::{
    page::{self, Columns},
    syncs,
};
use crate::cloudtrail::sdk::canned::Answer;
use serde_json::{Value, json};

/// The columns of every record.
const OF_ALL: [&str; 4] = ["AwsRegion", "CloudTrailEvent", "EventId", "EventTime"];

/// The text in `data` is delivered in both formats, with the columns of the same JSON in its shortest form.
pub fn event(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let columns = columns(text);
    match serde_json::from_str::<Value>(text) {
        Ok(json) => assert_eq!(columns, self::columns(&json.to_string()), "the columns of {text}"),
        Err(error) if error.is_eof() => assert_eq!(columns, Columns::new(), "the columns of {text}"),
        // Not for serde_json, but it may be JSON with half a surrogate pair or too many levels.
        Err(_) => {}
    }
}

/// The columns that are taken from the event.
fn columns(text: &str) -> Columns {
    let event = json!({"EventId": "event", "EventTime": syncs::START - 5_000, "CloudTrailEvent": text});
    let body = json!({ "Events": [event] }).to_string();
    let [as_string, as_object] = page::records(Answer::with_body(body)).expect("a page");
    let taken = |mut records: Vec<Columns>| {
        let mut columns = records.pop().expect("a record");
        columns.retain(|name, _| !OF_ALL.contains(&name.as_str()));
        // The account is that of the event.
        columns.remove("AccountId");
        columns
    };
    let columns = taken(as_string);
    assert_eq!(columns, taken(as_object), "the columns of {text}");
    columns
}
