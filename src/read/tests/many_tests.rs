//! What people are told while many Regions are read: about the whole, in few lines.

use super::*;
use crate::{partition::AccountId, sync::progress_display::ProgressBars};
use indicatif::InMemoryTerm;

/// The same Region of as many accounts as there are.
fn in_accounts(mut accounts: Vec<Account>) -> Vec<Account> {
    for (nth, account) in accounts.iter_mut().enumerate() {
        account.partition.account = AccountId::parse(&format!("{:012}", nth + 1));
    }
    accounts
}

/// So many accounts, each with so many events.
fn with_events(counts: &[i64]) -> Vec<Account> {
    in_accounts(counts.iter().map(|count| Account::new(*count, |_| None)).collect())
}

/// Reads a stream of all `accounts`.
async fn read_many(accounts: &[Account], stream: Stream, limit: Option<u64>, resources: &SyncResources) -> Read {
    fastrand::seed(2026);
    let partitions: Vec<Partition> = accounts.iter().map(|account| account.partition.clone()).collect();
    let settings = SyncSettings { accounts: AccountsRead::Many, partitions: partitions.clone(), ..sync() };
    let (state, _) = StreamState::open(None, settings).unwrap();
    let mut bytes = Vec::new();
    let output = Output::new(&mut bytes, Some(Level::Info));
    let records = RecordSettings { limit, ..RecordSettings::default() };
    let writer = RefCell::new(StreamWriter::new(&output, stream, state, records));
    let began = Instant::now();
    let open = |partition: &Partition| accounts.iter().find(|account| account.partition == *partition).unwrap();
    let failures = read_partitions(&partitions, open, false, resources, &writer).await.unwrap().failures;
    let took = began.elapsed();
    drop(writer);
    drop(output);
    let lines = String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    Read { lines, failures, took }
}

async fn read_events(accounts: &[Account]) -> Read {
    read_many(accounts, Stream::ManagementEvents, None, &SyncResources::new(FULL_PACE)).await
}

/// All LOG lines, each with its level.
fn log(read: &Read) -> Vec<(&str, &str)> {
    let lines = read.of_type("LOG").map(|line| &line["log"]);
    lines.map(|log| (log["level"].as_str().unwrap(), log["message"].as_str().unwrap())).collect()
}

/// The first one takes two turns, between which the others are read. Another sync takes all turns but one.
#[tokio::test(start_paused = true)]
async fn many_regions_have_one_line_each_half_minute_and_counts_add_up_over_turns() {
    let accounts = with_events(&[[75_000].as_slice(), &[0; 11]].concat());
    let resources = SyncResources::new(FULL_PACE);
    let mut taken = Vec::new();
    for _ in 1..turns::MOST_AT_ONCE {
        taken.push(resources.turns.next().await);
    }
    let read = read_many(&accounts, Stream::ManagementEvents, None, &resources).await;
    assert_eq!(read.failures, []);
    assert!(read.took > turns::LENGTH + Duration::from_mins(2), "one turn is enough: {:?}", read.took);
    let log = log(&read);
    let start = "Reading 12 Regions in 12 accounts: up to 90 days left to read in each, at most 12 Regions at a time.";
    assert_eq!(log[0], ("INFO", start));
    let requests: usize = accounts.iter().map(|account| account.asked.borrow().len()).sum();
    let (level, sum) = log.last().unwrap();
    let requests = format!("{},{:03}", requests / 1_000, requests % 1_000);
    let counts = format!("12 Regions in 12 accounts: 12 read. 75,000 records from {requests} requests in ");
    assert!(sum.starts_with(&counts), "{sum} is not: {counts}");
    assert!(sum.ends_with(", 0 throttled. All events up to 2026-11-22T12:04:59Z have been read."), "{sum}");
    assert_eq!(*level, "INFO");
    let progress = &log[1..log.len() - 1];
    assert_eq!(u64::try_from(progress.len()).unwrap(), read.took.as_secs() / 30, "{progress:#?}");
    for (nth, says) in [
        (9, " 0 read, 1 being read, 11 waiting. "),
        (9, " events/s with 2.0 requests/s, 0 throttled. "),
        (9, " Slowest: us-east-1 in account 000000000001, 99% of its time span read, less than a minute left."),
        // It waits for its second turn: six of the others have been read, and four wait beside it.
        (20, " 6 read, 1 being read, 5 waiting. "),
        (progress.len() - 1, " 11 read, 1 being read. "),
    ] {
        let (level, line) = progress[nth];
        assert!(level == "INFO" && line.contains(says), "{line} does not say:{says}");
    }
}

