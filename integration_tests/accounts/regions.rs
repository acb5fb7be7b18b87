//! Every Region that is enabled in each account.

use super::{
    HERE, THERE, arn, assert_told, events, failures, histories, ids, lookups, names, of, of_organization, of_roles,
    role, settings, single, start, state, warnings,
};
use crate::connector::assert_each_once;
use cloudtrail_emulator::{Caller, Event, RegionStatus, Settings, default_regions};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

const OPT_IN: &str = "me-south-1";

fn regions(statuses: &[(&str, RegionStatus)]) -> Vec<(String, RegionStatus)> {
    statuses.iter().map(|(name, status)| ((*name).to_owned(), *status)).collect()
}

/// Settings in which the management account has all Regions, the first member has the default ones, and the second
/// has one of each kind.
fn different_regions(ids: &[String]) -> Settings {
    let mut settings = settings(2);
    let all = default_regions().into_iter().map(|(name, _)| (name, RegionStatus::Enabled)).collect();
    settings.account_regions.insert(ids[0].clone(), all);
    let each = regions(&[
        (HERE, RegionStatus::EnabledByDefault),
        (OPT_IN, RegionStatus::Enabled),
        ("af-south-1", RegionStatus::Enabling),
        ("ap-east-1", RegionStatus::Disabling),
        ("eu-south-1", RegionStatus::Disabled),
    ]);
    settings.account_regions.insert(ids[2].clone(), each);
    settings
}

#[test]
fn the_regions_of_each_account_are_read() {
    let ids = ids(2);
    let settings = different_regions(&ids);
    let everywhere: Vec<String> = default_regions().into_iter().map(|(name, _)| name).collect();
    let everywhere: Vec<&str> = everywhere.iter().map(String::as_str).collect();
    let data = events(&histories(&ids, &everywhere), 2, 1);
    let emulator = start(Settings { events: data.clone(), ..settings });
    let run = of_organization(&emulator).with("all_enabled_regions", true).read(None).succeeded();

    let by_default = default_regions().into_iter().filter(|(_, status)| *status == RegionStatus::EnabledByDefault);
    let by_default: Vec<String> = by_default.map(|(name, _)| name).collect();
    let by_default: Vec<&str> = by_default.iter().map(String::as_str).collect();
    let mut expected: BTreeSet<(String, String)> = histories(&ids[..1], &everywhere).into_iter().collect();
    expected.extend(histories(&ids[1..2], &by_default));
    expected.extend(histories(&ids[2..], &[HERE, OPT_IN]));
    assert_eq!(expected.len(), 34 + 17 + 2);
    assert_eq!(lookups(&emulator).into_keys().collect::<BTreeSet<_>>(), expected);
    let has = |event: &&Event| expected.contains(&(event.account.clone(), event.region.clone()));
    assert_each_once(run.records(), &data.iter().filter(has).cloned().collect::<Vec<_>>());

    // Each account is asked with its own credentials; the 34 Regions have two pages.
    let mut asked = BTreeMap::<String, usize>::new();
    for call in emulator.list_regions_calls() {
        assert_eq!(call.region.as_deref(), Some(HERE));
        *asked.entry(call.account.unwrap()).or_default() += 1;
    }
    assert_eq!(asked, [(ids[0].clone(), 2), (ids[1].clone(), 1), (ids[2].clone(), 1)].into());
    assert_eq!(super::assumed(&emulator), super::sorted(&ids[1..]));
}

/// Where such a Region is not enabled, it can't be read.
#[test]
fn the_regions_of_the_config_are_read_too() {
    let ids = ids(1);
    let data = events(&histories(&ids, &[HERE, OPT_IN]), 3, 2);
    let mut settings = settings(1);
    let both = regions(&[(HERE, RegionStatus::EnabledByDefault), (OPT_IN, RegionStatus::Enabled)]);
    settings.account_regions.insert(ids[0].clone(), both);
    let emulator = start(Settings { events: data.clone(), ..settings });
    let connector = of_organization(&emulator).with("all_enabled_regions", true);
    let run = connector.with("additional_regions", json!([OPT_IN])).read(None).succeeded();
    let says = format!("In {OPT_IN} in account {}: The Region {OPT_IN} is not enabled in the account", ids[1]);
    assert_told(&warnings(&run), &[&[&says]]);
    let expected = data.iter().filter(|event| event.account == ids[0] || event.region == HERE);
    assert_each_once(run.records(), &expected.cloned().collect::<Vec<_>>());
    assert!(lookups(&emulator).into_iter().all(|((account, _), requests)| account == ids[1] || requests == 1));
}

