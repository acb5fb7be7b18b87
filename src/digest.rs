//! The short name under which an event id is remembered in a state.
//!
//! Its form is a promise to every state that was ever saved: the first 64 bits of the SHA-256 of the
//! `EventId`, written as 11 characters of URL-safe base64 without padding.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The first 64 bits of the SHA-256 of an `EventId`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(u64);

impl Digest {
    /// The smallest digest, where a range of digests begins.
    pub const MIN: Self = Self(u64::MIN);
    /// The largest digest, where a range of digests ends.
    pub const MAX: Self = Self(u64::MAX);

    /// The digest of an `EventId`.
    #[must_use]
    pub fn of(event_id: &str) -> Self {
        let hash = Sha256::digest(event_id);
        Self(hash.iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte)))
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        BASE64_URL_SAFE_NO_PAD.encode(digest.0.to_be_bytes())
    }
}

impl TryFrom<String> for Digest {
    type Error = String;

    /// Fails where the text is not one that this connector has written.
    fn try_from(text: String) -> Result<Self, String> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&text).ok().and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
        bytes
            .map(|bytes| Self(u64::from_be_bytes(bytes)))
            .ok_or_else(|| "what it says of a loose event is not the id of one".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed apart from this program: `printf ID | openssl dgst -sha256 -binary | head -c 8 | basenc --base64url`.
    #[test]
    fn form_is_fixed_for_ever() {
        let text = String::from(Digest::of("81d6dc3a-76bf-4b9a-a3b2-2e8e9e7e6d3c"));
        assert_eq!(text, "w0LsPIRG21w");
        assert_eq!(Digest::try_from(text), Ok(Digest::of("81d6dc3a-76bf-4b9a-a3b2-2e8e9e7e6d3c")));
    }

    #[test]
    fn refuses_what_it_never_wrote() {
        for text in ["", "abc", "AAAAAAAAAAAA", "AAAAAAAAAA=", "ümläute"] {
            assert!(Digest::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
