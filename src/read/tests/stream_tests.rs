//! Two streams that are read from one Region share its pace.

use super::*;

/// Reads both streams side by side. Returns how many records each has, and how long both took.
async fn read_both(accounts: [&Account; 2]) -> ([usize; 2], Duration) {
    fastrand::seed(2026);
    let (began, resources) = (Instant::now(), SyncResources::new(1, FULL_PACE));
    let mut bytes = Vec::new();
    let output = Output::new(&mut bytes, Some(Level::Info));
    let streams = accounts.into_iter().zip(Stream::ALL);
    let reads = streams.map(async |(account, stream)| {
        let (state, _) = StreamState::open(None, sync()).unwrap();
        let writer = RefCell::new(StreamWriter::new(&output, stream, state, RecordSettings::default()));
        read_regions(std::slice::from_ref(account), &resources, &writer).await
    });
    let failures: Vec<Vec<Failure>> = try_join_all(reads).await.unwrap();
    assert!(failures.iter().all(Vec::is_empty), "{failures:?}");
    drop(output);
    let text = String::from_utf8(bytes).unwrap();
    let records = |stream: Stream| {
        let start = format!(r#"{{"type":"RECORD","record":{{"stream":"{}""#, stream.name());
        text.lines().filter(|line| line.starts_with(&start)).count()
    };
    (Stream::ALL.map(records), began.elapsed())
}

/// When requests were sent to both accounts, in this order, and which of them it was.
fn requests(accounts: [&Account; 2]) -> Vec<(Instant, usize)> {
    let of = |which: usize| accounts[which].asked.borrow().iter().map(move |at| (*at, which)).collect::<Vec<_>>();
    let mut requests = [of(0), of(1)].concat();
    requests.sort();
    requests
}

#[tokio::test(start_paused = true)]
async fn they_take_turns_and_use_the_whole_quota_and_no_more() {
    let accounts = [&Account::new(60_000, |_| None), &Account::new(20_000, |_| None)];
    let (records, took) = read_both(accounts).await;
    assert_eq!(records, [60_000, 20_000]);
    let requests = requests(accounts);
    assert!(requests.windows(3).all(|three| three[2].0 - three[0].0 >= Duration::from_millis(1_005)));
    let least = FULL_PACE * 1_600 + LATENCY;
    assert!(took < least.mul_f64(1.1), "{took:?} instead of {least:?}");
    // Both have requests in hand from when their first pages have arrived until the smaller one is nearly read.
    let both: Vec<usize> = requests[100..700].iter().map(|(_, which)| *which).collect();
    let alternating = both.windows(2).filter(|two| two[0] != two[1]).count();
    assert!(alternating > 550, "{alternating} of 599 requests are of the other stream than the one before");
}

#[tokio::test(start_paused = true)]
async fn one_without_events_costs_one_request_and_no_time() {
    let accounts = [&Account::new(60_000, |_| None), &Account::new(0, |_| None)];
    let (records, took) = read_both(accounts).await;
    assert_eq!(records, [60_000, 0]);
    assert_eq!(accounts[1].asked.borrow().len(), 1);
    let least = FULL_PACE * 1_201 + LATENCY;
    assert!(took < least.mul_f64(1.1), "{took:?} instead of {least:?}");
}

/// It waits for its pages most of the time.
#[tokio::test(start_paused = true)]
async fn one_that_waits_for_a_page_leaves_the_quota_to_the_other() {
    let slow = Account { latency: Duration::from_secs(35), ..Account::new(300, |_| None) };
    let accounts = [&Account::new(60_000, |_| None), &slow];
    let (records, took) = read_both(accounts).await;
    assert_eq!(records, [60_000, 300]);
    let least = FULL_PACE * 1_206 + LATENCY;
    assert!(took < least.mul_f64(1.1), "{took:?} instead of {least:?}");
}

#[tokio::test(start_paused = true)]
async fn a_throttle_slows_both() {
    let accounts = [&Account::new(20_000, |nth| (nth == 100).then(throttle)), &Account::new(20_000, |_| None)];
    let (records, _) = read_both(accounts).await;
    assert_eq!(records, [20_000, 20_000]);
    let throttled = accounts[0].asked.borrow()[100];
    let after: Vec<Instant> = requests(accounts).into_iter().map(|(at, _)| at).filter(|at| *at > throttled).collect();
    assert!(after[0] - throttled > FULL_PACE.mul_f64(1.4), "{:?}", after[0] - throttled);
}
