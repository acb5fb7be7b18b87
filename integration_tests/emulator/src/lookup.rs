//! A request of `LookupEvents`: the members it may have, of which types, and which values AWS accepts.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use crate::event::Category;
use crate::filter::Filter;
use crate::wire_error::WireError;

/// How far back the event history reaches, in seconds.
const HISTORY: i64 = 90 * 86_400;
/// The largest page, which is also what a request gets that does not say.
const LARGEST_PAGE: i64 = 50;

/// The members of a request, of the right types.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Lookup {
    pub(crate) start_time: Option<f64>,
    pub(crate) end_time: Option<f64>,
    pub(crate) max_results: Option<i64>,
    pub(crate) category: Option<String>,
    pub(crate) attributes: Vec<(Option<String>, Option<String>)>,
    pub(crate) token: Option<String>,
}

/// A request that AWS would answer with a page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Query {
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) category: Category,
    pub(crate) filter: Option<Filter>,
    pub(crate) page_size: usize,
}

impl Lookup {
    /// Reads the members that the operation has, and ignores any others; null is the same as absent.
    ///
    /// # Errors
    /// `SerializationException` for a wrong type.
    pub(crate) fn read(members: &Map<String, Value>) -> Result<Self, WireError> {
        let attributes = match member(members, "LookupAttributes") {
            None => Vec::new(),
            Some(Value::Array(items)) => items.iter().map(attribute).collect::<Result<_, _>>()?,
            Some(_) => return Err(WireError::serialization("Expected list or null")),
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

    /// Checks the values and fills in what is left out, at the time `now`.
    ///
    /// # Errors
    /// The error that AWS has for each wrong value.
    pub(crate) fn resolve(&self, now: SystemTime) -> Result<Query, WireError> {
        let now = second_of(now);
        let last = self.end_time.map_or(now, whole_seconds);
        let first = self.start_time.map(whole_seconds);
        if first.is_some_and(|first| first > last) {
            return Err(WireError::invalid_time_range());
        }
        let page_size = self.max_results.unwrap_or(LARGEST_PAGE);
        if !(1..=LARGEST_PAGE).contains(&page_size) {
            return Err(WireError::invalid_max_results(page_size));
        }
        let category = match self.category.as_deref() {
            None => Category::Management,
            Some("insight") => Category::Insight,
            Some(_) => return Err(WireError::invalid_event_category()),
        };
        let filter = match self.attributes.as_slice() {
            [] => None,
            [(key, value)] => Some(
                Filter::new(key.as_deref(), value.as_deref(), category)
                    .map_err(WireError::invalid_lookup_attributes)?,
            ),
            _ => {
                let one = "You can specify only one lookup attribute.";
                return Err(WireError::invalid_lookup_attributes(one));
            }
        };
        Ok(Query {
            first: first.unwrap_or(i64::MIN).max(now - HISTORY),
            last,
            category,
            filter,
            page_size: usize::try_from(page_size).unwrap_or_default(),
        })
    }

    /// Everything that a `NextToken` is bound to, as one text: all members but the token itself, account and Region.
    pub(crate) fn binding(&self, account: &str, region: &str) -> String {
        json!([account, region, self.start_time, self.end_time, self.max_results, self.category, self.attributes])
            .to_string()
    }
}

/// A moment down to its second.
pub(crate) fn second_of(moment: SystemTime) -> i64 {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs().cast_signed()
}

/// A time of the wire, which may have a fraction, down to its second.
#[expect(clippy::cast_possible_truncation, reason = "a time beyond all years ends at the last one")]
pub(crate) fn whole_seconds(time: f64) -> i64 {
    time.floor() as i64
}

fn member<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.get(name).filter(|value| !value.is_null())
}

fn number(members: &Map<String, Value>, name: &str) -> Result<Option<f64>, WireError> {
    typed(members, name, "Timestamp", Value::as_f64)
}

fn integer(members: &Map<String, Value>, name: &str) -> Result<Option<i64>, WireError> {
    typed(members, name, "Integer", Value::as_i64)
}

fn string(members: &Map<String, Value>, name: &str) -> Result<Option<String>, WireError> {
    typed(members, name, "String", |value| value.as_str().map(str::to_owned))
}

fn typed<T>(
    members: &Map<String, Value>,
    name: &str,
    type_name: &str,
    convert: impl Fn(&Value) -> Option<T>,
) -> Result<Option<T>, WireError> {
    let Some(value) = member(members, name) else {
        return Ok(None);
    };
    convert(value).map(Some).ok_or_else(|| {
        WireError::serialization(match value {
            Value::String(_) => format!("STRING_VALUE can not be converted to {type_name}"),
            Value::Number(_) => format!("NUMBER_VALUE can not be converted to {type_name}"),
            Value::Bool(true) => format!("TRUE_VALUE can not be converted to {type_name}"),
            Value::Bool(false) => format!("FALSE_VALUE can not be converted to {type_name}"),
            _ => "Start of structure or list found where not expected.".to_owned(),
        })
    })
}

fn attribute(item: &Value) -> Result<(Option<String>, Option<String>), WireError> {
    let members = item.as_object().ok_or_else(|| WireError::serialization("Expected structure or null"))?;
    Ok((string(members, "AttributeKey")?, string(members, "AttributeValue")?))
}

#[cfg(test)]
mod tests;
