//! Configs and states that are almost valid, as people and other programs edit them: fields are missing, nested, huge, or
//! of another type. Each is used or rejected with a message, without a panic, and a state counts for no more than it says.

use crate::connector::{KEY_ID, REGION, SECRET_KEY};
use proptest::prelude::*;
use serde_json::{Value, json};
use source_aws_cloudtrail::{
    airbyte::stream::Stream,
    config::resolved_config::Config,
    coverage::window::oldest_kept,
    failure::{Failure, FailureType},
    partition::Partition,
    state::{
        input_state::InputState,
        stream_state::StreamState,
        sync_settings::{AccountsRead, MAX_STATE_BYTES, SyncSettings},
    },
};
use std::time::Duration;

const NOW: i64 = 1_795_350_000;
const LOOKBACK: i64 = 900;
const ELSEWHERE: &str = "eu-west-1";

/// A change of one value in a document.
#[derive(Clone, Debug)]
enum Change {
    Drop,
    Put(Value),
    /// Into a string that has its JSON.
    Quote,
    InList,
    InObject,
}

fn change() -> impl Strategy<Value = Change> {
    let numbers = [json!(i64::MAX), json!(i64::MIN), json!(u64::MAX), json!(1e300), json!(-1e300), json!(1e15)];
    let near = [json!(NOW), json!(NOW + 1), json!(NOW - LOOKBACK), json!(0), json!(-1), json!(0.5), json!(1e-300)];
    let texts =
        ["", " ", "null", "1e400", "NaN", "-", "a\nb", "\u{2028}", "\u{0}", "9223372036854775808", "1795340000.5"];
    let others = [Value::Null, json!(true), json!([]), json!({}), json!([[]]), json!([7, 5]), json!([5, i64::MAX])];
    let values: Vec<Value> = numbers.into_iter().chain(near).chain(texts.map(Value::from)).chain(others).collect();
    prop_oneof![
        2 => Just(Change::Drop),
        6 => prop::sample::select(values).prop_map(Change::Put),
        1 => Just(Change::Quote),
        1 => Just(Change::InList),
        1 => Just(Change::InObject),
    ]
}

/// Some changes, each with the path to its place: which child to take, modulo their number.
fn changes() -> impl Strategy<Value = Vec<(Vec<usize>, Change)>> {
    prop::collection::vec((prop::collection::vec(0..60_usize, 0..6), change()), 1..5)
}

fn changed(mut document: Value, changes: &[(Vec<usize>, Change)]) -> Value {
    for (way, change) in changes {
        apply(&mut document, way, change);
    }
    document
}

fn apply(value: &mut Value, way: &[usize], change: &Change) {
    if let Some((step, rest)) = way.split_first() {
        let is_dropped = rest.is_empty() && matches!(change, Change::Drop);
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                let name = fields.keys().nth(step % fields.len()).unwrap().clone();
                return if is_dropped { drop(fields.remove(&name)) } else { apply(&mut fields[&name], rest, change) };
            }
            Value::Array(items) if !items.is_empty() => {
                let place = step % items.len();
                return if is_dropped { drop(items.remove(place)) } else { apply(&mut items[place], rest, change) };
            }
            _ => {}
        }
    }
    *value = match change {
        Change::Drop => Value::Null,
        Change::Put(other) => other.clone(),
        Change::Quote => json!(value.to_string()),
        Change::InList => json!([value]),
        Change::InObject => json!({"EventTime": value}),
    };
}

/// Whether the message tells the user what to change, in one line.
fn is_for_the_user(failure: &Failure) -> bool {
    failure.failure_type == FailureType::ConfigError
        && !failure.message.is_empty()
        && !failure.message.contains(['\n', '\r', '\u{2028}'])
}

fn configs() -> impl Strategy<Value = Value> {
    let arns = ["arn:aws:iam::111122223333:role/reader", "arn:aws:iam::444455556666:role/reader"];
    prop_oneof![
        Just(json!({"mode": "single"})),
        Just(json!({"mode": "roles", "role_arns": arns})),
        Just(json!({"mode": "organization", "role_name": "reader", "excluded_account_ids": ["012345678901"]})),
    ]
    .prop_map(|accounts| config(&accounts))
}

fn config(accounts: &Value) -> Value {
    json!({
        "aws_key_id": KEY_ID, "aws_secret_key": SECRET_KEY, "aws_session_token": "FwoGZXIvYXdzEXAMPLETOKEN",
        "aws_region_name": REGION, "additional_regions": [ELSEWHERE, "ap-south-1"],
        "role_arn": "arn:aws:iam::123456789012:role/reader", "external_id": "airbyte-7",
        "accounts": accounts, "all_enabled_regions": true,
        "start_date": "2026-01-31", "lookback_window_minutes": 15, "records_limit": 5,
        "lookup_attributes_filter": {"attribute_key": "EventName", "attribute_value": "ConsoleLogin"},
        "endpoint_url": "http://127.0.0.1:4566",
    })
}

