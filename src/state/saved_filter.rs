//! The filter that a Region is read with, in the form that states keep.
//!
//! A state is shown to people, kept in databases, and written to logs. If the filter's value is secret, such as the ID
//! of one's own access key, the state has a digest of it: enough to notice that the filter has changed.

use crate::{config::filter::Filter, coverage::event_digest::EventDigest};

/// A filter and its name in states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedFilter {
    name: String,
    /// Its name if its value were not secret, although it is, or the other way around: what is secret may change.
    other_name: String,
}

impl SavedFilter {
    /// The name of `filter`, whose value may be secret.
    pub(crate) fn new(filter: &Filter, is_secret: bool) -> Self {
        let plain = filter.to_string();
        let digest = format!("{}=sha256:{}", filter.key, EventDigest::join(&[EventDigest::of(&filter.value)]));
        let (name, other_name) = if is_secret { (digest, plain) } else { (plain, digest) };
        Self { name, other_name }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Changes `saved` to this filter's name if it is its other name.
    pub(super) fn rename(&self, saved: &mut String) {
        if *saved == self.other_name {
            saved.clone_from(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
