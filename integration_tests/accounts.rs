//! Many accounts in one sync: those of an organization, or of a list of roles.

mod changes;
mod check;
mod endpoints;
mod listing;
mod many;
mod organization;
mod regions;
mod roles;
mod trouble;

use crate::connector::{Connector, DAY, Run, now};
use cloudtrail_emulator::{Emulator, Event, Generator, Organization, Role, Settings, generate_each};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The name of the role in each account.
const ROLE: &str = "cloudtrail-reader";
const HERE: &str = "us-east-1";
const THERE: &str = "eu-west-1";

/// An organization with this many members besides its management account, which is the caller's.
fn organization(members: usize) -> Organization {
    Organization::new(13, members)
}

/// The IDs of its accounts. The management account is the first.
fn ids(members: usize) -> Vec<String> {
    organization(members).account_ids()
}

/// The settings of an emulator with this organization, whose members all have the role.
fn settings(members: usize) -> Settings {
    Settings { rate: None, ..Settings::of_organization(organization(members), ROLE) }
}

fn start(settings: Settings) -> Emulator {
    Emulator::start(settings).unwrap()
}

fn arn(account: &str) -> String {
    format!("arn:aws:iam::{account}:role/{ROLE}")
}

/// The role of an account among those of `settings`.
fn role<'a>(settings: &'a mut Settings, account: &str) -> &'a mut Role {
    settings.roles.iter_mut().find(|role| role.arn == arn(account)).unwrap()
}

/// Every one of `regions` of every account.
fn histories(accounts: &[String], regions: &[&str]) -> Vec<(String, String)> {
    accounts.iter().flat_map(|id| regions.iter().map(|region| (id.clone(), (*region).to_owned()))).collect()
}

/// `count` events of the last 80 days for each of `histories`.
fn events(histories: &[(String, String)], count: usize, seed: u64) -> Vec<Event> {
    generate_each(histories, &Generator { count, seed: seed * 10_000, ..Generator::new(now() - 80 * DAY, now() - DAY) })
}

/// The same, but of the last ten minutes: within the lookback, so each sync finds them whenever they appear.
fn late(histories: &[(String, String)], count: usize, seed: u64) -> Vec<Event> {
    generate_each(histories, &Generator { count, seed: seed * 10_000, ..Generator::new(now() - 600, now() - 1) })
}

/// Those of `events` that some accounts have.
fn of<'a>(events: &[Event], accounts: impl IntoIterator<Item = &'a String>) -> Vec<Event> {
    let accounts: Vec<&String> = accounts.into_iter().collect();
    events.iter().filter(|event| accounts.contains(&&event.account)).cloned().collect()
}

/// A connector for one account that finds all services at the emulator.
fn single(emulator: &Emulator) -> Connector {
    Connector::new(emulator).with_environment("AWS_ENDPOINT_URL", &emulator.url())
}

/// One for the whole organization.
fn of_organization(emulator: &Emulator) -> Connector {
    single(emulator).with("accounts", json!({"mode": "organization", "role_name": ROLE}))
}

/// One for the role in each of `accounts`.
fn of_roles(emulator: &Emulator, accounts: &[String]) -> Connector {
    let arns: Vec<String> = accounts.iter().map(|account| arn(account)).collect();
    single(emulator).with("accounts", json!({"mode": "roles", "role_arns": arns}))
}

/// The saved state of the stream.
#[track_caller]
fn state(run: &Run) -> &Value {
    &run.last_state().unwrap()["stream"]["stream_state"]
}

/// The names of the members of an object.
#[track_caller]
fn names(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

/// The warnings, except the lines that sum up the read.
fn warnings(run: &Run) -> Vec<&str> {
    let warnings = run.of_type("LOG").filter(|line| line["log"]["level"] == "WARN");
    let warnings = warnings.map(|line| line["log"]["message"].as_str().unwrap());
    warnings.filter(|message| !message.contains(" requests in ")).collect()
}

/// The messages of a read that failed, all of which have this type.
#[track_caller]
fn failures<'a>(run: &'a Run, failure_type: &str) -> Vec<&'a str> {
    assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""), "{:?}", run.errors());
    assert!(run.statuses().last().is_none_or(|status| *status == "INCOMPLETE"), "{:?}", run.statuses());
    assert!(run.errors().iter().all(|error| error["failure_type"] == failure_type), "{:?}", run.errors());
    run.errors().iter().map(|error| error["message"].as_str().unwrap()).collect()
}

/// That there is exactly one of `messages` for each of `expected`, with all of its words.
#[track_caller]
fn assert_told(messages: &[&str], expected: &[&[&str]]) {
    let has = |message: &str, words: &[&str]| words.iter().all(|word| message.contains(word));
    for words in expected {
        let count = messages.iter().filter(|message| has(message, words)).count();
        assert_eq!(count, 1, "{words:?}: {messages:#?}");
    }
    assert_eq!(messages.len(), expected.len(), "{messages:#?}");
}

/// How many requests for events each Region of each account got.
fn lookups(emulator: &Emulator) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for entry in emulator.journal() {
        *counts.entry((entry.account.unwrap_or_default(), entry.region.unwrap_or_default())).or_default() += 1;
    }
    counts
}

/// The accounts whose roles were assumed, sorted.
fn assumed(emulator: &Emulator) -> Vec<String> {
    let mut accounts: Vec<String> =
        emulator.sessions().iter().map(|session| session.account().unwrap().to_owned()).collect();
    accounts.sort();
    accounts
}

fn sorted<'a>(accounts: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let mut accounts: Vec<String> = accounts.into_iter().cloned().collect();
    accounts.sort();
    accounts
}
