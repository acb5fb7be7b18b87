//! A local clock that is ahead, and requests that don't end in the order in which they were sent: a second may only be
//! covered if it ended a lookback before the *first* request was sent, because its page may be as old as that.

use super::service::{Account, BASE, Event, Tokens};
use serde::Deserialize;
use serde_json::{Value, json};
use source_aws_cloudtrail::{
    airbyte::{output::Output, stream::Stream},
    cloudtrail::{
        lookup::{LookupEvents, Page, Query},
        lookup_error::{
            context::{CredentialsSource, RequestContext, Service},
            error::LookupError,
            kind::NoAnswer,
        },
    },
    coverage::event_digest::EventDigest,
    pace::pacer::FULL_PACE,
    partition::Partition,
    read::read_partitions,
    state::{
        saved_state::SavedState,
        stream_state::StreamState,
        sync_settings::{AccountsRead, MAX_STATE_BYTES, SyncSettings},
    },
    sync::{record_settings::RecordSettings, resources::SyncResources, stream_writer::StreamWriter},
};
use std::{cell::RefCell, time::Duration};
use tokio::time::{Instant, sleep};

const REGION: &str = "us-east-1";
const LOOKBACK: i64 = 60;
/// When the sync starts, by the service's clock.
const START: i64 = BASE + 10_000;
/// The second of an event that appears within the lookback, but after the sync's first requests.
const LATE: i64 = START - 55;

/// Looks up the newest seconds at once, but answers slowly. Answers for older seconds can't be parsed at first.
struct Uneven {
    partition: Partition,
    account: Account,
    began: Instant,
}

impl LookupEvents for &Uneven {
    fn partition(&self) -> &Partition {
        &self.partition
    }

    async fn lookup(&self, query: Query) -> Result<Page, LookupError> {
        let is_newest = query.seconds.unwrap().last() > START;
        if !is_newest && self.began.elapsed() < Duration::from_secs(12) {
            let (service, region) = (Service::CloudTrail, REGION.to_owned());
            let context =
                RequestContext { service, region, endpoint_url: None, credentials: CredentialsSource::Config };
            return Err(LookupError::new(NoAnswer::Garbled, context));
        }
        let (page, date) = (self.account.page(REGION, &query, 50), self.account.now());
        let took = if is_newest { 30 } else { 0 };
        sleep(Duration::from_secs(took)).await;
        Ok(Page { asked_at: Some(date - took.cast_signed() - 1), ..page })
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_requested_first_and_arrives_last_covers_only_seconds_that_it_is_old_enough_for() {
    fastrand::seed(2026);
    let (id, visible) = ("late".to_owned(), (START + 3) * 1_000);
    let late = Event { region: REGION, second: LATE, digest: EventDigest::of(&id), id, visible };
    let account = Account::new(vec![late], Tokens::Position);
    sleep(Duration::from_secs(10_000)).await;
    let partition = Partition { account: None, region: REGION.to_owned() };
    let source = Uneven { partition: partition.clone(), account, began: Instant::now() };

    let entry = json!({"EventTime": START - 9_000, "covered": [[START - 5_000, START - 4_000]]});
    let saved = json!({"EventTime": START - 9_000, "regions": {REGION: entry}});
    let sync = SyncSettings {
        start: START + 290,
        read_from: None,
        lookback: Duration::from_secs(LOOKBACK.unsigned_abs()),
        filter: None,
        accounts: AccountsRead::One(None),
        partitions: vec![partition.clone()],
        max_bytes: MAX_STATE_BYTES,
    };
    let (state, _) = StreamState::open(Some(SavedState::deserialize(&saved).unwrap()), sync).unwrap();
    let mut bytes = Vec::new();
    let output = Output::new(&mut bytes, None);
    let records = RecordSettings::default();
    let writer = RefCell::new(StreamWriter::new(&output, Stream::ManagementEvents, state, records));
    let resources = SyncResources::new(FULL_PACE);
    let failures = read_partitions(&[partition], |_| &source, false, &resources, &writer).await.unwrap().failures;
    drop(writer);
    drop(output);

    assert_eq!(failures, []);
    let lines: Vec<Value> =
        String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["type"] != "RECORD"), "the page is too old to have the event");
    let claim = super::destination::Claim::of(&lines.last().unwrap()["state"]["stream"]["stream_state"], REGION);
    assert!(!claim.covers(LATE), "no later sync would read it: {claim:?}");
}
