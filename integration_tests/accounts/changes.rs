//! Whose a state is, and what becomes of it when the accounts change: nothing is lost, and nothing is read twice.

use super::{
    HERE, THERE, arn, assert_told, events, failures, histories, ids, late, lookups, names, of, of_organization,
    of_roles, settings, single, start, state, warnings,
};
use crate::connector::{Connector, assert_each_once, now};
use cloudtrail_emulator::{Caller, Emulator, Event, Role, Settings};
use serde_json::{Value, json};

/// The access key of the first member.
const OTHER_KEY: &str = "AKIAOTHERACCEXAMPLE1";

fn callers(ids: &[String]) -> Vec<Caller> {
    let other = Caller { access_key: OTHER_KEY.to_owned(), account: ids[1].clone(), ..Caller::default() };
    vec![Caller::default(), other]
}

fn message(state: &Value) -> Value {
    json!({"type": "STREAM", "stream": {"stream_descriptor": {"name": "management_events"}, "stream_state": state}})
}

#[test]
fn the_state_of_a_single_account_says_whose_it_is() {
    let ids = ids(1);
    let data = events(&histories(&ids, &[HERE]), 60, 1);
    let emulator = start(Settings { events: data.clone(), ..settings(1) });
    let without_role = single(&emulator).read(None).succeeded();
    assert_each_once(without_role.records(), &of(&data, &ids[..1]));
    assert_eq!(names(state(&without_role)), ["EventTime", "account", "regions"]);
    assert_eq!(state(&without_role)["account"], json!(ids[0]));
    let with_role = single(&emulator).with("role_arn", arn(&ids[1])).read(None).succeeded();
    assert_each_once(with_role.records(), &of(&data, &ids[1..]));
    assert_eq!(state(&with_role)["account"], json!(ids[1]));

    let empty = start(settings(1));
    let without_role = single(&empty).read(None).succeeded();
    assert_eq!(names(state(&without_role)), ["EventTime", "regions"]);
    // It learns that from the first event.
    let new = late(&histories(&ids[..1], &[HERE]), 3, 2);
    empty.add(new.clone());
    let run = single(&empty).read(without_role.last_state()).succeeded();
    assert_each_once(run.records(), &new);
    assert_eq!(state(&run)["account"], json!(ids[0]));
    let with_role = single(&empty).with("role_arn", arn(&ids[1])).read(None).succeeded();
    assert_eq!(state(&with_role)["account"], json!(ids[1]));
}

#[test]
fn the_credentials_of_another_account_are_an_error_that_names_both() {
    let ids = ids(2);
    let data = events(&histories(&ids, &[HERE, THERE]), 60, 3);
    let mut settings = Settings { events: data, callers: callers(&ids), ..settings(2) };
    settings.roles.push(Role::new(arn(&ids[0])));
    let emulator = start(settings);
    let first = single(&emulator).read(None).succeeded();
    let says = |other: &str| {
        format!(
            "The state belongs to account {}, but the credentials belong to account {other}. Use credentials of account {}.",
            ids[0], ids[0]
        )
    };
    let by_key = single(&emulator).with("aws_key_id", OTHER_KEY).with("additional_regions", json!([THERE]));
    let by_role = single(&emulator).with("role_arn", arn(&ids[2]));
    for (connector, account) in [(by_key, &ids[1]), (by_role, &ids[2])] {
        let run = connector.read(first.last_state());
        assert_told(&failures(&run, "config_error"), &[&[&says(account)]]);
        assert_eq!((run.records().count(), run.states().count()), (0, 0));
        assert_eq!(run.statuses(), ["STARTED", "INCOMPLETE"]);
    }
    // One request tells whose the key is; the role says it itself.
    assert_eq!(lookups(&emulator).get(&(ids[1].clone(), HERE.to_owned())), Some(&1));
    assert_eq!(lookups(&emulator).get(&(ids[1].clone(), THERE.to_owned())), None);
    assert_eq!(lookups(&emulator).get(&(ids[2].clone(), HERE.to_owned())), None);
    // Another way to the same account is none.
    let run = single(&emulator).with("role_arn", arn(&ids[0])).read(first.last_state()).succeeded();
    assert_eq!(run.records().count(), 0);
}

