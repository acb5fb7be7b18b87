//! The columns of one event, taken from `CloudTrailEvent`. `column_table.rs` has the list of them.
//!
//! Their values are the JSON texts of the event, so that numbers and escapes stay as CloudTrail wrote them. A member of
//! another type than its column has no column: it is in `CloudTrailEvent` only. Neither has one that JSON parsers may not
//! read, such as text that is not Unicode. If there is such text in place of an object that has columns, such as
//! `userIdentity`, the event has none at all.

use super::{
    column_table::{
        EVENT,
        Member::{self, Number, Object, Text},
        Members,
    },
    event_json::is_readable,
};
use serde::{
    Deserializer, Serialize, Serializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use std::fmt;

/// Room for the columns of most events.
const USUAL_COUNT: usize = 32;

/// The columns of one event, by name, as JSON.
#[derive(Debug, Default)]
pub(super) struct Columns<'a>(Vec<(&'static str, &'a RawValue)>);

impl<'a> Columns<'a> {
    /// The columns in `json`; none if it is not a JSON object.
    #[must_use]
    pub(super) fn of(json: &'a str) -> Self {
        let mut columns = Self(Vec::with_capacity(USUAL_COUNT));
        let mut parser = serde_json::Deserializer::from_str(json);
        let added = AddColumns { columns: &mut columns, members: EVENT }.deserialize(&mut parser);
        // What is not JSON has no columns.
        added.and_then(|()| parser.end()).map_or_else(|_| Self::default(), |()| columns)
    }

    /// Adds the column `name` if `value` is of its type.
    fn add(&mut self, name: &'static str, is_text: bool, value: &'a RawValue) {
        let json = value.get();
        let is_of_type = match json.bytes().next() {
            Some(b'"') => is_text,
            Some(b'-' | b'0'..=b'9') => !is_text,
            _ => false,
        };
        // Text without a backslash is read as it is written.
        if is_of_type && ((is_text && !json.contains('\\')) || is_readable(json)) {
            self.0.push((name, value));
        }
    }

    /// Removes what was added for `member`.
    fn remove(&mut self, member: &Member) {
        match member {
            Text(column) | Number(column) => self.0.retain(|(name, _)| name != column),
            Object(members) => members.iter().for_each(|(_, member)| self.remove(member)),
        }
    }
}

impl Serialize for Columns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

/// Adds the columns of the members of the JSON value that it visits, if it is an object.
struct AddColumns<'c, 'a> {
    columns: &'c mut Columns<'a>,
    members: Members,
}

impl<'a> DeserializeSeed<'a> for AddColumns<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for AddColumns<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = 0_u32;
        while let Some(found) = map.next_key_seed(Find(self.members))? {
            let Some((nth, member)) = found else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            // Of members with the same name, most JSON parsers let the last one win.
            if seen & (1 << nth) != 0 {
                self.columns.remove(member);
            }
            seen |= 1 << nth;
            match member {
                Text(name) => self.columns.add(name, true, map.next_value()?),
                Number(name) => self.columns.add(name, false, map.next_value()?),
                Object(members) => map.next_value_seed(AddColumns { columns: self.columns, members })?,
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}

/// Finds the member that has the visited name, and its number.
struct Find(Members);

impl<'a> DeserializeSeed<'a> for Find {
    type Value = Option<(usize, &'static Member)>;

    fn deserialize<D: Deserializer<'a>>(self, name: D) -> Result<Self::Value, D::Error> {
        // Not as a string: a name that is not Unicode is no column's.
        name.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Find {
    type Value = Option<(usize, &'static Member)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_bytes<E>(self, name: &[u8]) -> Result<Self::Value, E> {
        let mut members = self.0.iter().enumerate();
        Ok(members.find(|(_, (known, _))| known.as_bytes() == name).map(|(nth, (_, member))| (nth, member)))
    }
}

#[cfg(test)]
mod tests;
