//! Keeps secret values out of everything that is written for people.

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

/// What stands in the place of a secret.
const MASK: &str = "****";
/// How many characters a secret has at the least. To mask a shorter one would harm every line, as each holds it
/// somewhere. AWS's access key IDs have 16 or more, its secret keys 40, but the `test` that emulators take has 4.
///
/// Source: IAM API Reference, `AccessKey`.
pub const SHORTEST: usize = 4;

/// What is escaped in a query; RFC 3986, section 2.3.
const ESCAPED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// What is escaped in a path.
const ESCAPED_IN_A_PATH: AsciiSet = ESCAPED.remove(b'/');

/// The variables of the environment whose values are secret. Source: AWS SDKs and Tools Reference Guide.
const VARIABLES: [&str; 4] =
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"];
/// The variables of the environment whose values are URLs of proxies, which may have a password in them.
const PROXIES: [&str; 6] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// The secrets in the environment whose variables `environment` gives.
pub fn of_environment(environment: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let in_urls = PROXIES.iter().filter_map(|name| {
        let url = environment(name)?;
        let (user, _) = url.rsplit_once('@')?;
        let user = user.rsplit_once("//").map_or(user, |(_, user)| user);
        // All of it, too: in base64, it is what a proxy is sent.
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

/// A value that must never be written: its Debug form is a mask.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes the value in.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, for whoever signs with it.
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

/// Masks known secrets in text, whether they stand there plain or in JSON, URL or base64 form.
///
/// Its clones share the secrets that any of them learns.
#[derive(Clone, Default)]
pub struct Mask {
    /// Longest first, so that no secret is masked only in the part that another one is.
    forms: Arc<RwLock<Vec<String>>>,
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl Mask {
    /// Masks `secret` from now on, unless it is too short to be one; blanks around it don't count.
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

    /// Whether there is a secret in `text`.
    #[must_use]
    pub fn hides(&self, text: &str) -> bool {
        matches!(self.apply(text), Cow::Owned(_))
    }

    /// `text` without any secret in it.
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
    fn masks_every_form() {
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
    fn leaves_the_rest_alone() {
        let mask = Mask::default();
        mask.hide("secret");
        assert_eq!(mask.apply("nothing to hide"), "nothing to hide");
    }

    #[test]
    fn what_is_too_short_to_be_a_secret_is_not_masked() {
        let mask = Mask::default();
        for short in ["", " ", "      ", "e", " hi ", "hid"] {
            mask.hide(short);
            assert_eq!(mask.apply("e      hi      hidden"), "e      hi      hidden", "{short:?} is masked");
        }
        mask.hide("hide");
        assert_eq!(mask.apply("hide"), MASK);
    }

    #[test]
    fn a_secret_within_a_secret_hides_with_it() {
        let mask = Mask::default();
        mask.hide("abcd");
        mask.hide("xabcdx");
        assert_eq!(mask.apply("xabcdx"), MASK);
    }

    #[test]
    fn the_environments_secrets_are_known() {
        let environment = |name: &str| match name {
            "AWS_SESSION_TOKEN" => Some("token".to_owned()),
            "https_proxy" => Some("http://user:p:%40ss@proxy:3128".to_owned()),
            "all_proxy" => Some("just-a-token@proxy".to_owned()),
            "HTTP_PROXY" => Some("http://proxy:3128".to_owned()),
            _ => None,
        };
        let password = ["p:%40ss", "p:@ss", "user:p:%40ss", "user:p:@ss"];
        let token = ["just-a-token"; 4];
        assert_eq!(of_environment(environment), [&["token"][..], &password, &token].concat());
    }

    #[test]
    fn debug_form_is_a_mask() {
        assert_eq!(format!("{:?}", Secret::new("hidden")), MASK);
    }
}