/// CloudTrail documents `recipientAccountId` as optional.
#[test]
fn some_of_the_newest_events_may_not_say_whose_they_are() {
    let ids = ids(0);
    let data = events(&histories(&ids, &[HERE]), 60, 25);
    let emulator = start(Settings { events: data, ..settings(0) });
    let first = single(&emulator).read(None).succeeded();
    let mut new = late(&histories(&ids, &[HERE]), 10, 26);
    for event in &mut new {
        let text = event.body["CloudTrailEvent"].as_str().unwrap();
        let mut inside: Value = serde_json::from_str(text).unwrap();
        inside.as_object_mut().unwrap().remove("recipientAccountId");
        event.body.insert("CloudTrailEvent".to_owned(), json!(inside.to_string()));
    }
    emulator.add(new.clone());
    let run = single(&emulator).read(first.last_state()).succeeded();
    assert_each_once(run.records(), &new);
}

/// Without any event, nothing shows whose the credentials are, and a wrong guess would lose events.
#[test]
fn credentials_that_find_no_event_do_not_go_on_with_the_state_of_an_account() {
    let ids = ids(1);
    let data = events(&histories(&ids[..1], &[HERE]), 60, 4);
    let emulator = start(Settings { events: data, callers: callers(&ids), ..settings(1) });
    let first = single(&emulator).read(None).succeeded();
    let run = single(&emulator).with("aws_key_id", OTHER_KEY).read(first.last_state());
    let says = "CloudTrail returns no event that shows which account the credentials belong to";
    assert_told(&failures(&run, "transient_error"), &[&[says]]);
    assert_eq!((run.records().count(), run.states().count()), (0, 0));
}

/// The filter's events may be none, or rare.
#[test]
fn who_the_credentials_are_costs_one_request_without_the_filter() {
    let ids = ids(0);
    let emulator = start(Settings { events: events(&histories(&ids, &[HERE]), 60, 5), ..settings(0) });
    let filter = json!({"attribute_key": "EventName", "attribute_value": "ConsoleLogin"});
    let connector = single(&emulator).with("lookup_attributes_filter", filter);
    let first = connector.read(None).succeeded();
    let unnamed = emulator.journal().len();
    assert!(emulator.journal().iter().all(|entry| entry.filter.is_some()));
    let mut named = first.last_state().unwrap().clone();
    named["stream"]["stream_state"]["account"] = json!(ids[0]);
    let run = connector.read(Some(&named)).succeeded();
    assert_eq!(run.records().count(), 0);
    let journal = &emulator.journal()[unnamed..];
    let without: Vec<_> = journal.iter().filter(|entry| entry.filter.is_none()).collect();
    assert_eq!((without.len(), journal.len()), (1, 2), "{journal:?}");
}

#[test]
fn each_event_is_read_once_over_all_changes_of_the_accounts() {
    let ids = ids(3);
    let all = histories(&ids, &[HERE, THERE]);
    let mut data = events(&all, 60, 6);
    let mut settings = Settings { events: data.clone(), ..settings(3) };
    settings.roles.push(Role::new(arn(&ids[0])));
    let emulator = start(settings);
    let two = |connector: Connector| connector.with("additional_regions", json!([THERE]));
    let role = |account: &str| two(single(&emulator)).with("role_arn", arn(account));
    let mut committed: Vec<Value> = Vec::new();
    let mut last: Option<Value> = None;
    let steps = [
        ("single", two(single(&emulator))),
        ("organization", two(of_organization(&emulator))),
        ("single", two(single(&emulator))),
        ("roles", two(of_roles(&emulator, &ids[1..3]))),
        ("organization without a Region", of_organization(&emulator)),
        ("roles with the management account", two(of_roles(&emulator, &ids[..2]))),
        ("single with a role", role(&ids[0])),
        ("organization", two(of_organization(&emulator))),
        ("organization", two(of_organization(&emulator))),
    ];
    for (round, (mode, connector)) in (7..).zip(steps) {
        println!("{mode}");
        let run = connector.read(last.as_ref()).succeeded();
        assert_eq!(warnings(&run), Vec::<&str>::new());
        committed.extend(run.records().cloned());
        last = run.last_state().cloned();
        if round < 15 {
            let new = late(&all, 20, round);
            emulator.add(new.clone());
            data.extend(new);
        }
    }
    assert_each_once(&committed, &data);
}

