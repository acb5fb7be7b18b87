//! Whether the JSON of an event can be delivered as it is, nested in a record.
//!
//! What JSON parsers read is delivered unchanged: long numbers, repeated members, members that this connector does not
//! know. The rest would stop the sync at the destination.

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use std::fmt;

/// The JSON object in `text`; none if there is something else, or an object that JSON parsers may not read: one that is
/// nested in more than 127 levels, that has a number beyond the range of a double, or a string with half of a surrogate
/// pair.
#[must_use]
pub(super) fn object(text: &str) -> Option<&str> {
    let json = text.trim_matches([' ', '\t', '\n', '\r']);
    (json.starts_with('{') && is_readable(json)).then_some(json)
}

/// Whether `json` is JSON that JSON parsers can read.
#[must_use]
pub(super) fn is_readable(json: &str) -> bool {
    serde_json::from_str::<Readable>(json).is_ok()
}

/// A JSON value that was read completely, unlike `IgnoredAny`, which skips it, and is not kept, unlike `Value`.
struct Readable;

impl<'de> Deserialize<'de> for Readable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Readable {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        while members.next_entry::<Self, Self>()?.is_some() {}
        Ok(self)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    /// Any JSON, with members of the names that events have.
    pub(crate) fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        let names = ["awsRegion", "userIdentity", "type", "sessionContext", "insightDetails", "userAgent", "état", ""];
        leaf.prop_recursive(6, 64, 8, move |inner| {
            let name = prop::sample::select(names.to_vec());
            prop_oneof![
                1 => prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                3 => prop::collection::hash_map(name, inner, 0..8)
                    .prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_object_is_delivered_unchanged(value in json(), is_pretty in any::<bool>()) {
            let text = if is_pretty { format!("{value:#}") } else { value.to_string() };
            prop_assert_eq!(object(&text), value.is_object().then_some(text.as_str()));
        }

        /// serde_json's own values are such a reader.
        #[test]
        fn only_what_a_reader_of_all_of_it_accepts_is_an_object(
            value in json(),
            at in any::<prop::sample::Index>(),
            new in prop::sample::select(vec!["\"", "\\", "\\ud800", "\\udc00", "{", "}", "[", ",", "1e999", "-", "\n", "\u{0}", "x"]),
        ) {
            let mut text = json!({ "a": value }).to_string();
            let places: Vec<usize> = text.char_indices().map(|(place, _)| place).collect();
            text.insert_str(*at.get(&places), new);
            let is_object = serde_json::from_str::<Value>(&text).is_ok_and(|value| value.is_object());
            prop_assert_eq!(object(&text).is_some(), is_object, "{}", text);
        }
    }
}
