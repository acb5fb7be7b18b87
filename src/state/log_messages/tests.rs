//! What the log says of the state that a sync resumes from.

use super::*;
use crate::{
    config::filter::Filter,
    partition::AccountId,
    state::{
        saved_state::SavedState,
        stream_state::StreamState,
        sync_settings::{AccountsRead, MAX_STATE_BYTES},
    },
};
use serde::Deserialize;
use serde_json::{Value, json};

const NOW: i64 = 1_795_350_000;
const OLDEST: i64 = oldest_kept(NOW);
const DAY: i64 = 86_400;

fn sync() -> SyncSettings {
    SyncSettings {
        start: NOW,
        read_from: None,
        lookback: Duration::from_mins(15),
        filter: None,
        accounts: AccountsRead::One(None),
        partitions: vec![unnamed("us-east-1")],
        max_bytes: MAX_STATE_BYTES,
    }
}

/// A Region of an account that is not known.
fn unnamed(region: &str) -> Partition {
    Partition { account: None, region: region.to_owned() }
}

fn filtered(name: &str) -> SyncSettings {
    let filter = SavedFilter::new(&Filter { key: "EventName".to_owned(), value: name.to_owned() }, false);
    SyncSettings { filter: Some(filter), ..sync() }
}

fn of_two() -> SyncSettings {
    SyncSettings { partitions: vec![unnamed("us-east-1"), unnamed("eu-west-1")], ..sync() }
}

fn open(state: &Value, sync: SyncSettings) -> (StreamState, Vec<LogMessage>) {
    let saved = Some(SavedState::deserialize(state).unwrap()).filter(|_| *state != json!({}));
    StreamState::open(saved, sync).unwrap()
}

#[test]
fn the_log_says_what_the_user_should_know() {
    let saved =
        |time: i64| json!({"EventTime": time, "filter": "EventName=A", "regions": {"us-east-1": {"EventTime": time}}});
    let unfiltered = |time: i64| json!({"EventTime": time, "regions": {"us-east-1": {"EventTime": time}}});
    let filtered = || self::filtered("A");
    for (state, sync, says) in [
        (json!({}), sync(), None),
        (json!({}), SyncSettings { read_from: Some(0), ..sync() }, Some("instead of start_date 1970-01-01.")),
        (saved(NOW - 5), filtered(), None),
        (saved(NOW - 5), sync(), Some("The filter changed from EventName=A to no filter.")),
        (unfiltered(NOW - 5), filtered(), Some("The filter changed from no filter to EventName=A.")),
        (unfiltered(NOW - 5), sync(), None),
        (saved(OLDEST - DAY - 2), filtered(), Some("no longer in the event history")),
        (saved(OLDEST - DAY), filtered(), None),
        (
            saved(NOW - 5),
            SyncSettings { read_from: Some(NOW - 10), ..filtered() },
            Some("start_date 2026-11-22 is ignored."),
        ),
    ] {
        let (_, messages) = open(&state, sync);
        let text: Vec<_> = messages.into_iter().map(|(_, text)| text).collect();
        match says {
            None => assert!(text.is_empty(), "{state}: {text:?}"),
            Some(says) => assert!(text.len() == 1 && text[0].contains(says), "{state}: {text:?}"),
        }
    }
}

/// The change is logged when a Region that was left out while it happened is back.
#[test]
fn each_region_keeps_the_filter_that_it_was_read_with() {
    let entry = json!({"EventTime": NOW - 5});
    let saved_state =
        json!({"EventTime": 5, "filter": "EventName=A", "regions": {"us-east-1": entry, "eu-west-1": entry}});
    let (state, messages) = open(&saved_state, filtered("B"));
    assert!(messages.len() == 1 && messages[0].1.contains("changed from EventName=A to EventName=B"), "{messages:?}");
    let saved = serde_json::to_value(&state).unwrap();
    assert_eq!(saved.get("filter"), None);
    let filters = ["us-east-1", "eu-west-1"].map(|region| saved["regions"][region]["filter"].clone());
    assert_eq!(filters, ["EventName=B", "EventName=A"]);

    let (state, messages) = open(&saved, SyncSettings { partitions: of_two().partitions, ..filtered("B") });
    assert!(
        messages.len() == 1
            && messages[0].1.starts_with("eu-west-1: The filter changed from EventName=A to EventName=B."),
        "{messages:?}"
    );
    let (_, messages) =
        open(&serde_json::to_value(&state).unwrap(), SyncSettings { partitions: of_two().partitions, ..filtered("B") });
    assert_eq!(messages, []);
}

