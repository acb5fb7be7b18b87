//! What a read costs, measured with the real binary against the emulator, at AWS's rate: `cargo bench --bench figures`.
//! Add `-- shapes`, `-- small`, `-- throttles`, `-- regions`, `-- accounts`, `-- memory`, `-- cpu` or `-- waiting` to run only
//! that part.
//!
//! - `shapes`: for each shape of 20,000 events and each mean latency, the medians of five seeds. Requests / pages, where
//!   pages = ceil(events / 50); time / ((requests - 1) / 2 + latency), the time that so many requests take at AWS's rate;
//!   and time / ((pages - 1) / 2 + latency), the least possible for so many events.
//! - `small`: requests / pages of small reads, the median and the maximum of five seeds.
//! - `throttles`: what throttling costs (`throttles.rs`).
//! - `regions`: the time for several Regions, which are read concurrently.
//! - `accounts`: the time, the requests and the memory for many accounts (`accounts.rs`).
//! - `memory`: at 20 times AWS's rate, the maximum memory of different reads, one of which has a stdout that is not read
//!   for a minute; the largest of their states; and the bytes of states / those of records.
//! - `cpu`: the CPU time for each record, as fast as the emulator allows (`cpu.rs`). With `BASELINE=/path/to/binary`, also
//!   that of another build of the connector, such as an earlier version.
//! - `waiting`: what a waiting connector costs (`waiting.rs`).

#![allow(
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench measures time, prints its figures, and panics if something is wrong"
)]

mod accounts;
mod cpu;
mod read;
mod throttles;
mod waiting;

use cloudtrail_emulator::Shape;
use read::{Cost, Read};
use std::{thread, time::Duration};

const SEEDS: u64 = 5;
const SHAPES: [Shape; 5] = [Shape::Uniform, Shape::Bursty, Shape::Office, Shape::Recent, Shape::Old];
/// Mean latencies in seconds, each with the deviation of its logarithm.
const LATENCIES: [(f64, f64); 4] = [(0.3, 0.3), (0.8, 0.3), (1.5, 0.5), (3.9, 0.8)];
/// Small reads: the shape and the number of the events, the number of days that contain them, and how many days before today
/// `start_date` is.
const SMALL_READS: [(Shape, usize, i64, Option<i64>); 7] = [
    (Shape::Uniform, 40, 1, None),
    (Shape::Uniform, 100, 1, None),
    (Shape::Uniform, 300, 1, None),
    (Shape::Uniform, 300, 1, Some(1)),
    (Shape::Bursty, 500, read::DAYS, None),
    (Shape::Uniform, 1_000, 1, None),
    (Shape::Uniform, 3_000, 1, Some(1)),
];

/// What each of `reads` costs with each seed. All run concurrently, because each takes some hundredths of a core.
fn costs(reads: &[Read]) -> Vec<Vec<Cost>> {
    thread::scope(|scope| {
        let of_seeds = |read| (1..=SEEDS).map(|seed| scope.spawn(move || Read::cost(read, seed))).collect();
        let running: Vec<Vec<thread::ScopedJoinHandle<'_, Cost>>> = reads.iter().map(of_seeds).collect();
        running.into_iter().map(|reads| reads.into_iter().map(|read| read.join().unwrap()).collect()).collect()
    })
}