#[test]
fn a_region_that_is_enabled_later_is_read_from_the_next_sync_on() {
    let ids = ids(1);
    let data = events(&histories(&ids, &[HERE, OPT_IN]), 60, 3);
    let run = |status, state| {
        let mut settings = settings(1);
        settings
            .account_regions
            .insert(ids[1].clone(), regions(&[(HERE, RegionStatus::EnabledByDefault), (OPT_IN, status)]));
        let emulator = start(Settings { events: data.clone(), ..settings });
        of_organization(&emulator).with("all_enabled_regions", true).read(state).succeeded()
    };
    let first = run(RegionStatus::Disabled, None);
    assert!(first.records().all(|record| record["AwsRegion"] == HERE));
    let second = run(RegionStatus::Enabled, first.last_state());
    assert_each_once(first.records().chain(second.records()), &data_of(&data, &ids));
    // One that is disabled again keeps its entry.
    let third = run(RegionStatus::Disabling, second.last_state());
    assert_eq!(third.records().count(), 0);
    let entry = |run| state(run)["accounts"][&ids[1]]["regions"][OPT_IN].clone();
    assert!(entry(&second).is_object());
    assert_eq!(entry(&third), entry(&second));
    assert_eq!(run(RegionStatus::Enabled, third.last_state()).records().count(), 0);
}

/// All events but those of the Region that the management account has not enabled.
fn data_of(data: &[Event], ids: &[String]) -> Vec<Event> {
    data.iter().filter(|event| event.account == ids[1] || event.region == HERE).cloned().collect()
}

#[test]
fn a_role_that_may_not_list_regions_fails_a_list_of_roles_and_warns_in_an_organization() {
    let ids = ids(2);
    let data = events(&histories(&ids, &[HERE, THERE]), 60, 4);
    let mut denied = settings(2);
    role(&mut denied, &ids[1]).denied_actions.push("account:ListRegions".to_owned());
    let emulator = start(Settings { events: data.clone(), ..denied });
    let says: [&[&str]; 1] = [&[
        &format!("In account {}: Access denied: the role {} does not allow account:ListRegions.", ids[1], arn(&ids[1])),
        "or turn off all_enabled_regions and enter the Regions in additional_regions. AWS says: \"User: arn:aws:sts::",
    ]];
    let run = of_roles(&emulator, &ids[1..]).with("all_enabled_regions", true).read(None);
    assert_told(&failures(&run, "config_error"), &says);
    assert_each_once(run.records(), &of(&data, &ids[2..]));
    assert_eq!(names(&state(&run)["accounts"]), [ids[2].as_str()]);
    assert!(lookups(&emulator).into_keys().all(|(account, _)| account == ids[2]));

    let fixed = start(Settings { events: data.clone(), ..settings(2) });
    let rest = of_roles(&fixed, &ids[1..]).with("all_enabled_regions", true).read(run.last_state()).succeeded();
    assert_each_once(rest.records(), &of(&data, &ids[1..2]));

    let run = of_organization(&emulator).with("all_enabled_regions", true).read(None).succeeded();
    assert_told(&warnings(&run), &says);
    assert_eq!(run.statuses(), ["STARTED", "RUNNING", "COMPLETE"]);
    assert_each_once(run.records(), &of(&data, [&ids[0], &ids[2]]));
    let rest = of_organization(&fixed).with("all_enabled_regions", true).read(run.last_state()).succeeded();
    assert_each_once(rest.records(), &of(&data, [&ids[1]]));
}

/// It can't be assumed, which is what has to be told: nobody gets to ask for its Regions.
#[test]
fn a_role_that_cannot_be_assumed_is_told_when_its_regions_are_asked_for() {
    let ids = ids(2);
    let data = events(&histories(&ids, &[HERE]), 60, 5);
    let mut missing = settings(2);
    missing.roles.retain(|role| role.arn != arn(&ids[1]));
    let emulator = start(Settings { events: data.clone(), ..missing });
    let says: [&[&str]; 1] = [&[&format!(
        "In account {}: Access denied: the role does not exist, the credentials don't allow sts:AssumeRole",
        ids[1]
    )]];
    let run = of_roles(&emulator, &ids[1..]).with("all_enabled_regions", true).read(None);
    assert_told(&failures(&run, "config_error"), &says);
    assert_each_once(run.records(), &of(&data, &ids[2..]));
    let run = of_organization(&emulator).with("all_enabled_regions", true).read(None).succeeded();
    assert_told(&warnings(&run), &says);
    assert_each_once(run.records(), &of(&data, [&ids[0], &ids[2]]));
}

#[test]
fn a_single_account_has_all_its_regions_or_an_error() {
    let ids = ids(0);
    let data = events(&histories(&ids, &[HERE, THERE, OPT_IN]), 3, 6);
    let emulator = start(Settings { events: data.clone(), ..settings(0) });
    let run = single(&emulator).with("all_enabled_regions", true).read(None).succeeded();
    let expected = data.iter().filter(|event| event.region != OPT_IN);
    assert_each_once(run.records(), &expected.cloned().collect::<Vec<_>>());

    let denied = Caller { denied_actions: vec!["account:ListRegions".to_owned()], ..Caller::default() };
    let emulator = start(Settings { callers: vec![denied], ..settings(0) });
    let connector = single(&emulator).with("all_enabled_regions", true);
    let run = connector.read(None);
    let says: [&[&str]; 1] = [&["Access denied: the credentials don't allow account:ListRegions. Attach a policy"]];
    assert_told(&failures(&run, "config_error"), &says);
    let check = connector.check();
    let status = &check.lines[0]["connectionStatus"];
    assert_eq!((status["status"].as_str(), &status["message"]), (Some("FAILED"), &run.errors()[0]["message"]));
    assert_eq!(emulator.journal().len(), 0);
}
