//! The one attribute that a request may filter by: which keys there are, which of them each category takes, and which
//! events match.

use serde_json::{Map, Value};

use crate::event::Category;

/// The longest value; `_`, space, comma and line feed count twice.
const LONGEST_VALUE: usize = 2000;

/// What an event has to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    attribute: Attribute,
    value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attribute {
    /// A member of the event itself.
    Member(&'static str),
    /// A member of any of its `Resources`.
    OfResource(&'static str),
}

impl Filter {
    /// The filter of one lookup attribute, or the sentence that says why it is none.
    pub(crate) fn new(key: Option<&str>, value: Option<&str>, category: Category) -> Result<Self, &'static str> {
        let attribute = match key {
            Some("EventId") => Attribute::Member("EventId"),
            Some("EventName") => Attribute::Member("EventName"),
            Some("EventSource") => Attribute::Member("EventSource"),
            Some("AccessKeyId") => Attribute::Member("AccessKeyId"),
            Some("ReadOnly") => Attribute::Member("ReadOnly"),
            Some("Username") => Attribute::Member("Username"),
            Some("ResourceName") => Attribute::OfResource("ResourceName"),
            Some("ResourceType") => Attribute::OfResource("ResourceType"),
            _ => return Err("The lookup attribute key is not valid."),
        };
        let of_insight = matches!(key, Some("EventId" | "EventName" | "EventSource"));
        if category == Category::Insight && !of_insight {
            return Err("The lookup attribute key is not valid for Insights events.");
        }
        match value {
            Some(value) if (1..=LONGEST_VALUE).contains(&weight(value)) => {
                Ok(Self { attribute, value: value.to_owned() })
            }
            _ => Err("The lookup attribute value is not valid."),
        }
    }

    pub(crate) fn matches(&self, body: &Map<String, Value>) -> bool {
        let is_value = |found: Option<&Value>| found.and_then(Value::as_str) == Some(&self.value);
        match self.attribute {
            Attribute::Member(name) => is_value(body.get(name)),
            Attribute::OfResource(name) => body
                .get("Resources")
                .and_then(Value::as_array)
                .is_some_and(|resources| resources.iter().any(|resource| is_value(resource.get(name)))),
        }
    }
}

fn weight(value: &str) -> usize {
    value.chars().map(|letter| if matches!(letter, '_' | ' ' | ',' | '\n') { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const KEYS: [&str; 8] =
        ["EventId", "EventName", "ReadOnly", "Username", "ResourceType", "ResourceName", "EventSource", "AccessKeyId"];

    fn filter(key: &str, value: &str) -> Result<Filter, &'static str> {
        Filter::new(Some(key), Some(value), Category::Management)
    }

    #[test]
    fn every_key_matches_its_own_member_only() {
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
    fn what_is_absent_or_null_matches_nothing() {
        for body in
            [json!({}), json!({"Resources": []}), json!({"Resources": [{"ResourceType": null}], "Username": null})]
        {
            for key in KEYS {
                assert!(!filter(key, "null").unwrap().matches(body.as_object().unwrap()), "{key}");
            }
        }
    }

    #[test]
    fn insight_events_take_three_keys() {
        let taken = KEYS.map(|key| Filter::new(Some(key), Some("x"), Category::Insight).is_ok());
        assert_eq!(taken, [true, true, false, false, false, false, true, false]);
    }

    #[test]
    fn values_have_one_to_two_thousand_characters() {
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
