//! Where requests go, if not to AWS's own endpoint of the Region: the config says it, or the environment.

use super::text;
use crate::failure::Failure;
use http::Uri;
use serde_json::{Map, Value};

/// For all services of AWS. Source, also of those for one: AWS SDKs and Tools Reference Guide, "Service-specific
/// endpoints".
const OF_ALL: &str = "AWS_ENDPOINT_URL";

/// The endpoint of the config or, as for every AWS client, that of the environment: the service's own, or the one of all.
pub(super) fn resolve(
    config: &Map<String, Value>,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Option<String>, Failure> {
    if let Some(url) = text(config, "endpoint_url")? {
        return endpoint_url("endpoint_url", url).map(Some);
    }
    of_environment("AWS_ENDPOINT_URL_CLOUDTRAIL", environment)
}

/// The endpoint of AWS STS, which only the environment gives.
pub(super) fn resolve_sts(environment: impl Fn(&str) -> Option<String>) -> Result<Option<String>, Failure> {
    of_environment("AWS_ENDPOINT_URL_STS", environment)
}

fn of_environment(of_service: &str, environment: impl Fn(&str) -> Option<String>) -> Result<Option<String>, Failure> {
    let set = [of_service, OF_ALL]
        .into_iter()
        .find_map(|name| Some((name, environment(name).filter(|url| !url.is_empty())?)));
    set.map(|(name, url)| endpoint_url(name, &url)).transpose()
}

/// Checks the URL that stands under `name`. What may be a password in it is not repeated.
fn endpoint_url(name: &str, url: &str) -> Result<String, Failure> {
    let wrong = |what: &str| {
        Err(Failure::config(format!(
            "{name} {what}: write it as https://host or http://host:port, or leave it out to use AWS's own endpoint."
        )))
    };
    if url.contains('@') {
        return wrong("has a user name or password in it, which CloudTrail takes none of");
    }
    let parsed = url.parse::<Uri>().ok();
    let is_http = parsed.as_ref().is_some_and(|url| matches!(url.scheme_str(), Some("http" | "https")));
    let authority = parsed.as_ref().and_then(Uri::authority);
    // A port that is none, such as 99999, is left in the authority beside the host.
    let has_host = authority.is_some_and(|authority| {
        let port = authority.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
        !authority.host().is_empty() && authority.as_str() == format!("{}{port}", authority.host())
    });
    if is_http && has_host { Ok(url.to_owned()) } else { wrong(&format!("\"{url}\" is not a URL")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn urls_of_every_form_are_endpoints() {
        for url in [
            "https://host",
            "http://localhost:4566/",
            "HTTPS://Host:443",
            "http://[::1]:80",
            "https://vpce-0-x.cloudtrail.us-east-1.vpce.amazonaws.com",
        ] {
            assert_eq!(endpoint_url("endpoint_url", url).as_deref(), Ok(url));
        }
    }

    #[test]
    fn the_environment_gives_the_endpoint_where_the_config_does_not() {
        let resolved = |config: Value, service: &'static str, all: &'static str| {
            let environment = |name: &str| Some(if name == "AWS_ENDPOINT_URL" { all } else { service }.to_owned());
            resolve(config.as_object().unwrap(), environment)
        };
        assert_eq!(
            resolved(json!({"endpoint_url": "http://a"}), "http://b", "http://c"),
            Ok(Some("http://a".to_owned()))
        );
        assert_eq!(resolved(json!({}), "http://b", "http://c"), Ok(Some("http://b".to_owned())));
        assert_eq!(resolved(json!({}), "", "http://c"), Ok(Some("http://c".to_owned())));
        assert_eq!(resolved(json!({}), "", ""), Ok(None));
        assert!(
            resolved(json!({}), "", "nonsense")
                .unwrap_err()
                .message
                .starts_with("AWS_ENDPOINT_URL \"nonsense\" is not a URL")
        );
    }
}
