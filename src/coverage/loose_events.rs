//! The loose events of one Region: those that were emitted in seconds that are not covered.
//!
//! They are most of a state, so this type keeps track of its size in a state. There, it is an object that has, for each
//! second, the digests of its events in one string. Up to version 0.2.0, each second had a list of strings with one digest
//! each. That form is read, too.

use super::{
    event_digest::EventDigest,
    seconds::{SecondRange, SecondSet},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::collections::{BTreeMap, btree_map::Entry};

/// How many characters a second takes in a state, besides its digests: `"1795361201":"",`.
const CHARS_PER_SECOND: usize = 16;
/// How many bytes one more event adds to a state at most: those of an event in a second of its own.
pub(crate) const MAX_BYTES_PER_EVENT: usize = size(1);

/// Events outside of the covered seconds, by second.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LooseEvents {
    /// Each second has at least one digest, sorted.
    by_second: BTreeMap<i64, Vec<EventDigest>>,
    size: usize,
}

impl LooseEvents {
    /// Whether the event `id` of `second` is one of them.
    #[must_use]
    pub(crate) fn contains(&self, second: i64, id: EventDigest) -> bool {
        self.by_second.get(&second).is_some_and(|ids| ids.binary_search(&id).is_ok())
    }

    /// Adds the event `id` of `second`, unless it is one of them.
    pub(crate) fn insert(&mut self, second: i64, id: EventDigest) {
        let ids = match self.by_second.entry(second) {
            Entry::Vacant(entry) => {
                self.size += size(1);
                entry.insert(vec![id]);
                return;
            }
            Entry::Occupied(entry) => entry.into_mut(),
        };
        if let Err(at) = ids.binary_search(&id) {
            self.size += size(ids.len() + 1) - size(ids.len());
            ids.insert(at, id);
        }
    }

    /// Removes the events of `seconds`.
    pub(crate) fn remove(&mut self, seconds: SecondRange) {
        let removed = self.by_second.extract_if(seconds.first()..=seconds.last(), |_, _| true);
        self.size -= removed.map(|(_, ids)| size(ids.len())).sum::<usize>();
    }

    /// Removes the events of all seconds in `seconds`.
    pub(crate) fn remove_all(&mut self, seconds: &SecondSet) {
        let removed = self.by_second.extract_if(.., |second, _| seconds.contains(*second));
        self.size -= removed.map(|(_, ids)| size(ids.len())).sum::<usize>();
    }

    /// How many bytes they take in a state.
    #[must_use]
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// The newest second that has one.
    #[must_use]
    pub(crate) fn last_second(&self) -> Option<i64> {
        self.by_second.last_key_value().map(|(second, _)| *second)
    }
}

/// How many bytes a second with `events` events takes in a state.
const fn size(events: usize) -> usize {
    CHARS_PER_SECOND + EventDigest::joined_length(events)
}

impl Serialize for LooseEvents {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.by_second.iter().map(|(second, ids)| (second, EventDigest::join(ids))))
    }
}

impl<'de> Deserialize<'de> for LooseEvents {
    /// Fails for what this connector never wrote.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "loose must have a string or a list of strings for each second")]
        enum Digests {
            Joined(String),
            Listed(Vec<String>),
        }
        let mut loose = Self::default();
        for (second, digests) in BTreeMap::<i64, Digests>::deserialize(deserializer)? {
            let texts = match digests {
                Digests::Joined(text) => vec![text],
                Digests::Listed(texts) => texts,
            };
            for text in texts {
                for id in EventDigest::split(&text).map_err(D::Error::custom)? {
                    loose.insert(second, id);
                }
            }
        }
        Ok(loose)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[derive(Clone, Debug)]
    enum Step {
        Insert(i64, u16),
        Remove(i64, i64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let second = || 1_795_361_200..1_795_361_240_i64;
        let step = prop_oneof![
            8 => (second(), 0..50_u16).prop_map(|(second, id)| Step::Insert(second, id)),
            1 => (second(), 0..20_i64).prop_map(|(first, more)| Step::Remove(first, first + more)),
        ];
        prop::collection::vec(step, 0..200)
    }

    fn digest(id: u16) -> EventDigest {
        EventDigest::of(&id.to_string())
    }

    proptest! {
        /// Compared with a set of pairs, and with the serialized form.
        #[test]
        fn is_a_set_that_knows_its_size_in_a_state(steps in steps()) {
            let (mut loose, mut model) = (LooseEvents::default(), BTreeSet::new());
            for step in steps {
                match step {
                    Step::Insert(second, id) => {
                        loose.insert(second, digest(id));
                        model.insert((second, id));
                    }
                    Step::Remove(first, last) => {
                        loose.remove(SecondRange::new(first, last).unwrap());
                        model.retain(|(second, _)| !(first..=last).contains(second));
                    }
                }
            }
            for second in 1_795_361_200..1_795_361_260 {
                for id in 0..50 {
                    prop_assert_eq!(loose.contains(second, digest(id)), model.contains(&(second, id)));
                }
            }
            let text = serde_json::to_string(&loose).unwrap();
            // Two braces, and no comma behind the last one.
            prop_assert_eq!(loose.size(), text.len() - if model.is_empty() { 2 } else { 1 });
            prop_assert_eq!(serde_json::from_str::<LooseEvents>(&text).unwrap(), loose);
        }
    }

    #[test]
    fn the_form_up_to_version_0_2_0_is_read() {
        let old = r#"{"1795361201":["w0LsPIRG21w","L_FOxmoPF_Q"],"1795361202":[]}"#;
        let loose: LooseEvents = serde_json::from_str(old).unwrap();
        assert_eq!(serde_json::to_string(&loose).unwrap(), r#"{"1795361201":"L_FOxmoPF_TDQuw8hEbbXA"}"#);
    }
}
