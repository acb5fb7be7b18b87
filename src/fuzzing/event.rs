//! Any text as the `CloudTrailEvent` of an event.

use super::{
    page::{self, Columns},
    syncs,
};
use crate::cloudtrail::sdk::canned::{self, Answer};
use serde_json::Value;

/// The columns of every record.
const OF_ALL: [&str; 5] = ["AccountId", "AwsRegion", "CloudTrailEvent", "EventId", "EventTime"];

/// The text in `data` is delivered in both formats, with the same columns however its JSON is written.
pub fn event(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let columns = columns(text, "\\\"");
    // Most events are read as they are written in the answer, but not those with such escapes.
    assert_eq!(columns, self::columns(text, "\\u0022"), "the columns of {text}");
    match serde_json::from_str::<Value>(text) {
        Ok(json) => assert_eq!(columns, self::columns(&json.to_string(), "\\\""), "the columns of {text}"),
        Err(error) if error.is_eof() => assert_eq!(columns, Columns::new(), "the columns of {text}"),
        // Not for serde_json, but it may be JSON with half a surrogate pair or too many levels.
        Err(_) => {}
    }
}

/// The columns that are taken from an event whose JSON is `text`, in an answer in which a quote is written as `quote`.
fn columns(text: &str, quote: &str) -> Columns {
    let json = Value::from(text).to_string();
    let content = json[1..json.len() - 1].replace("\\\"", quote);
    let time = syncs::START - 5_000;
    let body = format!(r#"{{"Events":[{{"EventId":"event","EventTime":{time},"CloudTrailEvent":"{content}"}}]}}"#);
    let page = canned::lookup(Answer::with_body(body.as_str())).expect("a page");
    let [as_string, as_object] = page::delivered(&page, body.as_bytes());
    let taken = |mut records: Vec<Columns>| {
        let mut columns = records.pop().expect("a record");
        columns.retain(|name, _| !OF_ALL.contains(&name.as_str()));
        columns
    };
    let columns = taken(as_string);
    assert_eq!(columns, taken(as_object), "the columns of {text}");
    columns
}
