//! In an organization, one account's trouble is its own: a warning if the user has to fix it, an error if it may pass.

use super::{
    HERE, ROLE, THERE, arn, assert_told, events, failures, histories, ids, names, of, of_organization, of_roles, role,
    settings, single, start, state, warnings,
};
use crate::{
    connector::{Connector, assert_each_once, forms},
    fake_server::answering,
};
use cloudtrail_emulator::{Caller, Emulator, Event, Fault, RegionStatus, Settings};
use serde_json::json;
use std::time::Duration;

fn both_regions(emulator: &Emulator) -> Connector {
    of_organization(emulator).with("additional_regions", json!([THERE]))
}

/// Settings in which members lack the role, may not look up events, are denied a Region, and have not enabled it.
fn broken(ids: &[String]) -> Settings {
    let mut settings = settings(5);
    settings.roles.retain(|role| role.arn != arn(&ids[1]));
    role(&mut settings, &ids[2]).denied = Some(Caller::NO_POLICY.to_owned());
    role(&mut settings, &ids[3]).denied_regions.push(THERE.to_owned());
    let regions = vec![(HERE.to_owned(), RegionStatus::EnabledByDefault), (THERE.to_owned(), RegionStatus::Disabled)];
    settings.account_regions.insert(ids[4].clone(), regions);
    settings
}

#[test]
fn accounts_and_regions_that_cannot_be_read_are_warnings_and_nothing_of_them_is_lost() {
    let ids = ids(5);
    let data = events(&histories(&ids, &[HERE, THERE]), 70, 1);
    let emulator = start(Settings { events: data.clone(), ..broken(&ids) });
    let run = both_regions(&emulator).read(None).succeeded();
    assert_eq!(run.statuses(), ["STARTED", "RUNNING", "COMPLETE"]);
    assert_told(
        &warnings(&run),
        &[
            &[
                &format!(
                    "In account {}: Access denied: the role does not exist, the credentials don't allow sts:AssumeRole",
                    ids[1]
                ),
                "AWS says",
            ],
            &[&format!("In account {}: Access denied: the role", ids[2]), Caller::NO_POLICY],
            &[&format!("In {THERE} in account {}: Access denied", ids[3]), Caller::SERVICE_CONTROL_POLICY],
            &[&format!("In {THERE} in account {}: The Region {THERE} is not enabled in the account", ids[4])],
        ],
    );
    let is_readable = |event: &&Event| {
        let is_half = [&ids[3], &ids[4]].contains(&&event.account);
        [&ids[0], &ids[5]].contains(&&event.account) || (is_half && event.region == HERE)
    };
    let (readable, others): (Vec<Event>, Vec<Event>) = data.iter().cloned().partition(|event| is_readable(&event));
    assert_each_once(run.records(), &readable);
    for account in [&ids[1], &ids[2]] {
        assert_eq!(state(&run)["accounts"].get(account), None);
    }
    assert_eq!(names(&state(&run)["accounts"][&ids[3]]["regions"]), [HERE]);

    let fixed = start(Settings { events: data, ..settings(5) });
    let run = both_regions(&fixed).read(run.last_state()).succeeded();
    assert_eq!(warnings(&run), Vec::<&str>::new());
    assert_each_once(run.records(), &others);
}

#[test]
fn the_callers_own_account_may_be_the_one_that_cannot_be_read() {
    let ids = ids(1);
    let data = events(&histories(&ids, &[HERE]), 60, 7);
    let denied = Caller { denied: Some(Caller::NO_POLICY.to_owned()), ..Caller::default() };
    let emulator = start(Settings { events: data.clone(), callers: vec![denied], ..settings(1) });
    let run = of_organization(&emulator).read(None).succeeded();
    let says = format!("In account {}: Access denied: the credentials don't allow cloudtrail:LookupEvents", ids[0]);
    assert_told(&warnings(&run), &[&[&says]]);
    assert_each_once(run.records(), &of(&data, [&ids[1]]));
}

#[test]
fn without_any_account_that_can_be_read_the_sync_fails() {
    let ids = ids(2);
    let data = events(&histories(&ids, &[HERE]), 3, 2);
    let emulator = start(Settings { events: data, roles: vec![], ..settings(2) });
    let accounts = json!({"mode": "organization", "role_name": ROLE, "excluded_account_ids": [ids[0]]});
    let run = single(&emulator).with("accounts", accounts).read(None);
    assert_told(
        &failures(&run, "config_error"),
        &[&["Access denied: the role does not exist, the credentials don't allow sts:AssumeRole"]],
    );
    assert_eq!((run.records().count(), run.states().count()), (0, 0));
}

