//! The proxies in the environment. The SDK's client uses them, but ignores a malformed proxy URL, and applies a `NO_PROXY`
//! of `*` to host names only, not to IP addresses.

use crate::failure::Failure;
use aws_sdk_cloudtrail::config::SharedHttpClient;
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use http::Uri;

/// The variables for each scheme, in the order of precedence of the SDK.
const FOR_HTTPS: [[&str; 2]; 2] = [["HTTPS_PROXY", "https_proxy"], ALL];
const FOR_HTTP: [[&str; 2]; 2] = [["HTTP_PROXY", "http_proxy"], ALL];
const ALL: [&str; 2] = ["ALL_PROXY", "all_proxy"];

/// A client without proxies, if `environment` excludes all hosts from them; none if the SDK's own client is right.
///
/// # Errors
///
/// A proxy URL that can't be used. It may contain a password, so the message does not quote it.
pub(super) fn client(environment: &impl Fn(&str) -> Option<String>) -> Result<Option<SharedHttpClient>, Failure> {
    if is_bypassed(environment) {
        return Ok(Some(Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https()));
    }
    for variables in [FOR_HTTPS, FOR_HTTP] {
        let proxy = variables.into_iter().find_map(|names| set(names, environment));
        if let Some((name, url)) = proxy
            && !is_proxy(&url)
        {
            return Err(Failure::config(format!(
                "{name} is not the URL of an HTTP proxy. Write it as http://host:port or http://user:password@host:port, with special characters as %XX, or unset it."
            )));
        }
    }
    Ok(None)
}

/// Whether all hosts are excluded from proxies.
pub(super) fn is_bypassed(environment: &impl Fn(&str) -> Option<String>) -> bool {
    set(["NO_PROXY", "no_proxy"], environment).is_some_and(|(_, hosts)| hosts.split(',').any(|host| host.trim() == "*"))
}

/// The first variable of `names` that is set, with its value; none if that is empty.
fn set(names: [&'static str; 2], environment: &impl Fn(&str) -> Option<String>) -> Option<(&'static str, String)> {
    names.into_iter().find_map(|name| Some((name, environment(name)?))).filter(|(_, value)| !value.is_empty())
}

/// Whether `url` is the URL of an HTTP proxy. The scheme is optional. SOCKS is not supported.
fn is_proxy(url: &str) -> bool {
    let Ok(url) = url.parse::<Uri>() else { return false };
    let Some(authority) = url.authority() else { return false };
    let (_, host) = authority.as_str().rsplit_once('@').unwrap_or(("", authority.as_str()));
    // An invalid port, such as 99999, stays in the authority beside the host.
    let port = authority.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    matches!(url.scheme_str(), None | Some("http" | "https"))
        && !authority.host().is_empty()
        && host == format!("{}{port}", authority.host())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Result<bool, String> {
        let environment = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        client(&environment).map(|client| client.is_some()).map_err(|failure| failure.message)
    }

    #[test]
    fn a_proxy_has_an_http_url() {
        for url in [
            "http://proxy:3128",
            "https://proxy.example.com",
            "http://user:p%40ss@proxy:3128/",
            "http://token@[::1]:3128",
            "proxy.example.com:3128",
            "proxy",
        ] {
            assert_eq!(proxies(&[("https_proxy", url)]), Ok(false), "{url}");
        }
        for url in [
            "http:/hush",
            "http://",
            "http://hush proxy",
            "ftp://hush",
            "socks5h://hush:1080",
            "http://hush:99999",
            "http://hush:port",
            "http://user:hu#sh@proxy:3128",
            " http://hush",
        ] {
            for name in ["HTTPS_PROXY", "http_proxy", "ALL_PROXY"] {
                let message = proxies(&[(name, url)]).unwrap_err();
                assert!(message.starts_with(&format!("{name} is not the URL of an HTTP proxy. Write it")), "{message}");
                assert!(!message.contains("hush"), "{message}");
            }
        }
    }

    #[test]
    fn a_variable_that_is_not_used_is_not_checked() {
        let proxy = "http://proxy:3128";
        for variables in [
            &[][..],
            &[("HTTPS_PROXY", "")],
            &[("HTTPS_PROXY", proxy), ("https_proxy", "socks5://x")],
            &[("HTTPS_PROXY", proxy), ("HTTP_PROXY", proxy), ("ALL_PROXY", "socks5://x")],
        ] {
            assert_eq!(proxies(variables), Ok(false), "{variables:?}");
        }
        assert!(proxies(&[("HTTPS_PROXY", proxy), ("ALL_PROXY", "socks5://x")]).unwrap_err().starts_with("ALL_PROXY"));
    }

    #[test]
    fn a_star_matches_every_host() {
        for (name, hosts, is_bypassed) in [
            ("NO_PROXY", "*", true),
            ("no_proxy", "*", true),
            ("NO_PROXY", "localhost, *", true),
            ("NO_PROXY", "*.example.com", false),
            ("NO_PROXY", "", false),
        ] {
            assert_eq!(proxies(&[("HTTPS_PROXY", "http://proxy:3128"), (name, hosts)]), Ok(is_bypassed), "{hosts}");
        }
        assert_eq!(proxies(&[("NO_PROXY", "*"), ("HTTPS_PROXY", "socks5://x")]), Ok(true));
    }
}
