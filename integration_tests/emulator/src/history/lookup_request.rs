//! A `LookupEvents` request: its members, their types, and the values that AWS accepts.

use super::{event::Category, filter::Filter};
use crate::wire::{
    aws_error::AwsError,
    timestamp::{unix_second, whole_second},
};
use serde_json::{Map, Value, json};
use std::time::SystemTime;

/// How far back the event history goes, in seconds.
const HISTORY_SECONDS: i64 = 90 * 86_400;
/// The most events on a page, which is also the default.
const MAX_PAGE_SIZE: i64 = 50;

/// The members of a request. Their types are valid; their values are not checked yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LookupRequest {
    pub(crate) start_time: Option<f64>,
    pub(crate) end_time: Option<f64>,
    pub(crate) max_results: Option<i64>,
    pub(crate) category: Option<String>,
    pub(crate) attributes: Vec<(Option<String>, Option<String>)>,
    pub(crate) token: Option<String>,
}

/// A valid request, with the defaults of the members that it omits.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Query {
    /// The first second of the time range.
    pub(crate) first: i64,
    /// The last second of the time range.
    pub(crate) last: i64,
    pub(crate) category: Category,
    pub(crate) filter: Option<Filter>,
    pub(crate) page_size: usize,
}

impl LookupRequest {
    /// Parses the members that the operation has and ignores all others. Null is the same as absent.
    ///
    /// # Errors
    ///
    /// `SerializationException` if a member has the wrong type.
    pub(crate) fn parse(members: &Map<String, Value>) -> Result<Self, AwsError> {
        let attributes = match member(members, "LookupAttributes") {
            None => Vec::new(),
            Some(Value::Array(items)) => items.iter().map(attribute).collect::<Result<_, _>>()?,
            Some(_) => return Err(AwsError::serialization("Expected list or null")),
        };
        Ok(Self {
            start_time: number(members, "StartTime")?,
            end_time: number(members, "EndTime")?,
            max_results: integer(members, "MaxResults")?,
            category: string(members, "EventCategory")?,
            attributes,
            token: string(members, "NextToken")?,
        })
    }

    /// Checks the values and fills in the defaults, at the time `now`.
    ///
    /// # Errors
    ///
    /// The error that AWS has for the first invalid value.
    pub(crate) fn resolve(&self, now: SystemTime) -> Result<Query, AwsError> {
        let now = unix_second(now);
        let last = self.end_time.map_or(now, whole_second);
        let first = self.start_time.map(whole_second);
        if first.is_some_and(|first| first > last) {
            return Err(AwsError::invalid_time_range());
        }
        let page_size = self.max_results.unwrap_or(MAX_PAGE_SIZE);
        if !(1..=MAX_PAGE_SIZE).contains(&page_size) {
            return Err(AwsError::invalid_max_results(page_size));
        }
        let category = match self.category.as_deref() {
            None => Category::Management,
            Some("insight") => Category::Insight,
            Some(_) => return Err(AwsError::invalid_event_category()),
        };
        let filter = match self.attributes.as_slice() {
            [] => None,
            [(key, value)] => Some(Filter::new(key.as_deref(), value.as_deref(), category)?),
            _ => return Err(AwsError::invalid_lookup_attributes("You can specify only one lookup attribute.")),
        };
        Ok(Query {
            first: first.unwrap_or(i64::MIN).max(now - HISTORY_SECONDS),
            last,
            category,
            filter,
            page_size: usize::try_from(page_size).unwrap_or_default(),
        })
    }

    /// What a `NextToken` is valid for: the account, the Region, and all members of the request but the token itself.
    pub(crate) fn token_scope(&self, account: &str, region: &str) -> String {
        json!([account, region, self.start_time, self.end_time, self.max_results, self.category, self.attributes])
            .to_string()
    }
}

fn member<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.get(name).filter(|value| !value.is_null())
}

fn number(members: &Map<String, Value>, name: &str) -> Result<Option<f64>, AwsError> {
    typed(members, name, "Timestamp", Value::as_f64)
}

fn integer(members: &Map<String, Value>, name: &str) -> Result<Option<i64>, AwsError> {
    typed(members, name, "Integer", Value::as_i64)
}

fn string(members: &Map<String, Value>, name: &str) -> Result<Option<String>, AwsError> {
    typed(members, name, "String", |value| value.as_str().map(str::to_owned))
}

fn typed<T>(
    members: &Map<String, Value>,
    name: &str,
    type_name: &str,
    convert: impl Fn(&Value) -> Option<T>,
) -> Result<Option<T>, AwsError> {
    let Some(value) = member(members, name) else {
        return Ok(None);
    };
    convert(value).map(Some).ok_or_else(|| {
        AwsError::serialization(match value {
            Value::String(_) => format!("STRING_VALUE can not be converted to {type_name}"),
            Value::Number(_) => format!("NUMBER_VALUE can not be converted to {type_name}"),
            Value::Bool(true) => format!("TRUE_VALUE can not be converted to {type_name}"),
            Value::Bool(false) => format!("FALSE_VALUE can not be converted to {type_name}"),
            _ => "Start of structure or list found where not expected.".to_owned(),
        })
    })
}

fn attribute(item: &Value) -> Result<(Option<String>, Option<String>), AwsError> {
    let members = item.as_object().ok_or_else(|| AwsError::serialization("Expected structure or null"))?;
    Ok((string(members, "AttributeKey")?, string(members, "AttributeValue")?))
}

#[cfg(test)]
mod tests;