fn median(costs: &[Cost], figure: impl Fn(&Cost) -> f64) -> f64 {
    let mut values: Vec<f64> = costs.iter().map(figure).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Prints a table with a row for each of `rows` and a column for each latency. `cell` formats the costs of a read.
fn table(title: &str, rows: &[(String, Read)], cell: impl Fn(&Read, &[Cost]) -> String) {
    println!("\n| {title} | 0.3 s | 0.8 s | 1.5 s | 3.9 s |\n| :-- | :-- | :-- | :-- | :-- |");
    let columns = LATENCIES.map(|latency| {
        let reads: Vec<Read> = rows.iter().map(|(_, read)| Read { latency, ..read.clone() }).collect();
        let costs = costs(&reads);
        reads.iter().zip(&costs).map(|(read, costs)| cell(read, costs)).collect::<Vec<String>>()
    });
    for (row, (name, _)) in rows.iter().enumerate() {
        println!("| {name} | {} |", columns.each_ref().map(|column| column[row].as_str()).join(" | "));
    }
}

fn shapes() {
    let row = |shape: Shape| (format!("{shape:?}").to_lowercase(), Read::new(shape, 20_000, LATENCIES[0]));
    table("20,000 events", &SHAPES.map(row), |read, costs| {
        let pages = read.count.div_ceil(50) as f64;
        let least = |requests: f64| (requests - 1.0) / 2.0 + read.latency.0;
        let requests = median(costs, |cost| cost.requests as f64 / pages);
        let paced = median(costs, |cost| cost.took.as_secs_f64() / least(cost.requests as f64));
        let time = median(costs, |cost| cost.took.as_secs_f64() / least(pages));
        assert!(costs.iter().all(|cost| cost.throttled == 0), "a request was throttled");
        format!("{requests:.3} / {paced:.3} / {time:.3}")
    });
}

fn small() {
    let row = |(shape, count, days, start): (Shape, usize, i64, Option<i64>)| {
        let since = start.map_or_else(|| "all 90 days".to_owned(), |days| format!("since {days} day before today"));
        let name = format!("{count}, {} in {days} days; {since}", format!("{shape:?}").to_lowercase());
        (name, Read { span: days * read::DAY, start, ..Read::new(shape, count, LATENCIES[0]) })
    };
    table("Small reads", &SMALL_READS.map(row), |read, costs| {
        let ratio = |cost: &Cost| cost.requests as f64 / read.count.div_ceil(50) as f64;
        format!("{:.2} / {:.2}", median(costs, ratio), costs.iter().map(ratio).fold(0.0, f64::max))
    });
}

fn regions() {
    println!(
        "\n| Regions of 3,000 events | Time | Requests | Throttled | Maximum memory |\n| :-- | :-- | :-- | :-- | :-- |"
    );
    for regions in [1, 17] {
        let read = Read { regions, ..Read::new(Shape::Uniform, 3_000, (1.0, 0.3)) };
        let costs: Vec<Cost> = (1..=SEEDS).map(|seed| read.cost(seed)).collect();
        let (time, requests) =
            (median(&costs, |cost| cost.took.as_secs_f64()), median(&costs, |cost| cost.requests as f64));
        let memory = median(&costs, |cost| cost.written.max_memory as f64 / 1e6);
        let throttled: usize = costs.iter().map(|cost| cost.throttled).sum();
        println!("| {regions} | {time:.1} s | {requests} | {throttled} | {memory:.1} MB |");
    }
}

fn memory() {
    println!("\n| Events | Maximum memory | Largest STATE | STATE / RECORD |\n| :-- | :-- | :-- | :-- |");
    let read = |count| Read { speed: 20.0, ..Read::new(Shape::Uniform, count, (1.5, 0.5)) };
    let paused = Read { pause: Duration::from_mins(1), ..read(10_000) };
    let dense = Read { span: 1_000, ..read(100_000) };
    let sparse = Read { span: 80_000, lookback_minutes: 1_440, ..read(30_000) };
    for (name, read) in [
        ("10,000 in 89 days", read(10_000)),
        ("10,000 in 89 days; stdout not read for 60 s", paused),
        ("400,000 in 89 days", read(400_000)),
        ("100 per second, 100,000", dense),
        ("30,000 in 22 hours, lookback window of a day", sparse),
    ] {
        let written = read.cost(1).written;
        let (memory, largest) = (written.max_memory as f64 / 1e6, written.largest_state as f64 / 1024.0);
        let share = 100.0 * written.state_bytes as f64 / written.record_bytes as f64;
        println!("| {name} | {memory:.1} MB | {largest:.0} KiB | {share:.1} % |");
    }
}

fn main() {
    let chosen: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let all = [
        ("shapes", shapes as fn()),
        ("small", small),
        ("throttles", throttles::throttles),
        ("regions", regions),
        ("accounts", accounts::accounts),
        ("memory", memory),
        ("cpu", cpu::cpu),
        ("waiting", waiting::waiting),
    ];
    for (name, measure) in all {
        if chosen.is_empty() || chosen.iter().any(|chosen| chosen == name) {
            measure();
        }
    }
}