/// The role's sessions expire at once, so its requests fail with an error that may pass.
#[test]
fn what_may_pass_is_an_error_in_an_organization_too() {
    let ids = ids(2);
    let data = events(&histories(&ids, &[HERE]), 60, 3);
    let mut expiring = settings(2);
    role(&mut expiring, &ids[1]).lifetime = Some(Duration::ZERO);
    let emulator = start(Settings { events: data.clone(), ..expiring });
    let run = of_organization(&emulator).read(None);
    assert_told(&failures(&run, "transient_error"), &[&[&format!("In account {}: ", ids[1]), "expired"]]);
    assert_each_once(run.records(), &of(&data, [&ids[0], &ids[2]]));
    let fixed = start(Settings { events: data.clone(), ..settings(2) });
    let run = of_organization(&fixed).read(run.last_state()).succeeded();
    assert_each_once(run.records(), &of(&data, [&ids[1]]));
}

#[test]
fn an_sts_that_throttles_for_ever_is_nothing_that_the_user_has_to_fix() {
    let ids = ids(1);
    let (throttled, _asked) = answering(
        400,
        "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>",
    );
    let emulator = start(settings(1));
    let run = of_roles(&emulator, &ids[1..]).with_environment("AWS_ENDPOINT_URL_STS", &throttled).read(None);
    println!("{:?}", failures(&run, "transient_error"));
}

#[test]
fn an_sts_that_throttles_for_a_while_is_asked_again() {
    let ids = ids(3);
    let data = events(&histories(&ids, &[HERE]), 3, 5);
    let emulator = start(Settings { events: data.clone(), sts_rate: Some(2), ..settings(3) });
    assert_each_once(of_organization(&emulator).read(None).succeeded().records(), &data);
    let throttled = emulator.sessions().iter().filter(|session| session.outcome.is_err()).count();
    assert!(throttled > 0, "{:?}", emulator.sessions());
}

/// These are the credentials that STS issues for the role of a member, and CloudTrail repeats in its errors.
#[test]
fn the_credentials_of_members_are_masked() {
    let (key, secret, token) = ("ASIAS3CR3T/+EXAMPLE", "s3cr3t/+=\"half\\of%it", "t0ken//of+the==session");
    let ids = ids(1);
    let member = Caller {
        access_key: key.to_owned(),
        secret_key: secret.to_owned(),
        session_token: Some(token.to_owned()),
        account: ids[1].clone(),
        ..Caller::default()
    };
    let (sts, _asked) = answering(
        200,
        &format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey><SessionToken>{token}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
        ),
    );
    let secrets: Vec<String> = [key, secret, token].into_iter().flat_map(forms).collect();
    for code in ["AccessDeniedException", "OptInRequired", "UnknownErrorCode"] {
        let error =
            Fault::Error { status: 400, code: code.to_owned(), message: format!("No: {}", secrets.join(" & ")) };
        let faults = (0..100).map(|nth| (nth, error.clone())).collect();
        let emulator = start(Settings { callers: vec![Caller::default(), member.clone()], faults, ..settings(1) });
        let accounts = json!({"mode": "roles", "role_arns": [arn(&ids[1])]});
        let connector = single(&emulator)
            .with("accounts", accounts)
            .with_environment("AWS_ENDPOINT_URL_STS", &sts)
            .with_environment("LOG_LEVEL", "DEBUG");
        for run in [connector.read(None), connector.check()] {
            let all = format!("{:?} {}", run.lines, run.stderr);
            assert!(all.contains("****"), "{all}");
            for secret in &secrets {
                assert!(!all.contains(secret), "a secret was written: {all}");
            }
        }
    }
}

/// Nothing but the records, which have the events as they are, may name the access key of a session.
#[test]
fn a_debug_log_has_no_access_key_of_a_member() {
    let ids = ids(3);
    let data = events(&histories(&ids, &[HERE, THERE]), 10, 6);
    let emulator = start(Settings { events: data, ..settings(3) });
    let run = both_regions(&emulator).with_environment("LOG_LEVEL", "DEBUG").read(None).succeeded();
    let told: Vec<String> = run.lines.iter().filter(|line| line["type"] != "RECORD").map(ToString::to_string).collect();
    let sessions = emulator.sessions();
    assert_eq!(sessions.len(), 3);
    for key in sessions.iter().map(|session| session.outcome.as_deref().unwrap()) {
        assert!(told.iter().all(|line| !line.contains(key)), "{told:?}");
    }
}
