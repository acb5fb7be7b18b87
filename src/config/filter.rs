//! The lookup attribute to filter by.

use super::{
    config_error::ConfigError,
    raw_config::{Field, RawFilter},
};
use crate::airbyte::stream::Stream;
use std::fmt;

/// What LookupEvents can filter by. Source: LookupEvents, `LookupAttribute.AttributeKey`.
const ATTRIBUTE_KEYS: [&str; 8] =
    ["AccessKeyId", "EventId", "EventName", "EventSource", "ReadOnly", "ResourceName", "ResourceType", "Username"];

/// The ones among them for Insights events. Source: AWS CloudTrail User Guide, "Viewing Insights events with the AWS CLI".
const INSIGHTS_ATTRIBUTE_KEYS: [&str; 3] = ["EventId", "EventName", "EventSource"];

/// A lookup attribute: CloudTrail returns only the events that have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    /// One of the eight attributes of the API.
    pub(crate) key: String,
    /// The value that the attribute must have. CloudTrail compares it.
    pub(crate) value: String,
}

impl Filter {
    /// Whether CloudTrail can look up the events of `stream` by it.
    pub(crate) fn applies_to(&self, stream: Stream) -> bool {
        stream == Stream::ManagementEvents || INSIGHTS_ATTRIBUTE_KEYS.contains(&self.key.as_str())
    }
}

impl fmt::Display for Filter {
    /// The form that is kept in states, unless the value is secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key, self.value)
    }
}

/// The filter of the config. One without a value is none.
pub(super) fn resolve(filter: &Field<RawFilter>) -> Result<Option<Filter>, ConfigError> {
    let filter = match filter {
        Field::Unset => return Ok(None),
        Field::Set(filter) => filter,
        Field::OfAnotherType(_) => return Err(ConfigError::FilterNotAnObject),
    };
    if filter.attribute_value.string("attribute_value in lookup_attributes_filter")?.is_none() {
        return Ok(None);
    }
    // Unlike all other values, this one keeps the spaces around it.
    let Field::Set(value) = &filter.attribute_value else { return Ok(None) };
    let known = ATTRIBUTE_KEYS.join(", ");
    match filter.attribute_key.string("attribute_key in lookup_attributes_filter")? {
        Some(key) if ATTRIBUTE_KEYS.contains(&key) => Ok(Some(Filter { key: key.to_owned(), value: value.clone() })),
        Some(key) => Err(ConfigError::UnknownAttributeKey { key: key.to_owned(), known }),
        None => Err(ConfigError::NoAttributeKey { known }),
    }
}
