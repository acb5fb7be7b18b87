//! An organization: each event of each account once, with the account and the Region that have it.

use super::{
    HERE, ROLE, THERE, arn, assumed, events, histories, ids, late, lookups, names, of, of_organization, organization,
    settings, single, sorted, start, state,
};
use crate::connector::{Connector, DAY, KEY_ID, SECRET_KEY, assert_each_once, now};
use cloudtrail_emulator::{
    AccountState, Caller, Category, Generator, Latency, Organization, Role, Settings, StatusMembers, TokenKind,
    generate_each,
};
use serde_json::{Value, json};
use std::time::Duration;

#[test]
fn each_event_of_each_account_and_region_is_read_once() {
    let ids = ids(3);
    let mut busy = histories(&ids, &[HERE, THERE]);
    let idle = busy.pop().unwrap();
    let data = events(&busy, 130, 1);
    let emulator = start(Settings { events: data.clone(), ..settings(3) });
    let connector = of_organization(&emulator).with("additional_regions", json!([THERE]));
    let run = connector.read(None).succeeded();
    assert_each_once(run.records(), &data);
    assert_eq!(run.statuses(), ["STARTED", "RUNNING", "COMPLETE"]);

    // One session for each member, none for the account of the credentials.
    assert_eq!(assumed(&emulator), sorted(&ids[1..]));
    assert_eq!(emulator.caller_identity_calls().len(), 1);
    assert_eq!(lookups(&emulator)[&idle], 1, "an idle Region of an account costs one request");

    let saved = state(&run);
    assert_eq!(names(saved), ["EventTime", "accounts"]);
    assert_eq!(names(&saved["accounts"]), sorted(&ids));
    let mut cursors = Vec::new();
    for (_, account) in saved["accounts"].as_object().unwrap() {
        assert_eq!((names(account), names(&account["regions"])), (vec!["regions"], vec![THERE, HERE]));
        cursors.extend([HERE, THERE].map(|region| account["regions"][region]["EventTime"].as_i64().unwrap()));
    }
    assert_eq!(saved["EventTime"].as_i64(), cursors.into_iter().min());

    let again = connector.read(run.last_state()).succeeded();
    assert_eq!(again.records().count(), 0);
    let new = late(&histories(&ids, &[HERE, THERE]), 60, 2);
    emulator.add(new.clone());
    let run = connector.read(again.last_state()).succeeded();
    assert_each_once(run.records(), &new);
}

/// Late events appear during each sync, in seconds that were read before.
#[test]
fn each_late_event_is_read_once_whenever_it_appears() {
    let seed = 20;
    println!("seed {seed}");
    let ids = ids(3);
    let all = histories(&ids, &[HERE, THERE]);
    let mut data = late(&all, 150, seed);
    let tokens = TokenKind::ByOffset;
    let emulator = start(Settings { events: data.clone(), tokens, full_last_page_has_token: true, ..settings(3) });
    let connector = of_organization(&emulator).with("additional_regions", json!([THERE]));
    let (mut records, mut state): (Vec<Value>, Option<Value>) = (Vec::new(), None);
    for round in 1..=3_u64 {
        let mut running = connector.start_reading(state.as_ref());
        running.wait_for_lines(usize::try_from(round).unwrap() * 40);
        let added = late(&all, 40, seed + round);
        emulator.add(added.clone());
        data.extend(added);
        let run = running.finish().succeeded();
        records.extend(run.records().cloned());
        state = run.last_state().cloned();
    }
    let run = connector.read(state.as_ref()).succeeded();
    records.extend(run.records().cloned());
    assert_each_once(&records, &data);
}

#[test]
fn all_pages_of_accounts_are_read_although_some_are_empty() {
    let ids = ids(25);
    let data = events(&histories(&ids, &[HERE]), 2, 3);
    let with_empty_pages = Some(Organization { empty_pages: true, ..organization(25) });
    let emulator = start(Settings { events: data.clone(), organization: with_empty_pages, ..settings(25) });
    let run = of_organization(&emulator).read(None).succeeded();
    assert_each_once(run.records(), &data);
    let pages: Vec<_> = emulator.list_accounts_calls().into_iter().map(|call| call.outcome).collect();
    assert_eq!(pages, [Ok(0), Ok(20), Ok(0), Ok(6)]);
    assert!(lookups(&emulator).values().all(|requests| *requests == 1), "{:?}", lookups(&emulator));
    assert_eq!(assumed(&emulator), sorted(&ids[1..]));
}

