//! Writes JSON objects whose values are JSON already. Pure.

use super::string::JsonString;

/// A JSON object that is being added to other JSON.
#[derive(Debug)]
pub(crate) struct JsonObject<'a>(&'a mut Vec<u8>);

impl<'a> JsonObject<'a> {
    /// An object without members at the end of `json`.
    #[must_use]
    pub(crate) fn open(json: &'a mut Vec<u8>) -> Self {
        json.push(b'{');
        Self(json)
    }

    /// Adds the member `name`, which needs no escapes, with a value that is `json`.
    pub(crate) fn add(&mut self, name: &str, json: &str) {
        self.separate();
        self.write(["\"", name, "\":", json]);
    }

    /// Adds the member `name` with a string whose `content` is escaped already.
    pub(crate) fn add_content(&mut self, name: &str, content: &str) {
        self.separate();
        self.write(["\"", name, "\":\"", content, "\""]);
    }

    /// Adds the member `name`, if there is a `string`.
    pub(crate) fn add_string(&mut self, name: &str, string: Option<&JsonString>) {
        if let Some(string) = string {
            self.add(name, string.json());
        }
    }

    /// Adds the member `name` with a string, most often one without escapes.
    pub(crate) fn add_text(&mut self, name: &str, text: &str) {
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')) {
            self.add_content(name, text);
        } else {
            self.add(name, JsonString::from(text).json());
        }
    }

    /// Adds the member `name` with an object, whose members `add_members` adds.
    pub(crate) fn add_object(&mut self, name: &str, add_members: impl FnOnce(&mut Self)) {
        self.add(name, "{");
        add_members(self);
        self.0.push(b'}');
    }

    /// Adds the member `name` with a list of objects, whose members `add_members` adds for each of `items`.
    pub(crate) fn add_objects<T>(&mut self, name: &str, items: &[T], add_members: impl Fn(&mut Self, &T)) {
        self.add(name, "[");
        for (number, item) in items.iter().enumerate() {
            self.write([if number == 0 { "{" } else { ",{" }]);
            add_members(self, item);
            self.0.push(b'}');
        }
        self.0.push(b']');
    }

    /// Ends the object.
    pub(crate) fn close(self) {
        self.0.push(b'}');
    }

    fn separate(&mut self) {
        if !self.0.ends_with(b"{") {
            self.0.push(b',');
        }
    }

    fn write<const COUNT: usize>(&mut self, parts: [&str; COUNT]) {
        for part in parts {
            self.0.extend_from_slice(part.as_bytes());
        }
    }
}
