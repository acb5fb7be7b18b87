//! Where to send requests, if not to AWS's own endpoint of the Region: the config says it, or the environment.

use super::{config_error::ConfigError, raw_config::Field};
use http::Uri;

/// The endpoint of all services. Source, also for those of one service: AWS SDKs and Tools Reference Guide,
/// "Service-specific endpoints".
const ALL_SERVICES: &str = "AWS_ENDPOINT_URL";

/// The endpoint of the config or, as for every AWS client, of the environment: the service's own, or the one of all.
pub(super) fn resolve(
    endpoint_url: &Field<String>,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Option<String>, ConfigError> {
    match endpoint_url.string("endpoint_url")? {
        Some(url) => checked("endpoint_url", url).map(Some),
        None => of_environment("AWS_ENDPOINT_URL_CLOUDTRAIL", environment),
    }
}

/// The endpoint of the service whose variable is `of_service`. For all services but CloudTrail, only the environment can
/// set it.
pub(super) fn of_environment(
    of_service: &'static str,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Option<String>, ConfigError> {
    let set = [of_service, ALL_SERVICES]
        .into_iter()
        .find_map(|name| Some((name, environment(name).filter(|url| !url.is_empty())?)));
    set.map(|(name, url)| checked(name, &url)).transpose()
}

/// The URL under `name`. One that may contain a password is not quoted.
fn checked(name: &'static str, url: &str) -> Result<String, ConfigError> {
    if url.contains('@') {
        return Err(ConfigError::UrlWithPassword { name });
    }
    let parsed = url.parse::<Uri>().ok();
    let is_http = parsed.as_ref().is_some_and(|url| matches!(url.scheme_str(), Some("http" | "https")));
    let authority = parsed.as_ref().and_then(Uri::authority);
    // An invalid port, such as 99999, is left in the authority beside the host.
    let has_host = authority.is_some_and(|authority| {
        let port = authority.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
        !authority.host().is_empty() && authority.as_str() == format!("{}{port}", authority.host())
    });
    if is_http && has_host { Ok(url.to_owned()) } else { Err(ConfigError::NotAUrl { name, url: url.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_every_form_are_endpoints() {
        for url in [
            "https://host",
            "http://localhost:4566/",
            "HTTPS://Host:443",
            "http://[::1]:80",
            "https://vpce-0-x.cloudtrail.us-east-1.vpce.amazonaws.com",
        ] {
            assert_eq!(checked("endpoint_url", url).as_deref(), Ok(url));
        }
    }

    #[test]
    fn without_an_endpoint_in_the_config_the_environment_sets_it() {
        let resolved = |config: &str, service: &'static str, all: &'static str| {
            let environment = |name: &str| Some(if name == "AWS_ENDPOINT_URL" { all } else { service }.to_owned());
            resolve(&Field::Set(config.to_owned()), environment)
        };
        assert_eq!(resolved("http://a", "http://b", "http://c"), Ok(Some("http://a".to_owned())));
        assert_eq!(resolved("", "http://b", "http://c"), Ok(Some("http://b".to_owned())));
        assert_eq!(resolved("", "", "http://c"), Ok(Some("http://c".to_owned())));
        assert_eq!(resolved("", "", ""), Ok(None));
        let message = resolved("", "", "nonsense").unwrap_err().to_string();
        assert!(message.starts_with("AWS_ENDPOINT_URL \"nonsense\" is not a URL."), "{message}");
    }
}