/// The older `Status` doesn't tell an account that waits for its activation from an active one.
#[test]
fn only_active_accounts_are_read() {
    let ids = ids(5);
    let data = events(&histories(&ids, &[HERE]), 3, 4);
    let states = [
        AccountState::Active,
        AccountState::Active,
        AccountState::Suspended,
        AccountState::PendingClosure,
        AccountState::Closed,
        AccountState::PendingActivation,
    ];
    for (status_members, read) in [
        (StatusMembers::Both, vec![&ids[0], &ids[1]]),
        (StatusMembers::State, vec![&ids[0], &ids[1]]),
        (StatusMembers::Status, vec![&ids[0], &ids[1], &ids[5]]),
    ] {
        println!("{status_members:?}");
        let mut organization = Organization { status_members, ..organization(5) };
        organization.accounts.iter_mut().zip(states).for_each(|(account, state)| account.state = state);
        let settings = Settings { events: data.clone(), organization: Some(organization), ..settings(5) };
        let emulator = start(settings);
        let run = of_organization(&emulator).read(None).succeeded();
        assert_each_once(run.records(), &of(&data, read.iter().copied()));
        assert_eq!(assumed(&emulator), sorted(read[1..].iter().copied()));
        assert_eq!(names(&state(&run)["accounts"]), sorted(read));
    }
}

#[test]
fn excluded_accounts_are_left_out() {
    let ids = ids(3);
    let data = events(&histories(&ids, &[HERE]), 3, 5);
    let emulator = start(Settings { events: data.clone(), ..settings(3) });
    let without = |excluded: Value| {
        let accounts = json!({"mode": "organization", "role_name": ROLE, "excluded_account_ids": excluded});
        single(&emulator).with("accounts", accounts)
    };
    let run = without(json!([ids[0], ids[2], "000000000000"])).read(None).succeeded();
    assert_each_once(run.records(), &of(&data, [&ids[1], &ids[3]]));
    assert_eq!(assumed(&emulator), sorted([&ids[1], &ids[3]]));

    let run = without(json!(ids)).read(run.last_state());
    assert_eq!(
        super::failures(&run, "config_error"),
        ["All active accounts of the organization are in excluded_account_ids. Remove at least one of them."]
    );
    assert_eq!((run.records().count(), run.states().count()), (0, 0));
}

/// The credentials are those of an account outside of the organization, which may only assume the first role.
#[test]
fn the_first_role_lists_the_accounts_and_assumes_the_others() {
    let (ids, outside) = (ids(3), "111122223333");
    let data = events(&histories(&ids, &[HERE]), 3, 6);
    let first = format!("arn:aws:iam::{}:role/airbyte-organization", ids[1]);
    let mut settings = settings(3);
    settings.organization.as_mut().unwrap().delegated_administrators.push(ids[1].clone());
    settings.callers = vec![Caller { account: outside.to_owned(), ..Caller::default() }];
    settings.roles.retain(|role| role.arn != arn(&ids[1]));
    settings.roles.push(Role::new(arn(&ids[0])));
    for role in &mut settings.roles {
        role.external_id = Some("airbyte-7d1f0c".to_owned());
        role.trusted_accounts = Some(vec![ids[1].clone()]);
    }
    settings.roles.push(Role { trusted_accounts: Some(vec![outside.to_owned()]), ..Role::new(&first) });
    let with_first_role =
        |connector: Connector| connector.with("role_arn", first.as_str()).with("external_id", "airbyte-7d1f0c");
    let others = [ids[0].clone(), ids[2].clone(), ids[3].clone()];
    for is_organization in [true, false] {
        println!("organization: {is_organization}");
        let emulator = start(Settings { events: data.clone(), ..settings.clone() });
        let (connector, read) = if is_organization {
            (of_organization(&emulator), ids.clone())
        } else {
            (super::of_roles(&emulator, &others), others.to_vec())
        };
        let run = with_first_role(connector).read(None).succeeded();
        assert_each_once(run.records(), &of(&data, &read));
        let sessions = emulator.sessions();
        assert_eq!(sessions[0].role.as_deref(), Some(first.as_str()));
        assert_eq!((sessions[0].access_key.as_deref(), sessions[0].external_id.as_deref()), (Some(KEY_ID), None));
        let key = sessions[0].outcome.as_deref().unwrap();
        for session in &sessions[1..] {
            assert_eq!(session.access_key.as_deref(), Some(key), "{session:?}");
            assert_eq!(session.external_id.as_deref(), Some("airbyte-7d1f0c"));
        }
        let members: Vec<String> = sessions[1..].iter().map(|session| session.account().unwrap().to_owned()).collect();
        assert_eq!(sorted(&members), sorted(&others));
        // Whose the first role is, its ARN says.
        assert_eq!(emulator.caller_identity_calls().len(), 0);
        let lists = emulator.list_accounts_calls();
        assert_eq!(lists.len(), usize::from(is_organization));
        assert!(lists.iter().all(|call| call.access_key.as_deref() == Some(key)));
        let mut own = emulator.journal().into_iter().filter(|entry| entry.account.as_deref() == Some(&ids[1]));
        assert!(own.all(|entry| entry.access_key.as_deref() == Some(key)));
    }
}

