//! An event that is not in the form of the API yet: its CloudTrail record, and what the API extracts from it.

use serde_json::{Map, Value};

pub(super) struct Draft {
    pub(super) id: String,
    pub(super) access_key: Option<String>,
    pub(super) username: Option<String>,
    /// `Resources`; `None` if the event does not have it.
    pub(super) resources: Option<Value>,
    /// The CloudTrail record.
    pub(super) record: Value,
}

impl Draft {
    /// The event as the API returns it: some members of the record, with `ReadOnly` as a string, and the record itself
    /// as a string. The record of an Insights event has the API in `insightDetails`.
    pub(super) fn into_body(self) -> Map<String, Value> {
        let Self { id, access_key, username, resources, record } = self;
        let mut body = Map::new();
        body.insert("EventId".to_owned(), id.into());
        let call = record.get("insightDetails").unwrap_or(&record);
        for (name, member) in [("EventName", "eventName"), ("EventSource", "eventSource")] {
            body.insert(name.to_owned(), call[member].clone());
        }
        if let Some(read_only) = record["readOnly"].as_bool() {
            body.insert("ReadOnly".to_owned(), read_only.to_string().into());
        }
        if let Some(access_key) = access_key {
            body.insert("AccessKeyId".to_owned(), access_key.into());
        }
        if let Some(username) = username {
            body.insert("Username".to_owned(), username.into());
        }
        if let Some(resources) = resources {
            body.insert("Resources".to_owned(), resources);
        }
        body.insert("CloudTrailEvent".to_owned(), record.to_string().into());
        body
    }
}
