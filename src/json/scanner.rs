//! Walks through JSON from left to right, and returns its values as they are written. Pure.
//!
//! That is most of the work of a sync. `serde_json` would unescape each string and escape it again, and take several times as
//! long.
//!
//! Methods return none where the text is not JSON. Arrays and objects that are skipped as a whole are not looked at closely:
//! their strings are valid, and their brackets are closed.

use super::{
    sixteen_bytes::{ALL, STEP, SixteenBytes},
    string::{Escapes, JsonStr, JsonString},
};
use std::mem;

/// A position in JSON text; if it `IS_WITHIN` a string, its quotes are escaped.
#[derive(Debug)]
pub(crate) struct Scanner<'a, const IS_WITHIN: bool = false> {
    text: &'a str,
    at: usize,
    /// Whether an object or an array was just opened.
    is_first: bool,
}

impl<'a> Scanner<'a> {
    /// The beginning of `text`.
    #[must_use]
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, is_first: false }
    }
}

impl<'a> Scanner<'a, true> {
    /// The beginning of the JSON that `string` contains. Where it has other escapes than those of quotes, methods return
    /// none.
    #[must_use]
    pub(crate) fn within(string: &'a JsonString) -> Self {
        Self { text: string.content(), at: 0, is_first: false }
    }
}

impl<'a, const IS_WITHIN: bool> Scanner<'a, IS_WITHIN> {
    /// What a string begins and ends with.
    const QUOTE: &'static [u8] = if IS_WITHIN { b"\\\"" } else { b"\"" };

    /// How many bytes are behind the position.
    #[must_use]
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// The next byte that is not blank; none at the end.
    #[must_use]
    pub(crate) fn next_byte(&mut self) -> Option<u8> {
        loop {
            match self.byte() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                byte => return byte,
            }
        }
    }

    /// Opens an object or an array, whose first byte is `bracket`.
    pub(crate) fn open(&mut self, bracket: u8) -> Option<()> {
        self.skip(bracket)?;
        self.is_first = true;
        Some(())
    }

    /// Whether another member or item follows. If none does, walks past the `bracket` that closes the object or array.
    pub(crate) fn has_next(&mut self, bracket: u8) -> Option<bool> {
        let is_first = mem::take(&mut self.is_first);
        if self.skip(bracket).is_some() {
            return Some(false);
        }
        if !is_first {
            self.skip(b',')?;
        }
        Some(true)
    }

    /// The name of a member, whose value follows.
    #[inline]
    pub(crate) fn name(&mut self) -> Option<JsonStr<'a>> {
        let name = self.string()?;
        self.skip(b':')?;
        Some(name)
    }

    /// Whether the next value is a string.
    #[must_use]
    pub(crate) fn is_string(&mut self) -> bool {
        self.next_byte() == Self::QUOTE.first().copied()
    }

    /// A string.
    #[inline]
    pub(crate) fn string(&mut self) -> Option<JsonStr<'a>> {
        self.next_byte()?;
        let start = self.at + Self::QUOTE.len();
        let escapes = self.skip_string()?;
        Some(JsonStr::new(&self.text[start..self.at - Self::QUOTE.len()], start, escapes))
    }

    /// Any value.
    pub(crate) fn value(&mut self) -> Option<&'a str> {
        self.next_byte()?;
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.byte()? {
                b'"' | b'\\' => {
                    self.skip_string()?;
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                _ if depth > 0 => self.at += 1,
                _ => {
                    let is_end =
                        |byte| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'\\');
                    while self.byte().is_some_and(|byte| !is_end(byte)) {
                        self.at += 1;
                    }
                }
            }
            if depth == 0 {
                return self.text.get(start..self.at).filter(|value| !value.is_empty());
            }
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Walks past `byte`.
    fn skip(&mut self, byte: u8) -> Option<()> {
        self.next_byte().filter(|next| *next == byte)?;
        self.at += 1;
        Some(())
    }

    /// Walks past a string, and returns which escapes it has.
    fn skip_string(&mut self) -> Option<Escapes> {
        let mut escapes = Escapes::None;
        let mut rest = self.text.as_bytes()[self.at..].strip_prefix(Self::QUOTE)?;
        loop {
            rest = skip_plain::<IS_WITHIN>(rest);
            if let Some(rest) = rest.strip_prefix(Self::QUOTE) {
                self.at = self.text.len() - rest.len();
                return Some(escapes);
            }
            rest = match rest {
                _ if IS_WITHIN => return None,
                [b'\\', b'"', ..] => {
                    escapes = escapes.max(Escapes::Simple);
                    skip_plain_and_quotes(rest)
                }
                [b'\\', b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', rest @ ..] => {
                    escapes = escapes.max(Escapes::Simple);
                    rest
                }
                [b'\\', b'u', rest @ ..] => {
                    escapes = Escapes::Unicode;
                    rest
                }
                _ => return None,
            };
        }
    }
}

/// What follows the bytes that are neither quotes nor backslashes nor control characters. A text that `IS_WITHIN` a string
/// has no others than backslashes.
fn skip_plain<const IS_WITHIN: bool>(mut bytes: &[u8]) -> &[u8] {
    while let Some((step, rest)) = bytes.split_first_chunk() {
        let step = SixteenBytes::new(*step);
        let mut found = step.equal(b'\\');
        if !IS_WITHIN {
            found |= step.equal(b'"') | step.controls();
        }
        if found != 0 {
            return &bytes[found.trailing_zeros() as usize..];
        }
        bytes = rest;
    }
    let is_plain = |byte: &&u8| !matches!(byte, 0..0x20 | b'"' | b'\\');
    &bytes[bytes.iter().take_while(is_plain).count()..]
}

