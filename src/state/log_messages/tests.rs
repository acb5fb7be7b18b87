//! What the log says of the state that a sync resumes from.

use super::*;
use crate::{
    config::filter::Filter,
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
