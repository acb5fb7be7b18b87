//! The lookup attribute that a request may filter by: which keys each category has, and which events match.

use super::event::Category;
use crate::wire::aws_error::AwsError;
use serde_json::{Map, Value};

/// The maximum length of a value, in which `_`, space, comma and line feed count twice.
const MAX_VALUE_LENGTH: usize = 2000;

/// What an event must have to be returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    attribute: Attribute,
    value: String,
}

impl Filter {
    /// The filter of a lookup attribute.
    ///
    /// # Errors
    ///
    /// `InvalidLookupAttributesException`.
    pub(crate) fn new(key: Option<&str>, value: Option<&str>, category: Category) -> Result<Self, AwsError> {
        let attribute = match key {
            Some("EventId") => Attribute::OfEvent("EventId"),
            Some("EventName") => Attribute::OfEvent("EventName"),
            Some("EventSource") => Attribute::OfEvent("EventSource"),
            Some("AccessKeyId") => Attribute::OfEvent("AccessKeyId"),
            Some("ReadOnly") => Attribute::OfEvent("ReadOnly"),
            Some("Username") => Attribute::OfEvent("Username"),
            Some("ResourceName") => Attribute::OfResource("ResourceName"),
            Some("ResourceType") => Attribute::OfResource("ResourceType"),
            _ => return Err(AwsError::invalid_lookup_attributes("The lookup attribute key is not valid.")),
        };
        let insights_have_it = matches!(key, Some("EventId" | "EventName" | "EventSource"));
        if category == Category::Insight && !insights_have_it {
            let message = "The lookup attribute key is not valid for Insights events.";
            return Err(AwsError::invalid_lookup_attributes(message));
        }
        match value {
            Some(value) if (1..=MAX_VALUE_LENGTH).contains(&length(value)) => {
                Ok(Self { attribute, value: value.to_owned() })
            }
            _ => Err(AwsError::invalid_lookup_attributes("The lookup attribute value is not valid.")),
        }
    }

    pub(crate) fn matches(&self, body: &Map<String, Value>) -> bool {
        let is_equal = |member: Option<&Value>| member.and_then(Value::as_str) == Some(&self.value);
        match self.attribute {
            Attribute::OfEvent(name) => is_equal(body.get(name)),
            Attribute::OfResource(name) => body
                .get("Resources")
                .and_then(Value::as_array)
                .is_some_and(|resources| resources.iter().any(|resource| is_equal(resource.get(name)))),
        }
    }
}

/// The member that a lookup attribute names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attribute {
    /// A member of the event itself.
    OfEvent(&'static str),
    /// A member of any of its `Resources`.
    OfResource(&'static str),
}

fn length(value: &str) -> usize {
    value.chars().map(|character| if matches!(character, '_' | ' ' | ',' | '\n') { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const KEYS: [&str; 8] =
        ["EventId", "EventName", "ReadOnly", "Username", "ResourceType", "ResourceName", "EventSource", "AccessKeyId"];

    fn filter(key: &str, value: &str) -> Result<Filter, AwsError> {
        Filter::new(Some(key), Some(value), Category::Management)
    }

    #[test]
    fn each_key_matches_its_own_member_only() {
        let body = json!({
            "EventId": "1", "EventName": "2", "ReadOnly": "3", "Username": "4", "EventSource": "7", "AccessKeyId": "8",
            "Resources": [{"ResourceName": "x"}, {"ResourceType": "5", "ResourceName": "6"}],
        });
        let body = body.as_object().unwrap();
        for (place, key) in KEYS.iter().enumerate() {
            for value in 1..=8 {
                let matches = filter(key, &value.to_string()).unwrap().matches(body);
                assert_eq!(matches, value == place + 1, "{key} {value}");
            }
        }
    }

    #[test]
    fn a_member_that_is_absent_or_null_does_not_match() {
        for body in
            [json!({}), json!({"Resources": []}), json!({"Resources": [{"ResourceType": null}], "Username": null})]
        {
            for key in KEYS {
                assert!(!filter(key, "null").unwrap().matches(body.as_object().unwrap()), "{key}");
            }
        }
    }

    #[test]
    fn insights_events_can_be_filtered_by_three_keys() {
        let accepted = KEYS.map(|key| Filter::new(Some(key), Some("x"), Category::Insight).is_ok());
        assert_eq!(accepted, [true, true, false, false, false, false, true, false]);
    }

    #[test]
    fn a_value_has_1_to_2000_characters() {
        assert!(filter("Username", "").is_err());
        assert!(filter("Username", &"é".repeat(2000)).is_ok());
        assert!(filter("Username", &"é".repeat(2001)).is_err());
        assert!(filter("Username", &"_".repeat(1000)).is_ok());
        assert!(filter("Username", &"_".repeat(1001)).is_err());
        assert!(filter("eventid", "x").is_err());
        assert!(Filter::new(Some("EventId"), None, Category::Management).is_err());
        assert!(Filter::new(None, Some("x"), Category::Management).is_err());
    }
}
