//! Any JSON as a config.

use super::laws;
use crate::{
    airbyte::stream::Stream,
    cloudtrail::sdk::canned::{self, Answer},
    config::{accounts::Accounts, credentials::Credentials, raw_config, regions::partition, resolved_config::Config},
    failure::Failure,
    secrets::is_too_short,
};
use serde_json::Value;
use std::{collections::BTreeSet, time::Duration};

/// An environment with a variable, or none.
type Environment = Option<(&'static str, &'static str)>;

const ENVIRONMENTS: [Environment; 3] =
    [None, Some(("DEPLOYMENT_MODE", "cloud")), Some(("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"))];

/// The config in `data` is used, or rejected with a message for the user that quotes no secret, the same each time.
pub fn config(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let Ok(json) = serde_json::from_str::<Value>(text) else { return };
    for environment in ENVIRONMENTS {
        let variable = |name: &str| environment.filter(|(known, _)| *known == name).map(|(_, value)| value.to_owned());
        let resolved = Config::resolve(&json, variable);
        assert_eq!(resolved, Config::resolve(&json, variable), "it is resolved differently the second time");
        match resolved {
            Ok(config) => is_valid(&config),
            Err(errors) => is_rejected(&errors.into(), &json, text),
        }
    }
}

fn is_rejected(failure: &Failure, config: &Value, text: &str) {
    laws::is_for_the_user(failure, text);
    let secrets: Vec<&str> = raw_config::secrets(config).filter(|secret| !is_too_short(secret)).collect();
    let lines = laws::lines(|output| {
        secrets.iter().for_each(|secret| output.mask().hide(secret));
        output.failure(failure, None).unwrap();
        output.failed(None, &[Failure::config(&failure.message)]).unwrap();
    });
    for line in lines {
        let line: Value = serde_json::from_str(&line).unwrap();
        let messages = [&line["trace"]["error"]["message"], &line["connectionStatus"]["message"]];
        let message = messages.into_iter().find_map(Value::as_str).expect("a message");
        // No key of AWS has the character of the mask.
        let quoted = secrets.iter().find(|secret| !secret.contains('*') && message.contains(**secret));
        assert_eq!(quoted, None, "{message}");
    }
}

/// What the rest of the program relies on.
fn is_valid(config: &Config) {
    let first = config.regions.first().expect("a Region");
    assert_eq!(config.regions.iter().collect::<BTreeSet<_>>().len(), config.regions.len(), "each Region once");
    for region in &config.regions {
        assert_eq!(partition(region), partition(first), "one AWS partition");
        assert!(region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'));
    }
    for stream in [Stream::ManagementEvents, Stream::InsightEvents] {
        assert!(config.lookback_of(stream) <= Duration::from_hours(24));
        if let Err(error) = config.filter_of(stream) {
            laws::is_for_the_user(&error.into(), "");
        }
        assert!(config.excluded_event_names_of(stream).iter().all(|name| !name.trim().is_empty()));
    }
    if let Accounts::Roles(roles) = &config.accounts {
        assert_eq!(roles.iter().map(|role| &role.account).collect::<BTreeSet<_>>().len(), roles.len());
        assert!(!roles.is_empty());
    }
    // The SDK can sign a request and send it.
    if matches!(config.credentials, Credentials::Key(_)) && config.role.is_none() {
        let page = canned::lookup_with(config, Answer::with_body(r#"{"Events":[]}"#)).expect("the request can be sent");
        assert_eq!(page.events.len(), 0);
    }
}
