//! Writes JSON objects whose values are JSON already. Pure.

use super::string::JsonString;

/// A JSON object that is being written.
#[derive(Debug)]
pub(crate) struct JsonObject(String);

impl Default for JsonObject {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

impl JsonObject {
    /// An object without members, with room for some `bytes`.
    #[must_use]
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        let mut json = String::with_capacity(bytes);
        json.push('{');
        Self(json)
    }

    /// Adds the member `name`, which needs no escapes, with a value that is `json`.
    pub(crate) fn add(&mut self, name: &str, json: &str) {
        self.separate();
        self.0.extend(["\"", name, "\":", json]);
    }

    /// Adds the member `name` with a string whose `content` is escaped already.
    pub(crate) fn add_content(&mut self, name: &str, content: &str) {
        self.separate();
        self.0.extend(["\"", name, "\":\"", content, "\""]);
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

    /// Adds the member `name` with a list of objects, whose members `add_members` adds for each of `items`.
    pub(crate) fn add_objects<T>(&mut self, name: &str, items: &[T], add_members: impl Fn(&mut Self, &T)) {
        self.add(name, "[");
        for (number, item) in items.iter().enumerate() {
            self.0.push_str(if number == 0 { "{" } else { ",{" });
            add_members(self, item);
            self.0.push('}');
        }
        self.0.push(']');
    }

    fn separate(&mut self) {
        if !self.0.ends_with('{') {
            self.0.push(',');
        }
    }

    /// The object.
    #[must_use]
    pub(crate) fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }
}
