//! Where the four services are asked: the variables that AWS's other tools read, too.

use super::{HERE, ROLE, events, histories, ids, of_organization, settings, start};
use crate::connector::{Connector, assert_each_once};
use cloudtrail_emulator::{Emulator, Settings};
use serde_json::json;

/// How many requests CloudTrail, Organizations, Account Management and STS have got.
fn requests(emulator: &Emulator) -> [usize; 4] {
    let sts = emulator.sessions().len() + emulator.caller_identity_calls().len();
    [emulator.journal().len(), emulator.list_accounts_calls().len(), emulator.list_regions_calls().len(), sts]
}

#[test]
fn one_variable_is_for_all_four_services() {
    let ids = ids(1);
    let data = events(&histories(&ids, &[HERE]), 3, 1);
    let emulator = start(Settings { events: data.clone(), ..settings(1) });
    let connector = of_organization(&emulator).without("endpoint_url").with("all_enabled_regions", true);
    assert_each_once(connector.read(None).succeeded().records(), &data);
    assert_eq!(requests(&emulator), [34, 1, 2, 2]);
}

#[test]
fn the_variable_of_a_service_takes_precedence() {
    let ids = ids(1);
    let data = events(&histories(&ids, &[HERE]), 3, 2);
    let emulator = start(Settings { events: data.clone(), ..settings(1) });
    let elsewhere = start(settings(1));
    let variables = ["CLOUDTRAIL", "ORGANIZATIONS", "ACCOUNT", "STS"];
    let organization = || {
        Connector::at("")
            .with("accounts", json!({"mode": "organization", "role_name": ROLE}))
            .with("all_enabled_regions", true)
            .with_environment("AWS_ENDPOINT_URL", &elsewhere.url())
    };
    let with = |connector: Connector, service: &str| {
        connector.with_environment(&format!("AWS_ENDPOINT_URL_{service}"), &emulator.url())
    };
    let run = variables.iter().fold(organization(), |connector, service| with(connector, service)).read(None);
    assert_each_once(run.succeeded().records(), &data);
    assert_eq!((requests(&emulator), requests(&elsewhere)), ([34, 1, 2, 2], [0; 4]));

    // Each is that of its service only.
    for (nth, service) in variables.iter().enumerate() {
        println!("{service}");
        let (before, others) = (requests(&emulator), requests(&elsewhere));
        with(organization(), service).check();
        let (after, others_after) = (requests(&emulator), requests(&elsewhere));
        for service in 0..4 {
            assert_eq!(after[service] > before[service], service == nth);
            assert_eq!(others_after[service] > others[service], service != nth);
        }
    }
}

/// `endpoint_url` is that of CloudTrail.
#[test]
fn the_endpoint_of_the_config_is_that_of_cloudtrail_only() {
    let emulator = start(settings(1));
    let elsewhere = start(settings(1));
    let connector = of_organization(&emulator).with("endpoint_url", elsewhere.url()).with("all_enabled_regions", true);
    connector.check();
    let asked = requests(&elsewhere);
    assert!(asked[0] > 0 && asked[1..] == [0; 3], "{asked:?}");
    assert_eq!(requests(&emulator), [0, 1, 2, 2]);
}
