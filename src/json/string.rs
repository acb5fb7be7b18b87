//! Strings as they are written in JSON, with their quotes and escapes. Pure.
//!
//! Most of an answer is strings, and they are written into records as they are.

use super::sixteen_bytes::{STEP, SixteenBytes};
use std::{
    borrow::Cow,
    fmt,
    hash::{Hash, Hasher},
    ops::Range,
    sync::Arc,
};

/// Which escapes a string has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Escapes {
    None,
    /// Only such as `\n`.
    Simple,
    /// Also such as `\u000a`.
    Unicode,
}

/// A string as it is written in JSON, without its quotes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JsonStr<'a> {
    content: &'a str,
    /// Where the content begins in the JSON that it is a part of.
    start: usize,
    escapes: Escapes,
}

impl<'a> JsonStr<'a> {
    pub(super) fn new(content: &'a str, start: usize, escapes: Escapes) -> Self {
        Self { content, start, escapes }
    }

    /// What is written between the quotes.
    #[must_use]
    pub(crate) fn content(self) -> &'a str {
        self.content
    }

    /// Whether it is Unicode text. It is not if it has `\u` escapes such as half of a surrogate pair.
    #[must_use]
    pub(crate) fn is_unicode(self) -> bool {
        self.escapes < Escapes::Unicode || self.text().is_some()
    }

    /// The string itself; none if it is not Unicode text.
    #[must_use]
    #[inline]
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        if self.escapes == Escapes::None { Some(Cow::Borrowed(self.content)) } else { self.unescaped().map(Cow::Owned) }
    }

    fn unescaped(self) -> Option<String> {
        match self.escapes {
            Escapes::Unicode => serde_json::from_str(&format!("\"{}\"", self.content)).ok(),
            _ => without_simple_escapes(self.content),
        }
    }
}

/// `escaped` without its escapes, which are all simple.
fn without_simple_escapes(escaped: &str) -> Option<String> {
    let mut text = Vec::with_capacity(escaped.len());
    let mut rest = escaped.as_bytes();
    while let Some(step) = rest.first_chunk() {
        let plain = STEP.min(SixteenBytes::new(*step).equal(b'\\').trailing_zeros() as usize);
        // Sixteen bytes, and then less of them, take fewer instructions than a varying number.
        text.extend_from_slice(step);
        text.truncate(text.len() + plain - step.len());
        rest = &rest[plain..];
        if plain < step.len() {
            rest = unescape(rest, &mut text)?;
        }
    }
    while let Some((byte, others)) = rest.split_first() {
        if *byte == b'\\' {
            rest = unescape(rest, &mut text)?;
        } else {
            text.push(*byte);
            rest = others;
        }
    }
    String::from_utf8(text).ok()
}

/// Adds to `text` the character whose escape `rest` begins with. Returns what follows it.
fn unescape<'a>(rest: &'a [u8], text: &mut Vec<u8>) -> Option<&'a [u8]> {
    let [_, escape, rest @ ..] = rest else { return None };
    text.push(match escape {
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        byte => *byte,
    });
    Some(rest)
}

/// A string as it is written in JSON. It is Unicode text. It keeps the whole JSON, which it shares with other strings.
#[derive(Clone)]
pub struct JsonString {
    whole: Arc<str>,
    /// Where its content is.
    place: Range<usize>,
    escapes: Escapes,
}

impl JsonString {
    /// The string `written` in the JSON of `whole`; none if it is not Unicode text.
    pub(crate) fn new(whole: &Arc<str>, written: JsonStr<'_>) -> Option<Self> {
        let place = written.start..written.start + written.content.len();
        written.is_unicode().then(|| Self { whole: whole.clone(), place, escapes: written.escapes })
    }

    /// The string as JSON.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.whole[self.place.start - 1..=self.place.end]
    }

    /// What is written between the quotes.
    #[must_use]
    pub(crate) fn content(&self) -> &str {
        &self.whole[self.place.clone()]
    }

    /// How many bytes of JSON `strings` keep. JSON that neighbors share counts once.
    pub(crate) fn kept_bytes<'a>(strings: impl Iterator<Item = &'a Self>) -> usize {
        let mut last = None;
        let bytes = |string: &'a Self| {
            let is_shared = last.replace(&string.whole).is_some_and(|last| Arc::ptr_eq(last, &string.whole));
            if is_shared { 0 } else { string.whole.len() }
        };
        strings.map(bytes).sum()
    }

    /// The string itself.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        JsonStr::new(self.content(), 0, self.escapes).text().unwrap_or_default()
    }
}