#[tokio::test(start_paused = true)]
async fn up_to_eight_regions_have_lines_of_their_own() {
    let read = read_events(&with_events(&[50; 8])).await;
    assert_eq!(logged(&read, "Reading us-east-1 in account 00000000000").count(), 8);
    assert_eq!(logged(&read, ": 50 records from ").count(), 8);
    let read = read_events(&with_events(&[50; 9])).await;
    assert_eq!(log(&read).len(), 2, "{:#?}", log(&read));
}

/// Their reasons are in the failures, each once.
#[tokio::test(start_paused = true)]
async fn failures_and_regions_without_a_page_are_counted() {
    let hanging = (0..3).map(|_| Account { latency: Duration::from_hours(1), ..Account::new(50, |_| None) });
    let unknown = (0..2).map(|_| Account::new(50, |_| Some(unknown_host())));
    let working = (0..4).map(|_| Account::new(50, |_| None));
    let read = read_events(&in_accounts(hanging.chain(unknown).chain(working).collect())).await;
    assert_eq!((read.took.as_secs(), read.failures.len()), (180, 2));
    let no_page: Vec<&str> = logged(&read, "no page").collect();
    let first = "9 Regions in 9 accounts: 3 have sent no page for 30 seconds or more. The longest wait is 30 seconds, for us-east-1 in account 000000000001. Requests are waiting for an answer.";
    assert_eq!((no_page.len(), no_page[0]), (5, first));
    let so_far = " Slowest: us-east-1 in account 000000000001, 0% of its time span read, time left unknown. 2 Regions failed so far.";
    assert_eq!(logged(&read, so_far).count(), 5);
    let log = log(&read);
    assert_eq!(log.len(), 12, "{log:#?}");
    let sum = "9 Regions in 9 accounts: 4 read, 5 failed. 200 records from ";
    let (level, last) = log.last().unwrap();
    assert!(
        *level == "WARN" && last.starts_with(sum) && last.contains(" Except in the Regions that failed, all "),
        "{last}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_warning_that_many_regions_have_is_told_a_few_times() {
    let out_of_order = || Account { misplaces: |nth| nth == 60, ..Account::new(5_000, |_| None) };
    let read = read_events(&in_accounts((0..9).map(|_| out_of_order()).collect())).await;
    assert_eq!(logged(&read, ": CloudTrail returned events out of order (1).").count(), 3);
    let warnings: Vec<_> = log(&read).into_iter().filter(|(level, _)| *level == "WARN").collect();
    let rest = "CloudTrail returned events out of order in 6 more Regions: ";
    assert!(warnings.len() == 4 && warnings[3].1.starts_with(rest), "{warnings:#?}");
}

#[tokio::test(start_paused = true)]
async fn what_the_limit_leaves_unread_is_not_read() {
    let mut accounts = with_events(&[1_000; 9]);
    for (nth, account) in accounts.iter_mut().enumerate() {
        account.partition = Partition { account: None, region: format!("region-{nth}") };
    }
    let read = read_many(&accounts, Stream::InsightEvents, Some(100), &SyncResources::new(FULL_PACE)).await;
    assert_eq!(read.failures, []);
    let log = log(&read);
    assert!(log[0].1.starts_with("Reading 9 Regions (Insights events): "), "{log:#?}");
    let sum = log.last().unwrap().1;
    let counts = "9 Regions (Insights events): 0 read, 9 stopped at records_limit. 100 records from ";
    assert!(sum.starts_with(counts) && sum.ends_with(" 0 throttled."), "{sum}");
}

#[tokio::test(start_paused = true)]
async fn a_terminal_has_one_bar_for_many_regions() {
    let terminal = InMemoryTerm::new(5, 80);
    let mut resources = SyncResources::new(FULL_PACE);
    resources.bars = ProgressBars::on(&terminal);
    let accounts = with_events(&[[10_000].as_slice(), &[0; 11]].concat());
    let read = read_many(&accounts, Stream::ManagementEvents, None, &resources);
    let seen = async {
        sleep(Duration::from_mins(1)).await;
        terminal.contents()
    };
    let (read, seen) = tokio::join!(read, seen);
    assert!(seen.lines().count() == 1 && seen.contains("] 11/12 Regions, "), "{seen}");
    assert_eq!(terminal.contents(), "");
    assert_eq!(log(&read).len(), 2, "{:#?}", log(&read));
}
