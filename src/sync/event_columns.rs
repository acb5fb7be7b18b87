//! The columns of one event, taken from `CloudTrailEvent`. `column_table.rs` has the list of them.
//!
//! Their values are the JSON texts of the event, so that numbers and escapes stay as CloudTrail wrote them. A member of
//! another type than its column has no column: it is in `CloudTrailEvent` only. Neither has one that JSON parsers may not
//! read, such as text that is not Unicode.
//!
//! Most events are read as they are in the answer, with escaped quotes. Only if an event has other escapes is it unescaped.

use super::{
    column_table::{
        EVENT,
        Member::{self, Number, Object, Text},
        Members,
    },
    event_json::is_readable,
};
use crate::json::{object::JsonObject, scanner::Scanner, string::JsonString};

/// Room for the columns of most events.
const USUAL_COUNT: usize = 32;

/// The columns of one event.
#[derive(Debug, Default)]
pub(super) struct Columns<'a>(Vec<(&'static str, ColumnValue<'a>)>);

/// The value of a column, as it is written in the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ColumnValue<'a> {
    /// A string, without its quotes.
    Text(&'a str),
    Number(&'a str),
}

impl<'a> Columns<'a> {
    /// The columns in `json`; none if it is not a JSON object. Values without columns need not be valid.
    #[must_use]
    pub(super) fn of(json: &'a str) -> Self {
        Self::read(Scanner::new(json)).unwrap_or_default()
    }

    /// The columns in the JSON that `string` contains, if it has no escapes other than those of quotes.
    #[must_use]
    pub(super) fn within(string: &'a JsonString) -> Option<Self> {
        Self::read(Scanner::within(string))
    }

    fn read<const IS_WITHIN: bool>(mut scanner: Scanner<'a, IS_WITHIN>) -> Option<Self> {
        let mut columns = Self(Vec::with_capacity(USUAL_COUNT));
        columns.add_members(&mut scanner, &EVENT)?;
        scanner.next_byte().is_none().then_some(columns)
    }

    /// Adds them to a record.
    pub(super) fn add_to(&self, record: &mut JsonObject<'_>) {
        for (name, value) in &self.0 {
            match value {
                ColumnValue::Text(content) => record.add_content(name, content),
                ColumnValue::Number(json) => record.add(name, json),
            }
        }
    }

    /// Adds the columns of the next object, whose members may be `known` ones.
    fn add_members<const IS_WITHIN: bool>(
        &mut self,
        scanner: &mut Scanner<'a, IS_WITHIN>,
        known: &Members,
    ) -> Option<()> {
        let mut seen = 0_u32;
        scanner.open(b'{')?;
        while scanner.has_next(b'}')? {
            let name = scanner.name()?.text();
            let Some((nth, member)) = name.and_then(|name| known.find(&name)) else {
                scanner.value()?;
                continue;
            };
            // Of members with the same name, most JSON parsers let the last one win.
            if seen & (1 << nth) != 0 {
                self.remove(member);
            }
            seen |= 1 << nth;
            match member {
                Text(column) if scanner.is_string() => {
                    let text = scanner.string()?;
                    if text.is_unicode() {
                        self.0.push((column, ColumnValue::Text(text.content())));
                    }
                }
                Number(column) if matches!(scanner.next_byte()?, b'-' | b'0'..=b'9') => {
                    let number = scanner.value()?;
                    if is_readable(number) {
                        self.0.push((column, ColumnValue::Number(number)));
                    }
                }
                Object(members) if scanner.next_byte()? == b'{' => self.add_members(scanner, members)?,
                _ => drop(scanner.value()?),
            }
        }
        Some(())
    }

    /// Removes what was added for `member`.
    fn remove(&mut self, member: &Member) {
        match member {
            Text(column) | Number(column) => self.0.retain(|(name, _)| name != column),
            Object(members) => members.all().for_each(|(_, member)| self.remove(member)),
        }
    }
}

#[cfg(test)]
mod tests;