#[test]
fn the_limit_is_that_of_all_accounts_together() {
    let ids = ids(3);
    let data = events(&histories(&ids, &[HERE, THERE]), 70, 7);
    let emulator = start(Settings { events: data.clone(), ..settings(3) });
    let connector = of_organization(&emulator).with("additional_regions", json!([THERE]));
    let run = connector.again().with("records_limit", 150).read(None).succeeded();
    assert_eq!(run.records().count(), 150);
    let rest = connector.read(run.last_state()).succeeded();
    assert_each_once(run.records().chain(rest.records()), &data);
}

#[test]
fn both_streams_of_each_account_are_read() {
    let ids = ids(1);
    let management = events(&histories(&ids, &[HERE, THERE]), 130, 8);
    let generator = Generator::new(now() - 80 * DAY, now() - 1);
    let generator = Generator { count: 60, seed: 9, category: Category::Insight, ..generator };
    let insights = generate_each(&histories(&ids, &[HERE, THERE]), &generator);
    let emulator = start(Settings { events: [management.clone(), insights.clone()].concat(), ..settings(1) });
    let connector = of_organization(&emulator).with("additional_regions", json!([THERE])).with_insight_events();
    let run = connector.read(None).succeeded();
    for (stream, data) in [("management_events", &management), ("insight_events", &insights)] {
        let run = run.of_stream(stream);
        assert_each_once(run.records(), data);
        assert_eq!(run.statuses(), ["STARTED", "RUNNING", "COMPLETE"]);
        assert_eq!(names(&state(&run)["accounts"]), sorted(&ids));
    }
    assert_eq!(assumed(&emulator), ids[1..], "both streams share the session of a role");
}

/// The machine has the credentials instead of the config.
#[test]
fn the_credentials_of_the_machine_read_an_organization() {
    let ids = ids(1);
    let data = events(&histories(&ids, &[HERE]), 3, 10);
    let emulator = start(Settings { events: data.clone(), ..settings(1) });
    let connector = of_organization(&emulator).without("aws_key_id").without("aws_secret_key");
    let connector =
        connector.with_environment("AWS_ACCESS_KEY_ID", KEY_ID).with_environment("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
    assert_each_once(connector.read(None).succeeded().records(), &data);
}

/// Organizations is asked in one Region of each partition.
#[test]
fn the_roles_of_members_are_in_the_partition_and_have_the_path_of_the_config() {
    for (region, partition, central) in
        [("us-gov-east-1", "aws-us-gov", "us-gov-west-1"), ("cn-north-1", "aws-cn", "cn-northwest-1")]
    {
        let mut organization = organization(1);
        organization.accounts[1].id = "000000000012".to_owned();
        let ids = organization.account_ids();
        let data = events(&histories(&ids, &[region]), 3, 11);
        let role = format!("arn:{partition}:iam::000000000012:role/readers/of/{ROLE}");
        let settings = Settings { organization: Some(organization), roles: vec![Role::new(&role)], ..settings(1) };
        let emulator = start(Settings { events: data.clone(), ..settings });
        let accounts = json!({"mode": "organization", "role_name": format!("readers/of/{ROLE}")});
        let run = single(&emulator).with("accounts", accounts).with("aws_region_name", region).read(None).succeeded();
        assert_each_once(run.records(), &data);
        assert_eq!(names(&state(&run)["accounts"]), sorted(&ids));
        assert_eq!(emulator.sessions()[0].role.as_deref(), Some(role.as_str()));
        assert_eq!(emulator.sessions()[0].region.as_deref(), Some(region));
        assert_eq!(emulator.list_accounts_calls()[0].region.as_deref(), Some(central));
    }
}

/// Also that of the first role, which renews the others. No request fails, and idle accounts need no new session.
#[test]
fn a_read_takes_longer_than_the_sessions_of_members_last() {
    let ids = ids(3);
    let data = events(&histories(&ids[1..3], &[HERE]), 3_000, 12);
    let first = format!("arn:aws:iam::{}:role/first", ids[0]);
    let mut settings = settings(3);
    settings.roles.push(Role::new(&first));
    for role in &mut settings.roles {
        role.lifetime = Some(Duration::from_secs(6));
    }
    let latency = Latency { mean: 0.05, sigma: 0.0 };
    let emulator = start(Settings { events: data.clone(), latency, ..settings });
    let connector = super::of_roles(&emulator, &ids[1..]).with("role_arn", first.as_str()).at_pace("5");
    assert_each_once(connector.read(None).succeeded().records(), &data);
    let failed = emulator.journal().into_iter().filter(|entry| entry.error().is_some()).count();
    assert_eq!(failed, 0);
    let sessions = |account: &String| assumed(&emulator).into_iter().filter(|id| id == account).count();
    assert!(ids[..3].iter().all(|account| sessions(account) >= 3), "{:?}", emulator.sessions());
    assert_eq!(sessions(&ids[3]), 1);
}