fn states() -> impl Strategy<Value = Value> {
    let entry = |behind: i64| {
        let loose =
            json!({(NOW - 300).to_string(): "w0LsPIRG21w", (NOW - 70).to_string(): ["w0LsPIRG21w", "L_FOxmoPF_Q"]});
        let covered = [[NOW - behind + 40, NOW - behind + 90], [NOW - 1_500, NOW - LOOKBACK - 1]];
        json!({"EventTime": NOW - behind, "covered": covered, "loose": loose, "filter": "EventName=A"})
    };
    let regions = json!({REGION: entry(5_000), ELSEWHERE: entry(9_000), "ap-south-1": entry(80_000)});
    let (account, accounts) = ("111122223333", json!({"444455556666": {"regions": regions, "later": 1}}));
    prop_oneof![
        4 => Just(json!({"EventTime": NOW - 80_000, "filter": "EventName=A", "regions": regions})),
        3 => Just(json!({"EventTime": NOW - 80_000, "account": account, "regions": regions, "accounts": accounts})),
        1 => Just(json!({"EventTime": NOW - 5_000})),
        1 => Just(json!({"EventTime": "1795345000.0"})),
    ]
}

/// The ranges that `state` says were read of `region`, read plainly; `first` is the Region that old states belong to.
fn named(state: &Value, region: &str, first: &str) -> Vec<(i64, i64)> {
    let until = |value: &Value| {
        let text = value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned());
        #[allow(clippy::cast_possible_truncation, reason = "what is out of range is as far off as can be")]
        text.parse().unwrap_or_else(|_| text.parse::<f64>().unwrap().floor() as i64)
    };
    match state.get("regions") {
        None | Some(Value::Null) if state.get("accounts").is_some_and(|accounts| !accounts.is_null()) => Vec::new(),
        None | Some(Value::Null) if region == first => {
            vec![(i64::MIN, until(&state["EventTime"]).saturating_sub(LOOKBACK + 1))]
        }
        Some(Value::Object(regions)) if regions.get(region).is_some_and(|entry| !entry.is_null()) => {
            let pair = |range: &Value| (range[0].as_i64().unwrap(), range[1].as_i64().unwrap());
            let covered = regions[region].get("covered").and_then(Value::as_array).into_iter().flatten().map(pair);
            covered.chain([(i64::MIN, until(&regions[region]["EventTime"]))]).collect()
        }
        _ => Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

    #[test]
    fn a_config_is_accepted_or_rejected_with_a_message_that_quotes_no_secret(config in configs(), changes in changes()) {
        let config = changed(config, &changes);
        if let Err(failure) = Config::resolve(&config, |_| None).map_err(Failure::from) {
            prop_assert!(is_for_the_user(&failure), "{config}: {failure:?}");
            for secret in [KEY_ID, SECRET_KEY, "FwoGZXIvYXdzEXAMPLETOKEN"] {
                prop_assert!(!format!("{failure:?}").contains(secret), "{config}: {failure:?}");
            }
        }
    }

    #[test]
    fn a_state_is_rejected_with_a_message_or_counts_for_what_it_says(state in states(), in_message in any::<bool>(), changes in changes()) {
        let stream = |state: Value| json!({"stream_descriptor": {"name": "management_events"}, "stream_state": state});
        let passed_in = if in_message {
            changed(json!([{"type": "STREAM", "stream": stream(state)}]), &changes)
        } else {
            json!([{"type": "STREAM", "stream": stream(changed(state, &changes))}])
        };
        let taken = InputState::parse(&passed_in.to_string()).map(|mut states| states.take(Stream::ManagementEvents));
        let lookback = Duration::from_secs(LOOKBACK.unsigned_abs());
        let partitions = [REGION, ELSEWHERE].map(|region| Partition { account: None, region: region.to_owned() });
        let sync = SyncSettings {
            start: NOW,
            read_from: None,
            lookback,
            filter: None,
            accounts: AccountsRead::One(None),
            partitions: partitions.to_vec(),
            max_bytes: MAX_STATE_BYTES,
        };
        let opened = taken.and_then(|saved| Ok((saved.clone(), StreamState::open(saved, sync)?.0)));
        let (saved, state) = match opened.map_err(Failure::from) {
            Ok(opened) => opened,
            Err(failure) => {
                prop_assert!(is_for_the_user(&failure), "{passed_in}: {failure:?}");
                return Ok(());
            }
        };
        prop_assert!(serde_json::to_value(&state).is_ok());
        let saved = saved.map(|saved| serde_json::to_value(saved).unwrap());
        for (region, partition) in [REGION, ELSEWHERE].into_iter().zip(partitions) {
            let Some(coverage) = state.coverage(&partition) else { continue };
            let (unread, named) = (coverage.uncovered(), saved.as_ref().map_or_else(Vec::new, |saved| named(saved, region, REGION)));
            // Two sets of ranges are the same if they agree at the edges of all ranges.
            let edges = unread.iter().map(|range| (range.first(), range.last())).chain(named.iter().copied());
            let around = |edge: i64| [edge.saturating_sub(1), edge, edge.saturating_add(1)];
            for second in edges.flat_map(|(first, last)| [around(first), around(last)]).flatten().chain([oldest_kept(NOW), NOW]) {
                let is_read = !unread.iter().any(|range| (range.first()..=range.last()).contains(&second));
                let is_named = named.iter().any(|(first, last)| (*first..=*last).contains(&second));
                let is_asked_for = (oldest_kept(NOW)..=NOW).contains(&second);
                prop_assert_eq!(is_read, is_named || !is_asked_for, "{} of {} in {}", second, region, passed_in);
            }
        }
    }
}
