//! A large organization: 100 accounts with 17 Regions each, of which 5 % are busy.

use super::{events, histories, ids, lookups, of_organization, settings, start};
use crate::connector::assert_each_once;
use cloudtrail_emulator::{Emulator, Event, RegionStatus, Settings, default_regions};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const MEMBERS: usize = 99;
const BUSY: usize = 85;

/// The events of the busy Regions of accounts, and an emulator of all.
fn large_organization(random: &mut fastrand::Rng) -> (Vec<Event>, Emulator) {
    let enabled = default_regions().into_iter().filter(|(_, status)| *status == RegionStatus::EnabledByDefault);
    let regions: Vec<String> = enabled.map(|(name, _)| name).collect();
    let regions: Vec<&str> = regions.iter().map(String::as_str).collect();
    let mut all = histories(&ids(MEMBERS), &regions);
    assert_eq!(all.len(), 1_700);
    random.shuffle(&mut all);
    let data = events(&all[..BUSY], 100, random.u64(1..1_000));
    let emulator = start(Settings { events: data.clone(), ..settings(MEMBERS) });
    (data, emulator)
}

/// The platform gives a sync 1,024 open files.
#[test]
fn a_large_organization_is_read_with_few_requests_files_and_states() {
    let seed = 1_700;
    println!("seed {seed}");
    let (data, emulator) = large_organization(&mut fastrand::Rng::with_seed(seed));
    let connector = of_organization(&emulator).with("all_enabled_regions", true);
    let run = connector.started_by(&["sh", "-c", "ulimit -n 1024; exec \"$@\"", "sh"]).read(None).succeeded();
    assert_each_once(run.records(), &data);

    let mut sessions = BTreeMap::<String, usize>::new();
    for session in emulator.sessions() {
        *sessions.entry(session.account().unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!(sessions.len(), MEMBERS);
    assert!(sessions.values().all(|count| *count == 1), "{sessions:?}");
    let requests = lookups(&emulator);
    assert_eq!(requests.len(), 1_700);
    let busy: BTreeSet<_> = data.iter().map(|event| (event.account.clone(), event.region.clone())).collect();
    assert!(requests.iter().all(|(history, count)| *count == 1 || busy.contains(history)));

    let bytes = |kind: &str| run.of_type(kind).map(|line| line.to_string().len()).sum::<usize>();
    let (states, records) = (bytes("STATE"), bytes("RECORD"));
    println!("{} states, {states} bytes of states, {records} bytes of records", run.states().count());
    assert!(states * 20 <= records, "{states} bytes of states, {records} bytes of records");
    let lines = run.logs().count();
    assert!(lines < 100, "{lines} lines, of which nobody needs one for each Region");
}

#[test]
fn each_event_of_a_large_organization_is_committed_once_although_syncs_are_killed() {
    let seed = 2_026;
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let (data, emulator) = large_organization(&mut random);
    let connector = of_organization(&emulator).with("all_enabled_regions", true);
    let (mut committed, mut state): (Vec<Value>, Option<Value>) = (Vec::new(), None);
    let mut resumed_midway = 0;
    for _ in 0..3 {
        let mut running = connector.start_reading(state.as_ref());
        running.wait_for_lines(random.usize(500..6_000));
        let run = running.kill();
        resumed_midway += usize::from(state.is_some() && run.records().count() > 0);
        committed.extend(run.records_up_to_state().cloned());
        state = run.last_state().cloned().or(state);
    }
    let run = connector.read(state.as_ref()).succeeded();
    resumed_midway += usize::from(state.is_some() && run.records().count() > 0);
    committed.extend(run.records().cloned());
    assert_each_once(&committed, &data);
    assert!(resumed_midway >= 2, "too few reads resumed midway: {resumed_midway}");
}
