//! The streams that this connector offers.

use serde_json::{Value, json};

/// A stream: one category of CloudTrail's event history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Who did what in the account.
    ManagementEvents,
}

impl Stream {
    /// Every stream there is.
    pub const ALL: [Self; 1] = [Self::ManagementEvents];

    /// The stream of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stream| stream.name() == name)
    }

    /// The name under which catalogs, records and states speak of it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ManagementEvents => "management_events",
        }
    }

    /// The stream as `discover` offers it. Source: Airbyte protocol, `AirbyteStream`.
    #[must_use]
    pub fn offer(self) -> Value {
        json!({
            "name": self.name(),
            "json_schema": self.json_schema(),
            "supported_sync_modes": ["full_refresh", "incremental"],
            "source_defined_cursor": true,
            "default_cursor_field": ["EventTime"],
            "source_defined_primary_key": [["EventId"]],
            "is_resumable": true,
        })
    }

    fn json_schema(self) -> Value {
        let text = match self {
            Self::ManagementEvents => include_str!("../../schemas/management_events.json"),
        };
        // The schema is part of the program, and a test parses it.
        serde_json::from_str(text).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_a_schema_with_its_key_and_cursor() {
        for stream in Stream::ALL {
            let offer = stream.offer();
            let properties = &offer["json_schema"]["properties"];
            assert_eq!(properties["EventTime"]["type"], json!(["null", "integer"]));
            assert_eq!(properties["EventId"]["type"], json!(["null", "string"]));
            assert_eq!(Stream::named(stream.name()), Some(stream));
        }
    }
}