/// A sync of `accounts` accounts with 17 Regions each.
fn of_many(accounts: usize) -> SyncSettings {
    let account = |number: usize| AccountId::parse(&format!("{:012}", 111_122_223_333_u64 + number as u64));
    let partition =
        |number: usize| Partition { account: account(number / 17), region: format!("us-region-{}", number % 17) };
    let partitions = (0..17 * accounts).map(partition).collect();
    SyncSettings { accounts: AccountsRead::Many, partitions, ..sync() }
}

fn texts(state: &Value, sync: SyncSettings) -> Vec<String> {
    open(state, sync).1.into_iter().map(|(_, text)| text).collect()
}

#[test]
fn the_account_is_named_if_several_are_read() {
    let state = json!({"EventTime": NOW - 5, "accounts": {"111122223333": {"regions": {"us-region-0": {"EventTime": NOW - 5, "filter": "A=b"}}}}});
    let [text] = &texts(&state, of_many(1))[..] else { panic!("one line") };
    assert!(
        text.starts_with("us-region-0 in account 111122223333: The filter changed from A=b to no filter."),
        "{text}"
    );
    // The one account of a sync is not named.
    let one = AccountsRead::One(AccountId::parse("111122223333"));
    let [text] = &texts(&state, SyncSettings { accounts: one, ..of_many(1) })[..] else { panic!("one line") };
    assert!(text.starts_with("us-region-0: The filter changed"), "{text}");
}

#[test]
fn what_is_to_be_said_of_many_regions_is_one_line() {
    let late = texts(&json!({}), SyncSettings { read_from: Some(0), ..of_many(100) });
    let [text] = &late[..] else { panic!("{late:?}") };
    assert_eq!(
        text,
        "us-region-0 in account 111122223333, us-region-1 in account 111122223333, us-region-2 in account 111122223333, and 1697 more Regions: CloudTrail keeps events for 90 days. Reading from 2026-08-24T12:20:00Z instead of start_date 1970-01-01."
    );
    let partitions = of_many(1).partitions;
    let account = |entries: serde_json::Map<String, Value>| json!({"EventTime": NOW - 9, "accounts": {"111122223333": {"regions": entries}}});
    let entry = |nth: usize, event_time: i64| (partitions[nth].region.clone(), json!({"EventTime": event_time}));
    // Times may differ.
    let old = account((0..9).zip(OLDEST - 10 * DAY..).map(|(nth, time)| entry(nth, time)).collect());
    let [text] = &texts(&old, of_many(1))[..] else { panic!("one line") };
    assert!(
        text.contains(", and 6 more Regions: The state ends at 2026-08-14T12:20:00Z or later, more than 90 days ago."),
        "{text}"
    );
    let future = account((0..17).map(|nth| entry(nth, NOW + 9)).collect());
    let [text] = &texts(&future, of_many(1))[..] else { panic!("one line") };
    assert!(
        text.starts_with("The state of us-region-0 in account 111122223333, ")
            && text.contains(", and 14 more Regions ends in the future, at 2026-11-22T12:20:09Z. "),
        "{text}"
    );
    // Few have a line each.
    let old = account((0..8).map(|nth| entry(nth, OLDEST - 10 * DAY)).collect());
    assert_eq!(texts(&old, of_many(1)).len(), 8);
}
