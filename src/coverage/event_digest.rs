//! The digest by which a state identifies an event.
//!
//! Every state that was ever saved depends on its form: the first 64 bits of the SHA-256 of the `EventId`, in URL-safe
//! base64 without padding, 11 characters. Several digests are one string, of their concatenated bytes: 32 characters for
//! three.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

/// How many bytes a digest has.
const BYTES: usize = 8;

/// The first 64 bits of the SHA-256 of an `EventId`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventDigest(u64);

impl EventDigest {
    /// The digest of an `EventId`.
    #[must_use]
    pub fn of(event_id: &str) -> Self {
        let hash = Sha256::digest(event_id);
        Self(hash.iter().take(BYTES).fold(0, |bits, byte| bits << 8 | u64::from(*byte)))
    }

    /// `digests` as one string.
    #[must_use]
    pub(crate) fn join(digests: &[Self]) -> String {
        let bytes: Vec<u8> = digests.iter().flat_map(|digest| digest.0.to_be_bytes()).collect();
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// How many characters the string of `count` digests has.
    #[must_use]
    pub(super) const fn joined_length(count: usize) -> usize {
        (count * BYTES * 4).div_ceil(3)
    }

    /// The digests in `text`, at least one.
    ///
    /// # Errors
    ///
    /// What is wrong with `text`, if this connector can't have written it.
    pub fn split(text: &str) -> Result<Vec<Self>, &'static str> {
        const INVALID: &str = "an event digest in loose is not one that this connector has written";
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| INVALID)?;
        let (digests, rest) = bytes.as_chunks::<BYTES>();
        if digests.is_empty() || !rest.is_empty() {
            return Err(INVALID);
        }
        Ok(digests.iter().map(|bytes| Self(u64::from_be_bytes(*bytes))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Computed with another program: `printf ID | openssl dgst -sha256 -binary | head -c 8 | basenc --base64url`.
    #[test]
    fn the_form_never_changes() {
        let digest = EventDigest::of("81d6dc3a-76bf-4b9a-a3b2-2e8e9e7e6d3c");
        assert_eq!(EventDigest::join(&[digest]), "w0LsPIRG21w");
        assert_eq!(EventDigest::split("w0LsPIRG21w"), Ok(vec![digest]));
        assert_eq!(EventDigest::join(&[digest, digest, digest]), "w0LsPIRG21zDQuw8hEbbXMNC7DyERttc");
    }

    proptest! {
        #[test]
        fn split_undoes_join(ids in prop::collection::vec(any::<u64>(), 1..20)) {
            let digests: Vec<EventDigest> = ids.into_iter().map(EventDigest).collect();
            let text = EventDigest::join(&digests);
            prop_assert_eq!(text.len(), EventDigest::joined_length(digests.len()));
            prop_assert_eq!(EventDigest::split(&text), Ok(digests));
        }
    }

    #[test]
    fn what_was_never_written_is_rejected() {
        for text in ["", "abc", "AAAAAAAAAAAA", "AAAAAAAAAA=", "ümläute"] {
            assert!(EventDigest::split(text).is_err(), "{text}");
        }
    }
}
