//! Which entries of a state a sync of certain accounts goes on with, and what it writes.

use super::*;
use crate::{
    coverage::{event_digest::EventDigest, seconds::SecondRange},
    partition::Partition,
    state::{log_messages::LogMessage, stream_state::StreamState, sync_settings::MAX_STATE_BYTES},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

const NOW: i64 = 1_795_350_000;
const LOOKBACK: i64 = 900;
const OLDEST: i64 = NOW - 90 * 86_400;
const A: &str = "111122223333";
const B: &str = "444455556666";
const REGION: &str = "us-east-1";

fn id(account: &str) -> AccountId {
    AccountId::parse(account).unwrap()
}

fn partition(account: Option<&str>) -> Partition {
    Partition { account: account.map(id), region: REGION.to_owned() }
}

fn sync(accounts: AccountsRead, partitions: Vec<Partition>) -> SyncSettings {
    SyncSettings {
        start: NOW,
        read_from: None,
        lookback: Duration::from_secs(LOOKBACK.unsigned_abs()),
        filter: None,
        accounts,
        partitions,
        max_bytes: MAX_STATE_BYTES,
    }
}

/// A sync of the account that credentials belong to, if it is known.
fn one(account: Option<&str>) -> SyncSettings {
    sync(AccountsRead::One(account.map(id)), vec![partition(account)])
}

fn many(accounts: &[&str]) -> SyncSettings {
    sync(AccountsRead::Many, accounts.iter().map(|account| partition(Some(account))).collect())
}

fn open(state: &Value, sync: SyncSettings) -> (StreamState, Vec<LogMessage>) {
    let saved = Some(SavedState::deserialize(state).unwrap()).filter(|_| *state != json!({}));
    StreamState::open(saved, sync).unwrap()
}

/// The state as a sync with `settings` that starts from `saved` writes it before its first page, without its cursor.
fn continued(saved: &Value, settings: SyncSettings) -> Value {
    let mut value = serde_json::to_value(open(saved, settings).0).unwrap();
    value.as_object_mut().unwrap().remove("EventTime");
    value
}

/// The entry of a Region of which everything up to `second` was read.
fn up_to(second: i64) -> Value {
    json!({"EventTime": second, "covered": [], "loose": {}})
}

/// Two that are told from each other.
fn here() -> Value {
    up_to(NOW - 5_000)
}

fn there() -> Value {
    up_to(NOW - 7_000)
}

fn of_account(account: &str, entry: &Value) -> Value {
    json!({"EventTime": 5, "account": account, "regions": {REGION: entry}})
}

fn unnamed(entry: &Value) -> Value {
    json!({"EventTime": 5, "regions": {REGION: entry}})
}

fn warnings(saved: &Value, settings: SyncSettings) -> Vec<String> {
    open(saved, settings).1.into_iter().map(|(_, text)| text).collect()
}

#[test]
fn a_state_of_one_account_goes_on_and_says_whose_it_is_once_that_is_known() {
    let regions = json!({REGION: here()});
    let named = json!({"account": A, "regions": regions});
    assert_eq!(continued(&unnamed(&here()), one(None)), json!({"regions": regions}));
    assert_eq!(continued(&unnamed(&here()), one(Some(A))), named);
    assert_eq!(continued(&of_account(A, &here()), one(Some(A))), named);
    assert_eq!(continued(&json!({}), one(Some(A))), json!({"account": A, "regions": {}}));
    assert_eq!(continued(&json!({}), one(None)), json!({"regions": {}}));

    let (mut state, _) = open(&unnamed(&here()), one(None));
    assert_eq!(state.account(), None);
    state.learn_account(id(A));
    state.learn_account(id(B));
    assert_eq!(state.account(), Some(&id(A)));
    assert_eq!(serde_json::to_value(&state).unwrap()["account"], A);
    assert_eq!(serde_json::to_value(&state).unwrap()["regions"], regions);
}

#[test]
fn credentials_of_another_account_are_an_error() {
    for saved in [of_account(B, &here()), json!({"EventTime": NOW + 9, "account": B, "regions": {}})] {
        let error = StreamState::open(Some(SavedState::deserialize(&saved).unwrap()), one(Some(A))).unwrap_err();
        let says = format!(
            "The state belongs to account {B}, but the credentials belong to account {A}. Use credentials of account {B}."
        );
        assert!(error.to_string().starts_with(&says), "{error}");
    }
}

#[test]
fn from_one_account_to_many_and_back() {
    let of_a = json!({"regions": {REGION: here()}});
    let several = json!({"accounts": {A: of_a}});
    assert_eq!(continued(&of_account(A, &here()), many(&[A, B])), several);
    // An account that is not read keeps its entry.
    assert_eq!(continued(&of_account(A, &here()), many(&[B])), several);
    assert_eq!(continued(&several, one(Some(A))), json!({"account": A, "regions": {REGION: here()}}));
    assert_eq!(continued(&several, one(Some(B))), json!({"account": B, "regions": {}, "accounts": {A: of_a}}));

    let both = json!({"accounts": {A: of_a, B: {"regions": {REGION: there()}}}});
    let only_a = continued(&both, one(Some(A)));
    assert_eq!(
        only_a,
        json!({"account": A, "regions": {REGION: here()}, "accounts": {B: {"regions": {REGION: there()}}}})
    );
    assert_eq!(continued(&only_a, many(&[B, A])), both);
    for account in [&[A][..], &[B], &[A, B], &["777788889999"]] {
        assert_eq!(continued(&both, many(account)), both);
        assert_eq!(warnings(&both, many(account)), Vec::<String>::new());
    }
}

#[test]
fn many_accounts_are_read_from_their_start_if_a_state_does_not_say_whose_it_is() {
    for saved in
        [unnamed(&here()), json!({"EventTime": NOW - 5_000}), json!({"EventTime": "1795345000.0", "regions": null})]
    {
        assert_eq!(continued(&saved, many(&[A, B])), json!({"accounts": {}}), "{saved}");
        let warnings = warnings(&saved, many(&[A, B]));
        assert!(warnings.len() == 1 && warnings[0].starts_with("The state does not name its account"), "{warnings:?}");
    }
    for nothing in
        [json!({}), json!({"EventTime": 5, "regions": {}}), json!({"EventTime": NOW - 5_000, "accounts": {}})]
    {
        let (state, messages) = open(&nothing, many(&[A]));
        assert_eq!(messages, []);
        assert_eq!(state.coverage(&partition(Some(A))).unwrap().uncovered(), [SecondRange::new(OLDEST, NOW).unwrap()]);
    }
}

/// Only a state that was put together by hand has two.
#[test]
fn the_entry_that_names_its_account_wins() {
    let accounts = json!({A: {"regions": {REGION: there()}}});
    for (account, is_dropped) in [(Value::Null, true), (json!(A), false)] {
        let regions = json!({REGION: here(), "eu-west-1": here()});
        let saved = json!({"EventTime": 5, "account": account, "regions": regions, "accounts": accounts});
        let mut regions = json!({REGION: there()});
        if !is_dropped {
            regions["eu-west-1"] = here();
        }
        assert_eq!(continued(&saved, one(Some(A))), json!({"account": A, "regions": regions}));
        assert_eq!(continued(&saved, many(&[A])), json!({"accounts": {A: {"regions": regions}}}));
        for settings in [one(Some(A)), many(&[A])] {
            assert_eq!(warnings(&saved, settings).len(), usize::from(is_dropped));
        }
    }
    let without = json!({"EventTime": 5, "regions": {REGION: here()}, "accounts": {A: {"regions": {}}, B: null}});
    assert_eq!(continued(&without, one(Some(A))), json!({"account": A, "regions": {REGION: here()}}));
    let of_b = json!({"EventTime": 5, "regions": {REGION: here()}, "accounts": {B: {"regions": {REGION: there()}}}});
    assert_eq!(continued(&of_b, one(Some(A)))["regions"], json!({REGION: here()}));
}

#[test]
fn accounts_that_are_not_read_stay_as_they_are_until_they_are_older_than_the_history() {
    let later = json!({"EventTime": "1795345000.0", "filter": "A=b", "later": [null]});
    let entry = |regions: Value| json!({"regions": regions, "later": {"of": 1}});
    let kept = entry(json!({"of-a-later-version": "?", "us-west-2": later}));
    let (old, edge) = (up_to(OLDEST - 1), up_to(OLDEST));
    let accounts = json!({
        B: kept, "000000000001": entry(json!({REGION: old})), "000000000002": entry(json!({REGION: edge, "eu-west-1": old})),
        "000000000003": {"regions": {}, "later": 1}, "000000000004": {}, "000000000005": null,
    });
    let expected = json!({B: kept, "000000000002": entry(json!({REGION: edge}))});
    let saved = json!({"EventTime": 5, "accounts": accounts});
    assert_eq!(continued(&saved, many(&[A])), json!({"accounts": expected}));
    let saved = json!({"EventTime": 5, "account": A, "regions": {"eu-west-1": old}, "accounts": accounts});
    assert_eq!(continued(&saved, one(Some(A))), json!({"account": A, "regions": {}, "accounts": expected}));
}

#[test]
fn the_filter_of_all_regions_goes_along() {
    let saved = json!({"EventTime": 5, "account": B, "filter": "A=b", "regions": {REGION: here()}});
    let moved = continued(&saved, many(&[A]));
    assert_eq!(moved["accounts"][B]["regions"][REGION]["filter"], "A=b");
}

/// The form is a promise.
#[test]
fn the_forms_of_one_account_and_of_several() {
    let (mut single, _) = open(&json!({"EventTime": 5, "accounts": {B: {"regions": {REGION: here()}}}}), one(Some(A)));
    let (mut several, _) = open(&json!({}), many(&[A, B]));
    for state in [&mut single, &mut several] {
        state.cover(&partition(Some(A)), SecondRange::new(OLDEST, NOW - 2_000).unwrap());
        state.emit(&partition(Some(A)), NOW - 5, EventDigest::of("81d6dc3a-76bf-4b9a-a3b2-2e8e9e7e6d3c"));
    }
    let region = r#"{"us-east-1":{"EventTime":1795348000,"covered":[],"loose":{"1795349995":"w0LsPIRG21w"}}}"#;
    let of_b = r#"{"us-east-1":{"EventTime":1795345000,"covered":[],"loose":{}}}"#;
    assert_eq!(
        serde_json::to_string(&single).unwrap(),
        format!(
            r#"{{"EventTime":1795348000,"account":"{A}","regions":{region},"accounts":{{"{B}":{{"regions":{of_b}}}}}}}"#
        )
    );
    assert_eq!(
        serde_json::to_string(&several).unwrap(),
        format!(r#"{{"EventTime":{},"accounts":{{"{A}":{{"regions":{region}}}}}}}"#, OLDEST - 1)
    );
}

#[test]
fn a_state_names_an_account_if_any_of_it_does() {
    for (state, names) in [
        (json!({"EventTime": 5}), false),
        (json!({"EventTime": 5, "account": null, "regions": {}, "accounts": {}}), false),
        (of_account(A, &here()), true),
        (json!({"EventTime": 5, "accounts": {A: {"regions": {}}}}), true),
        (json!({"EventTime": 5, "regions": {}, "accounts": {A: null}}), true),
    ] {
        assert_eq!(SavedState::deserialize(&state).unwrap().names_account(), names, "{state}");
    }
}
