//! The filter that a Region is read with, in the form that states keep.
//!
//! A state is shown to people, kept in databases and written to logs. So where the filter's value is secret, such as the
//! ID of one's own access key, the state has a digest of it: enough to notice that the filter has changed.

use crate::{config::Filter, coverage::event_digest::EventDigest};
use serde_json::{Map, Value};

/// A filter and what states call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedFilter {
    /// As states keep it from now on.
    name: String,
    /// As they kept it, or would, where its value was secret and is not any more, or the other way around.
    other_name: String,
}

impl SavedFilter {
    /// What states call `filter`, whose value may be secret.
    #[must_use]
    pub fn new(filter: &Filter, is_secret: bool) -> Self {
        let plain = filter.to_string();
        let digest = format!("{}=sha256:{}", filter.key, EventDigest::join(&[EventDigest::of(&filter.value)]));
        let (name, other_name) = if is_secret { (digest, plain) } else { (plain, digest) };
        Self { name, other_name }
    }

    /// The name in a state that is written.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Lets `state` call this filter by its name, wherever it has the other one: for the whole, as up to version 0.2.0,
    /// or for a Region.
    pub(super) fn rename_in(&self, state: &mut Map<String, Value>) {
        if let Some(Value::Object(regions)) = state.get_mut("regions") {
            regions.values_mut().filter_map(Value::as_object_mut).for_each(|entry| self.rename(entry));
        }
        self.rename(state);
    }

    fn rename(&self, entry: &mut Map<String, Value>) {
        if let Some(Value::String(saved)) = entry.get_mut("filter")
            && *saved == self.other_name
        {
            saved.clone_from(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn filter(is_secret: bool) -> SavedFilter {
        let (key, value) = ("AccessKeyId".to_owned(), "AKIAIOSFODNN7EXAMPLE".to_owned());
        SavedFilter::new(&Filter { key, value }, is_secret)
    }

    /// Computed apart from this program: `printf VALUE | openssl dgst -sha256 -binary | head -c 8 | basenc --base64url`.
    #[test]
    fn a_secret_value_is_kept_as_a_digest() {
        assert_eq!(filter(true).name(), "AccessKeyId=sha256:Gl1Eotyhlmk");
        assert_eq!(filter(false).name(), "AccessKeyId=AKIAIOSFODNN7EXAMPLE");
    }

    #[test]
    fn both_names_are_known_whether_or_not_the_value_is_secret_now() {
        for now in [filter(true), filter(false)] {
            for before in [filter(true), filter(false)] {
                let state = |name: &str, other: &str| json!({"filter": name, "regions": {"a": {"filter": name}, "b": {"filter": other}, "c": null}});
                let mut saved = state(&before.name, "AccessKeyId=AKIAOTHER");
                now.rename_in(saved.as_object_mut().unwrap());
                assert_eq!(saved, state(&now.name, "AccessKeyId=AKIAOTHER"));
            }
        }
    }
}
