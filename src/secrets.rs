//! Keeps secret values out of everything that people read.

use base64::{
    Engine,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::{
    borrow::Cow,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

/// The text in place of a secret.
const MASK: &str = "****";
/// The fewest characters that a secret has. A shorter one occurs in every line, so masking it would make all lines
/// unreadable. AWS's access key IDs have 16 or more, its secret keys 40, but the `test` that emulators accept has 4.
///
/// Source: IAM API Reference, `AccessKey`.
pub const SHORTEST: usize = 4;

/// The characters that are escaped in a query. Source: RFC 3986, section 2.3.
const ESCAPED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// The characters that are escaped in a path.
const ESCAPED_IN_A_PATH: AsciiSet = ESCAPED.remove(b'/');

/// The environment variables whose values are secret. Source: AWS SDKs and Tools Reference Guide. The SDK also reads
/// `SECRET_ACCESS_KEY`.
const VARIABLES: [&str; 5] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
];
/// The environment variables whose values are URLs of proxies, which may contain a password.
const PROXIES: [&str; 6] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// The secrets in the variables of `environment`.
pub fn in_environment(environment: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let in_urls = PROXIES.iter().filter_map(|name| {
        let url = environment(name)?;
        let (user, _) = url.rsplit_once('@')?;
        let user = user.rsplit_once("//").map_or(user, |(_, user)| user);
        // Also both together, which is what a proxy is sent in base64.
        Some([user.split_once(':').map_or(user, |(_, password)| password).to_owned(), user.to_owned()])
    });
    let in_urls = in_urls.flatten().flat_map(|escaped| {
        let plain = percent_decode_str(&escaped).decode_utf8_lossy().into_owned();
        [escaped, plain]
    });
    VARIABLES.iter().filter_map(|name| environment(name)).chain(in_urls).collect()
}

/// Whether `text` is too short to be a secret.
#[must_use]
pub fn is_too_short(text: &str) -> bool {
    text.trim().chars().count() < SHORTEST
}

/// A secret value. Its Debug form is a mask.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps `value`.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, to sign with.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// Masks secrets in text, in plain, JSON, URL and base64 form.
///
/// All clones share their secrets.
#[derive(Clone, Default)]
pub struct Mask {
    /// Longest first, so that a secret that contains another one is masked as a whole.
    forms: Arc<RwLock<Vec<String>>>,
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl Mask {
    /// Masks `secret` from now on, unless it is too short to be one. Blanks around it don't count.
    pub fn hide(&self, secret: &str) {
        if is_too_short(secret) {
            return;
        }
        let json = serde_json::Value::from(secret).to_string();
        let mut forms = self.forms.write().unwrap_or_else(PoisonError::into_inner);
        forms.extend([
            secret.to_owned(),
            json[1..json.len() - 1].to_owned(),
            utf8_percent_encode(secret, &ESCAPED).to_string(),
            utf8_percent_encode(secret, &ESCAPED_IN_A_PATH).to_string(),
            BASE64_STANDARD_NO_PAD.encode(secret),
            BASE64_URL_SAFE_NO_PAD.encode(secret),
        ]);
        forms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        forms.dedup();
    }

    /// Whether `text` contains a secret.
    #[must_use]
    pub fn hides(&self, text: &str) -> bool {
        matches!(self.apply(text), Cow::Owned(_))
    }

    /// `text` with its secrets masked.
    #[must_use]
    pub fn apply<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut masked = Cow::Borrowed(text);
        for form in self.forms.read().unwrap_or_else(PoisonError::into_inner).iter() {
            if masked.contains(form) {
                masked = Cow::Owned(masked.replace(form, MASK));
            }
        }
        masked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_masked() {
        let secret = "wJa/K7+\"MD\\EN\"";
        let mask = Mask::default();
        mask.hide(secret);
        for form in [
            secret.to_owned(),
            serde_json::to_string(secret).unwrap(),
            "wJa%2FK7%2B%22MD%5CEN%22".to_owned(),
            "wJa/K7%2B%22MD%5CEN%22".to_owned(),
            base64::prelude::BASE64_STANDARD.encode(secret),
            base64::prelude::BASE64_URL_SAFE.encode(secret),
        ] {
            let masked = mask.apply(&format!("before {form} after")).into_owned();
            assert!(masked.starts_with("before ") && masked.ends_with(" after") && masked.contains(MASK), "{masked}");
            assert!(!masked.contains("wJa") && !masked.contains(&form), "{masked}");
        }
    }

    #[test]
    fn text_without_a_secret_is_unchanged() {
        let mask = Mask::default();
        mask.hide("secret");
        assert_eq!(mask.apply("nothing to hide"), "nothing to hide");
    }

    #[test]
    fn text_that_is_too_short_to_be_a_secret_is_not_masked() {
        let mask = Mask::default();
        for short in ["", " ", "      ", "e", " hi ", "hid"] {
            mask.hide(short);
            assert_eq!(mask.apply("e      hi      hidden"), "e      hi      hidden", "{short:?} is masked");
        }
        mask.hide("hide");
        assert_eq!(mask.apply("hide"), MASK);
    }

    #[test]
    fn a_secret_that_contains_another_is_masked_as_a_whole() {
        let mask = Mask::default();
        mask.hide("abcd");
        mask.hide("xabcdx");
        assert_eq!(mask.apply("xabcdx"), MASK);
    }

    #[test]
    fn secrets_in_the_environment_are_found() {
        let environment = |name: &str| match name {
            "AWS_SESSION_TOKEN" => Some("token".to_owned()),
            "https_proxy" => Some("http://user:p:%40ss@proxy:3128".to_owned()),
            "all_proxy" => Some("just-a-token@proxy".to_owned()),
            "HTTP_PROXY" => Some("http://proxy:3128".to_owned()),
            _ => None,
        };
        let password = ["p:%40ss", "p:@ss", "user:p:%40ss", "user:p:@ss"];
        let token = ["just-a-token"; 4];
        assert_eq!(in_environment(environment), [&["token"][..], &password, &token].concat());
    }

    #[test]
    fn the_debug_form_is_a_mask() {
        assert_eq!(format!("{:?}", Secret::new("hidden")), MASK);
    }
}