/// What follows the escape of a quote, which `bytes` begin with, and as much of the rest of the string as has no other
/// escapes than those of quotes. That is most of the JSON in a string. The last of it may be left.
fn skip_plain_and_quotes(bytes: &[u8]) -> &[u8] {
    let (mut at, mut is_escaped) = (0, 0);
    while let Some(step) = bytes[at..].first_chunk() {
        let step = SixteenBytes::new(*step);
        let escaped = step.equal(b'\\') << 1 | is_escaped;
        if step.equal(b'"') != escaped & ALL || step.controls() != 0 {
            break;
        }
        is_escaped = escaped >> STEP;
        at += STEP;
    }
    &bytes[(at - is_escaped as usize).max("\\\"".len())..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::event_json::tests::json;
    use proptest::prelude::*;
    use serde_json::Value;

    /// The value at the position, walked through member by member.
    fn walk<const IS_WITHIN: bool>(scanner: &mut Scanner<'_, IS_WITHIN>) -> Option<Value> {
        match scanner.next_byte()? {
            _ if scanner.is_string() => Some(scanner.string()?.text()?.into()),
            b'{' => {
                let mut members = serde_json::Map::new();
                scanner.open(b'{')?;
                while scanner.has_next(b'}')? {
                    let name = scanner.name()?.text()?.into_owned();
                    members.insert(name, walk(scanner)?);
                }
                Some(members.into())
            }
            b'[' => {
                let mut items = Vec::new();
                scanner.open(b'[')?;
                while scanner.has_next(b']')? {
                    items.push(walk(scanner)?);
                }
                Some(items.into())
            }
            _ => serde_json::from_str(scanner.value()?).ok(),
        }
    }

    /// What strings consist of, such as JSON with its quotes escaped, and what they can't.
    fn parts() -> impl Strategy<Value = Vec<String>> {
        let part = prop_oneof![
            20 => "[ -!#-\\[\\]-~]{0,24}",
            20 => Just("\\\"".to_owned()),
            4 => "[äÖ漢😀]{1,4}",
            1 => prop::sample::select(vec!["\\\\", "\\n", "\\u00e4", "\"", "\n", "\u{1f}", "\\x", "\\u12"]).prop_map(str::to_owned),
        ];
        prop::collection::vec(part, 0..40)
    }

    proptest! {
        /// As another parser reads it.
        #[test]
        fn a_string_ends_at_its_closing_quote(parts in parts(), rest in parts()) {
            let text = format!("\"{}\"{}", parts.concat(), rest.concat());
            let mut expected = serde_json::Deserializer::from_str(&text).into_iter::<String>();
            let mut scanner = Scanner::new(&text);
            let string = scanner.string().and_then(|string| Some(string.text()?.into_owned()));
            prop_assert_eq!(&string, &expected.next().and_then(Result::ok), "{}", text);
            if string.is_some() {
                prop_assert_eq!(scanner.position(), expected.byte_offset(), "{}", text);
            }
        }

        #[test]
        fn json_is_read_as_it_is_written(value in json(), is_pretty in any::<bool>()) {
            let text = if is_pretty { format!("{value:#}") } else { value.to_string() };
            let mut scanner = Scanner::new(&text);
            prop_assert_eq!(walk(&mut scanner), Some(value));
            prop_assert_eq!((scanner.next_byte(), scanner.position()), (None, text.len()));
            prop_assert_eq!(Scanner::new(&text).value(), Some(text.as_str()));
        }

        /// Nothing else than within a string. Only if the JSON has escapes or line ends is it not read there.
        #[test]
        fn json_is_read_within_a_string(value in json(), is_pretty in any::<bool>(), damage in 0..4_usize) {
            let mut text = if is_pretty { format!("{value:#}") } else { value.to_string() };
            let places: Vec<usize> = text.char_indices().map(|(place, _)| place).collect();
            if damage > 0 {
                let at = places[places.len() / (damage + 1)];
                text.insert_str(at, ["\n", "\\", "\"", "5"][damage]);
            }
            let string = JsonString::from(text.as_str());
            let (mut within, mut scanner) = (Scanner::within(&string), Scanner::new(&text));
            let walked = walk(&mut within).filter(|_| within.next_byte().is_none());
            let expected = walk(&mut scanner).filter(|_| scanner.next_byte().is_none());
            if walked.is_some() || string.content().replace("\\\"", "").find('\\').is_none() {
                prop_assert_eq!(walked, expected, "{}", text);
            }
        }

        /// What is walked through member by member is JSON, but for its numbers and words, which `walk` parses.
        #[test]
        fn what_is_not_json_is_not_walked_through(
            value in json(),
            at in any::<prop::sample::Index>(),
            new in prop::sample::select(vec!["\"", "\\", "\\u12", "\\x", "{", "}", "[", "]", ",", ":", "1", "-", "\n", "\u{0}", "x"]),
        ) {
            let mut text = value.to_string();
            let places: Vec<usize> = text.char_indices().map(|(place, _)| place).collect();
            text.insert_str(*at.get(&places), new);
            let mut scanner = Scanner::new(&text);
            let walked = walk(&mut scanner).filter(|_| scanner.next_byte().is_none());
            prop_assert_eq!(walked, serde_json::from_str(&text).ok(), "{}", text);
        }

        #[test]
        fn any_text_is_walked_through_or_refused(text in any::<String>()) {
            for text in [text.clone(), format!("[{text}]"), format!("\"{text}")] {
                let mut scanner = Scanner::new(&text);
                let _ = walk(&mut scanner);
                let value = Scanner::new(&text).value();
                prop_assert!(scanner.position() <= text.len() && value.is_none_or(|value| text.contains(value)));
            }
        }
    }
}