/// Nobody reads another account with the entry of the first one: a single account is one account, whatever was in between.
#[test]
fn a_state_of_several_accounts_is_that_of_each_of_them() {
    let ids = ids(2);
    let data = events(&histories(&ids, &[HERE]), 60, 20);
    let emulator = start(Settings { events: data.clone(), callers: callers(&ids), ..settings(2) });
    let first = of_roles(&emulator, &ids[1..2]).read(None).succeeded();
    let other = single(&emulator).with("role_arn", arn(&ids[2])).read(first.last_state()).succeeded();
    assert_each_once(first.records().chain(other.records()), &of(&data, &ids[1..]));
    assert_eq!(state(&other)["account"], json!(ids[2]));
    assert_eq!(state(&other)["accounts"][&ids[1]], state(&first)["accounts"][&ids[1]]);
    let own = single(&emulator).with("aws_key_id", OTHER_KEY).read(first.last_state()).succeeded();
    assert_eq!(own.records().count(), 0);
    assert_eq!(state(&own)["account"], json!(ids[1]));
}

#[test]
fn a_state_that_does_not_say_whose_it_is_is_given_to_no_account_by_guess() {
    let ids = ids(1);
    let data = events(&histories(&ids, &[HERE]), 60, 21);
    let emulator = start(Settings { events: data.clone(), ..settings(1) });
    let first = single(&emulator).read(None).succeeded();
    let mut without_account = state(&first).clone();
    without_account.as_object_mut().unwrap().remove("account");
    for old in [without_account, json!({"EventTime": now()})] {
        let run = of_organization(&emulator).read(Some(&message(&old))).succeeded();
        let says = "The state does not name its account, so it is not used, and all events are read again";
        assert_told(&warnings(&run), &[&[says]]);
        assert_each_once(run.records(), &data);
        assert_eq!(names(state(&run)), ["EventTime", "accounts"]);
        let again = of_organization(&emulator).read(run.last_state()).succeeded();
        assert_eq!((again.records().count(), warnings(&again).len()), (0, 0));
    }
}

/// A single account goes on with it, as with earlier versions, and then says whose it is.
#[test]
fn a_single_account_resumes_from_an_old_state() {
    let ids = ids(1);
    let data = events(&histories(&ids, &[HERE]), 60, 22);
    let emulator = start(Settings { events: data.clone(), ..settings(1) });
    let read = |connector: Connector, state: &Value| connector.read(Some(&message(state))).succeeded();
    let first = single(&emulator).read(None).succeeded();
    let mut old = state(&first).clone();
    old.as_object_mut().unwrap().remove("account");
    let new: Vec<Event> = late(&histories(&ids, &[HERE]), 5, 23);
    emulator.add(new.clone());
    let run = read(single(&emulator), &old);
    assert_each_once(run.records(), &of(&new, &ids[..1]));
    assert_eq!(state(&run)["account"], json!(ids[0]));
    let run = read(of_organization(&emulator), state(&run));
    assert_each_once(run.records(), &of(&[data, new].concat(), &ids[1..]));
}

#[test]
fn accounts_that_are_not_read_keep_their_entries() {
    let ids = ids(2);
    let data = events(&histories(&ids, &[HERE]), 60, 24);
    let emulator: Emulator = start(Settings { events: data, ..settings(2) });
    let first = of_organization(&emulator).read(None).succeeded();
    let run = of_roles(&emulator, &ids[1..2]).read(first.last_state()).succeeded();
    let entry = |run, account: &String| state(run)["accounts"][account].clone();
    assert_eq!(names(&state(&run)["accounts"]), super::sorted(&ids));
    for account in [&ids[0], &ids[2]] {
        assert_eq!(entry(&run, account), entry(&first, account));
    }
    // Events of more than 90 days ago are gone, and so is the entry.
    let mut old = first.last_state().unwrap().clone();
    for account in [&ids[0], &ids[2]] {
        let days = if account == &ids[0] { 89 } else { 95 };
        let region = json!({"EventTime": now() - days * crate::connector::DAY, "covered": [], "loose": {}});
        old["stream"]["stream_state"]["accounts"][account]["regions"][HERE] = region;
    }
    let run = of_roles(&emulator, &ids[1..2]).read(Some(&old)).succeeded();
    assert_eq!(names(&state(&run)["accounts"]), super::sorted(&ids[..2]));
}
