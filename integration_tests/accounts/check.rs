//! What `check` says of many accounts: how many can be read, and what is wrong with the others.

use super::{
    HERE, THERE, arn, events, histories, ids, lookups, of_organization, of_roles, role, settings, single, start,
};
use crate::connector::{Connector, Run};
use cloudtrail_emulator::{Caller, Settings};
use serde_json::json;
use std::collections::BTreeSet;

/// The status and the message of a check.
#[track_caller]
fn answer(connector: &Connector) -> (String, String) {
    let run: Run = connector.check();
    assert_eq!((run.code, run.stderr.as_str(), run.lines.len()), (Some(0), "", 1), "{:?}", run.lines);
    let status = &run.lines[0]["connectionStatus"];
    let text = |key: &str| status[key].as_str().unwrap_or_default().to_owned();
    (text("status"), text("message"))
}

#[test]
fn it_says_how_many_accounts_can_be_read() {
    let ids = ids(3);
    let emulator = start(Settings { events: events(&histories(&ids, &[HERE, THERE]), 3, 1), ..settings(3) });
    let connector = of_organization(&emulator).with("additional_regions", json!([THERE]));
    assert_eq!(answer(&connector), ("SUCCEEDED".to_owned(), "4 of 4 accounts can be read.".to_owned()));
    let expected: Vec<_> = histories(&super::sorted(&ids), &[THERE, HERE]);
    assert_eq!(
        lookups(&emulator).into_iter().collect::<Vec<_>>(),
        expected.into_iter().map(|of| (of, 1)).collect::<Vec<_>>()
    );
    assert!(emulator.journal().iter().all(|entry| entry.max_results == Some(1)));
    let two = of_roles(&emulator, &ids[1..3]);
    assert_eq!(answer(&two), ("SUCCEEDED".to_owned(), "2 of 2 accounts can be read.".to_owned()));
    assert_eq!(answer(&single(&emulator)), ("SUCCEEDED".to_owned(), String::new()));
}

#[test]
fn an_account_that_cannot_be_read_fails_a_list_of_roles_and_not_an_organization() {
    let ids = ids(4);
    let mut broken = settings(4);
    broken.roles.retain(|role| role.arn != arn(&ids[1]));
    role(&mut broken, &ids[2]).denied = Some(Caller::NO_POLICY.to_owned());
    role(&mut broken, &ids[3]).denied_regions.push(THERE.to_owned());
    let emulator = start(broken);
    let says = [
        format!(
            "In account {}: Access denied: the role does not exist, the credentials don't allow sts:AssumeRole",
            ids[1]
        ),
        format!("In account {}: Access denied: the role {}", ids[2], arn(&ids[2])),
        format!("In {THERE} in account {}: Access denied: the role {}", ids[3], arn(&ids[3])),
    ];
    let with_both = |connector: Connector| connector.with("additional_regions", json!([THERE]));
    let (status, message) = answer(&with_both(of_organization(&emulator)));
    assert_eq!(status, "SUCCEEDED");
    assert!(message.starts_with("3 of 5 accounts can be read. "), "{message}");
    assert!(says.iter().all(|says| message.contains(says)), "{message}");
    let (status, message) = answer(&with_both(of_roles(&emulator, &ids[1..])));
    assert_eq!(status, "FAILED");
    assert!(message.starts_with("2 of 4 accounts can be read. "), "{message}");
    assert!(says.iter().all(|says| message.contains(says)), "{message}");
}

#[test]
fn without_any_account_that_can_be_read_it_fails() {
    let ids = ids(2);
    let emulator = start(Settings { roles: vec![], ..settings(2) });
    let accounts = json!({"mode": "organization", "role_name": super::ROLE, "excluded_account_ids": [ids[0].as_str()]});
    let (status, message) = answer(&single(&emulator).with("accounts", accounts));
    assert_eq!(status, "FAILED");
    assert!(
        message.contains("Access denied: the role does not exist, the credentials don't allow sts:AssumeRole"),
        "{message}"
    );
    let everyone = json!({"mode": "organization", "role_name": super::ROLE, "excluded_account_ids": ids});
    let (status, message) = answer(&single(&emulator).with("accounts", everyone));
    assert_eq!(status, "FAILED");
    assert!(message.starts_with("All active accounts of the organization are in excluded_account_ids"), "{message}");
}

#[test]
fn it_tries_twenty_accounts_and_says_so() {
    let emulator = start(settings(24));
    for all_enabled_regions in [false, true] {
        let connector = of_organization(&emulator).with("all_enabled_regions", all_enabled_regions);
        let says = "20 of the first 20 of 25 accounts can be read. The others were not checked.";
        assert_eq!(answer(&connector), ("SUCCEEDED".to_owned(), says.to_owned()));
        let tried: BTreeSet<String> = lookups(&emulator).into_keys().map(|(account, _)| account).collect();
        assert_eq!(tried.len(), 20);
    }
}

#[test]
fn an_account_whose_regions_cannot_be_listed_counts_as_one_that_cannot_be_read() {
    let ids = ids(2);
    let mut denied = settings(2);
    role(&mut denied, &ids[1]).denied_actions.push("account:ListRegions".to_owned());
    let emulator = start(denied);
    let says = format!("Access denied: the role {} does not allow account:ListRegions.", arn(&ids[1]));
    for (connector, status, counts) in [
        (of_organization(&emulator), "SUCCEEDED", "2 of 3 accounts can be read. "),
        (of_roles(&emulator, &ids[1..]), "FAILED", "1 of 2 accounts can be read. "),
    ] {
        let (told, message) = answer(&connector.with("all_enabled_regions", true));
        assert_eq!(told, status);
        assert!(message.starts_with(counts) && message.contains(&says), "{message}");
    }
}