impl From<&str> for JsonString {
    fn from(text: &str) -> Self {
        let whole: Arc<str> = serde_json::Value::from(text).to_string().into();
        let escapes = match &whole {
            json if json.len() == text.len() + 2 => Escapes::None,
            json if json.contains("\\u") => Escapes::Unicode,
            _ => Escapes::Simple,
        };
        Self { place: 1..whole.len() - 1, whole, escapes }
    }
}

impl fmt::Debug for JsonString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.json())
    }
}

/// Strings are equal if their text is.
impl PartialEq for JsonString {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for JsonString {}

impl Hash for JsonString {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::scanner::Scanner;
    use proptest::prelude::*;
    use std::fmt::Write;

    /// Text, and a string of JSON that means it, some of whose characters are escaped although they need not be.
    fn written() -> impl Strategy<Value = (String, String)> {
        let plain = prop_oneof![
            prop::char::range(' ', '~').prop_map(|char| (char, char.to_string())),
            any::<char>().prop_map(|char| (char, char.to_string())),
        ];
        let character = prop_oneof![
            8 => plain.prop_map(|(char, plain)| match char {
                '"' | '\\' | '\0'..' ' => (char, escaped(char)),
                _ => (char, plain),
            }),
            1 => any::<char>().prop_map(|char| (char, escaped(char))),
            2 => prop::sample::select(vec![
                ('"', r#"\""#), ('\\', r"\\"), ('/', r"\/"), ('\u{8}', r"\b"), ('\u{c}', r"\f"), ('\n', r"\n"), ('\r', r"\r"), ('\t', r"\t"),
            ]).prop_map(|(char, escape)| (char, escape.to_owned())),
        ];
        prop::collection::vec(character, 0..60).prop_map(|characters| {
            let (text, json): (String, Vec<String>) = characters.into_iter().unzip();
            (text, format!("\"{}\"", json.concat()))
        })
    }

    fn escaped(char: char) -> String {
        char.encode_utf16(&mut [0; 2]).iter().fold(String::new(), |mut escapes, unit| {
            write!(escapes, "\\u{unit:04x}").unwrap();
            escapes
        })
    }

    proptest! {
        #[test]
        fn the_text_of_a_string_is_what_it_means((text, json) in written()) {
            let body: Arc<str> = format!(" [ {json}]").into();
            let mut scanner = Scanner::new(&body);
            scanner.open(b'[').unwrap();
            let written = scanner.string().unwrap();
            prop_assert_eq!(format!("\"{}\"", written.content()), json.as_str());
            prop_assert_eq!(written.text().unwrap(), text.as_str());
            let string = JsonString::new(&body, written).unwrap();
            prop_assert_eq!(string.json(), json.as_str());
            prop_assert_eq!(string.text(), text.as_str());
            prop_assert_eq!(JsonString::from(text.as_str()), string);
        }
    }

    #[test]
    fn shared_json_is_kept_once() {
        let body: Arc<str> = r#"["a","b"]"#.into();
        let mut scanner = Scanner::new(&body);
        scanner.open(b'[').unwrap();
        let mut next = || {
            assert_eq!(scanner.has_next(b']'), Some(true));
            JsonString::new(&body, scanner.string().unwrap()).unwrap()
        };
        let strings = [next(), next(), JsonString::from("c"), JsonString::from("c")];
        for (count, bytes) in [(0, 0), (1, 9), (2, 9), (3, 12), (4, 15)] {
            assert_eq!(JsonString::kept_bytes(strings[..count].iter()), bytes);
        }
    }

    #[test]
    fn half_of_a_surrogate_pair_is_not_text() {
        for json in [r#""\ud800""#, r#""a\udc00b""#, r#""\ud800\ud800""#, r#""\ud800\n""#] {
            let written = Scanner::new(json).string().unwrap();
            assert!(!written.is_unicode() && written.text().is_none(), "{json}");
            assert_eq!(JsonString::new(&json.into(), written), None, "{json}");
        }
    }
}
