//! How `CloudTrailEvent`, the JSON of the whole event, is delivered.

use serde_json::{Value, json};

/// The form of the column `CloudTrailEvent`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EventFormat {
    /// A string of JSON, as CloudTrail returns it.
    #[default]
    String,
    /// The same JSON, nested in the record.
    Object,
}

impl EventFormat {
    /// Every format.
    const ALL: [Self; 2] = [Self::String, Self::Object];

    /// Its name in the config, which is also the type of the column in a JSON schema.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Object => "object",
        }
    }

    /// The format of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The format of the column in a stream's JSON `schema`; none if the schema does not say.
    pub(crate) fn in_schema(schema: &Value) -> Option<Self> {
        let types = &schema["properties"]["CloudTrailEvent"]["type"];
        let is_declared = |format: &Self| match types {
            Value::Array(types) => types.iter().any(|name| name == format.name()),
            name => name == format.name(),
        };
        Self::ALL.into_iter().find(is_declared)
    }

    /// A stream's JSON `schema`, which declares a string, with the column in this format.
    pub(super) fn apply(self, mut schema: Value) -> Value {
        if self == Self::Object {
            schema["properties"]["CloudTrailEvent"] = json!({
                "type": ["null", self.name()],
                "additionalProperties": true,
                "description": "The complete event as CloudTrail recorded it. If it is not a JSON object, its text is under \"unparsed\".",
                "properties": {},
            });
        }
        schema
    }
}
