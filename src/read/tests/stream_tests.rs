//! Two streams that are read from one Region share its pace.

use super::*;

/// Reads both streams side by side, which must succeed. Returns how many records each has, and how long both took.
async fn read_both(accounts: [&Account; 2]) -> ([usize; 2], Duration) {
    let (records, took, failures) = try_both(accounts).await;
    assert!(failures.iter().all(Vec::is_empty), "{failures:?}");
    (records, took)
}

/// The same, and what failed in each.
async fn try_both(accounts: [&Account; 2]) -> ([usize; 2], Duration, Vec<Vec<Failure>>) {
    fastrand::seed(2026);
    let (began, resources) = (Instant::now(), SyncResources::new(FULL_PACE));
    let mut bytes = Vec::new();
    let output = Output::new(&mut bytes, Some(Level::Info));
    let streams = accounts.into_iter().zip(Stream::ALL);
    let reads = streams.map(async |(account, stream)| {
        let (state, _) = StreamState::open(None, sync()).unwrap();
        let writer = RefCell::new(StreamWriter::new(&output, stream, state, RecordSettings::default()));
        read_partitions(&[partition()], |_| account, false, &resources, &writer).await.map(|ended| ended.failures)
    });
    let failures: Vec<Vec<Failure>> = try_join_all(reads).await.unwrap();
    drop(output);
    let text = String::from_utf8(bytes).unwrap();
    let records = |stream: Stream| {
        let start = format!(r#"{{"type":"RECORD","record":{{"stream":"{}""#, stream.name());
        text.lines().filter(|line| line.starts_with(&start)).count()
    };
    (Stream::ALL.map(records), began.elapsed(), failures)
}

/// When requests were sent to both accounts, in this order, and which of them it was.
fn requests(accounts: [&Account; 2]) -> Vec<(Instant, usize)> {
    let of = |which: usize| accounts[which].asked.borrow().iter().map(move |at| (*at, which)).collect::<Vec<_>>();
    let mut requests = [of(0), of(1)].concat();
    requests.sort();
    requests
}

#[tokio::test(start_paused = true)]
async fn they_get_equal_shares_and_use_the_whole_quota_and_no_more() {
    let accounts = [&Account::new(60_000, |_| None), &Account::new(20_000, |_| None)];
    let (records, took) = read_both(accounts).await;
    assert_eq!(records, [60_000, 20_000]);
    let requests = requests(accounts);
    assert!(requests.windows(3).all(|three| three[2].0 - three[0].0 >= Duration::from_millis(1_005)));
    let least = FULL_PACE * 1_600 + LATENCY;
    assert!(took < least.mul_f64(1.1), "{took:?} instead of {least:?}");
    // Both have requests in hand from when their first pages have arrived until the smaller one is nearly read.
    let both: Vec<usize> = requests[100..700].iter().map(|(_, which)| *which).collect();
    let of_second = both.iter().filter(|which| **which == 1).count();
    assert!((270..330).contains(&of_second), "{of_second} of 600 requests are of the second stream");
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

/// Its pages are so large that two of them fill the memory.
#[tokio::test(start_paused = true)]
async fn one_that_waits_for_memory_leaves_the_quota_to_the_other() {
    let large = Account { size: 256 << 10, latency: Duration::from_secs(20), ..Account::new(500, |_| None) };
    let accounts = [&large, &Account::new(20_000, |_| None)];
    let (records, _) = read_both(accounts).await;
    assert_eq!(records, [500, 20_000]);
    let end = *large.asked.borrow().last().unwrap();
    let until_end = requests(accounts).into_iter().filter(|(at, _)| *at <= end).count();
    let slots = (end - large.began).as_secs_f64() / FULL_PACE.as_secs_f64();
    let used = f64::from(u32::try_from(until_end).unwrap()) / slots;
    assert!(slots > 150.0 && used > 0.8, "{used} of {slots} are used");
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

/// One that is always throttled delays the other by its backoff, until it gives up.
#[tokio::test(start_paused = true)]
async fn one_that_fails_does_not_stop_the_other() {
    let accounts = [&Account::new(20_000, |_| None), &Account::new(20_000, |_| Some(throttle()))];
    let (records, took, failures) = try_both(accounts).await;
    assert_eq!(records, [20_000, 0]);
    assert_eq!((failures[0].len(), failures[1].len()), (0, 1), "{failures:?}");
    assert!(took < FULL_PACE * 401 + Duration::from_mins(4), "{took:?}");
}

/// A page of one stream shows that the Region works for the other, too: its host name may resolve again.
#[tokio::test(start_paused = true)]
async fn a_first_request_that_fails_is_retried_if_the_other_stream_has_worked() {
    let quick = Account { latency: Duration::from_millis(100), ..Account::new(1_000, |_| None) };
    let later =
        Account { latency: Duration::from_millis(100), ..Account::new(1_000, |nth| (nth == 0).then(unknown_host)) };
    let (records, _) = read_both([&quick, &later]).await;
    assert_eq!(records, [1_000, 1_000]);
}

/// The heaviest pages of two streams have to fit into one budget.
#[tokio::test(start_paused = true)]
async fn they_share_the_memory() {
    let large = || Account { size: 256 << 10, ..Account::new(300, |_| None) };
    let accounts = [&large(), &large()];
    let (records, _) = read_both(accounts).await;
    assert_eq!(records, [300, 300]);
    let most: usize = accounts.iter().map(|account| account.max_in_flight.get()).sum();
    assert!(most <= 3, "{most} pages of 13 MB");
}
