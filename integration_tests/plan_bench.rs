//! What the read plan costs, in requests and time, against the least possible: `cargo bench --bench plan`.
//!
//! It runs the real plan on a simulated service. Least possible: ceil(events / 50) requests, sent at 2 per second. Each
//! cell is the median of five seeds: requests / least, time / least, and the maximum of requests in flight. If the
//! window is the whole history, it also has how many seconds of it leave the history before they are read.
//!
//! First come histories of several shapes, then a grid of bursts, on even background events or none, from 10,000 events
//! on: a row has the worst of twelve cells, for requests and for time. The worst cells of all come last.
//!
//! `cargo bench --bench plan -- picture` prints a Mermaid Gantt chart of one short read instead.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use source_aws_cloudtrail::{
    coverage::seconds::SecondRange,
    plan::read_plan::{Lookup, ReadPlan},
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    time::Duration,
};

const PAGE: usize = 50;
const TICK: f64 = 0.5;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
/// Mean latencies in seconds, each with the deviation of its logarithm.
const LATENCIES: [(f64, f64); 4] = [(0.3, 0.3), (0.8, 0.3), (1.5, 0.5), (3.9, 0.8)];

struct Random(fastrand::Rng);

impl Random {
    fn second(&mut self, seconds: i64) -> i64 {
        self.0.i64(0..seconds)
    }

    /// From the standard normal distribution, by the Box-Muller transform.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.0.f64()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.0.f64()).cos()
    }

    fn log_normal(&mut self, mean: f64, sigma: f64) -> f64 {
        mean * (sigma * self.normal() - sigma * sigma / 2.0).exp()
    }
}

/// The sorted seconds of `count` events inside a window of `window` seconds. `mixed` is half bursts, half background;
/// `today` has all events in the last day, `recent` in the last hour, and `old` in the first hour.
fn times(shape: &str, count: usize, window: i64, random: &mut Random) -> Vec<i64> {
    let centers: Vec<i64> = (0..(count / 2000).max(1)).map(|_| random.second(window)).collect();
    let mut times: Vec<i64> = (0..count)
        .map(|_| match shape {
            "bursty" | "mixed" if shape == "bursty" || random.0.bool() => {
                let center = centers[random.0.usize(..centers.len())];
                #[allow(clippy::cast_possible_truncation, reason = "some hundreds of seconds")]
                let offset = (300.0 * random.normal()) as i64;
                (center + offset).clamp(0, window - 1)
            }
            "office" => loop {
                let time = random.second(window);
                let by_hour = if (8 * HOUR..=18 * HOUR).contains(&(time % DAY)) { 1.0 } else { 0.08 };
                let by_day = if time / DAY % 7 >= 5 { 0.15 } else { 1.0 };
                if random.0.f64() < by_hour * by_day {
                    break time;
                }
            },
            "recent" => window - 1 - random.second(HOUR),
            "today" => window - 1 - random.second(DAY),
            "old" => random.second(HOUR),
            "second" => window / 2,
            _ => random.second(window),
        })
        .collect();
    times.sort_unstable();
    times
}

/// A page, newest first, as the service returns it. A token is the index to continue at.
fn page(times: &[i64], lookup: &Lookup) -> (Vec<i64>, Option<String>) {
    let first = times.partition_point(|time| *time < lookup.seconds.first());
    let end = lookup.token.as_ref().and_then(|token| token.parse().ok());
    let end = end.unwrap_or_else(|| times.partition_point(|time| *time <= lookup.seconds.last()));
    let begin = first.max(end.saturating_sub(PAGE));
    let newest_first = times[begin..end].iter().rev().copied().collect();
    (newest_first, (begin > first).then(|| begin.to_string()))
}

/// A request that was sent, with its times in seconds since the read started.
struct Request {
    lookup: Lookup,
    sent: f64,
    answered: f64,
    /// How many events its page has.
    events: usize,
}

struct Read {
    requests: Vec<Request>,
    time: f64,
    max_in_flight: usize,
    /// How much time left the history before it was read.
    late: Duration,
}

/// Reads the `times` of events in a window of `window` seconds with the real plan.
#[allow(clippy::cast_possible_truncation, reason = "a read takes hours at most")]
fn read(times: &[i64], window: i64, (mean, sigma): (f64, f64), random: &mut Random) -> Read {
    let mut plan = ReadPlan::new(SecondRange::new(0, window - 1));
    let mut in_flight: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
    let mut read = Read { requests: Vec::new(), time: 0.0, max_in_flight: 0, late: Duration::ZERO };
    let mut tick = 0.0_f64;
    while !plan.is_finished() {
        while let Some(Reverse((at, nth))) =
            in_flight.peek().copied().filter(|Reverse((at, _))| f64::from_bits(*at) <= tick)
        {
            in_flight.pop();
            read.time = f64::from_bits(at);
            let request = &mut read.requests[nth];
            let (page, token) = page(times, &request.lookup);
            request.events = page.len();
            let arrived = plan.arrived(request.lookup.slice, &page, token);
            assert!(arrived.is_ok(), "a token was repeated");
            let expired = SecondRange::new(0, read.time as i64);
            let passed_late =
                arrived.ok().flatten().zip(expired).and_then(|(passed, expired)| passed.intersection(expired));
            read.late += passed_late.map_or(Duration::ZERO, SecondRange::duration);
            if plan.is_finished() {
                break;
            }
        }
        if plan.is_finished() {
            break;
        }
        if let Some(lookup) = plan.next_lookup() {
            let answered = tick + random.log_normal(mean, sigma);
            // Positive floats have the same order as their bits.
            in_flight.push(Reverse((answered.to_bits(), read.requests.len())));
            read.requests.push(Request { lookup, sent: tick, answered, events: 0 });
            read.max_in_flight = read.max_in_flight.max(in_flight.len());
            tick += TICK;
        } else if let Some(Reverse((at, _))) = in_flight.peek() {
            tick = tick.max(f64::from_bits(*at));
        }
    }
    read
}

struct Cost {
    requests: f64,
    time: f64,
    max_in_flight: usize,
    late: Duration,
}

#[allow(clippy::cast_precision_loss, reason = "counts of requests are small")]
fn cost(times: &[i64], window: i64, latency: (f64, f64), random: &mut Random) -> Cost {
    let read = read(times, window, latency, random);
    let least = times.len().div_ceil(PAGE).max(1) as f64;
    let requests = read.requests.len() as f64 / least;
    let time = read.time / ((least - 1.0) * TICK + latency.0);
    Cost { requests, time, max_in_flight: read.max_in_flight, late: read.late }
}

fn median<T: Copy + PartialOrd>(mut values: Vec<T>) -> T {
    values.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    values[values.len() / 2]
}

/// The median cost over five seeds. `make` returns the times of the events, and the window that contains them.
fn median_cost(latency: (f64, f64), make: impl Fn(&mut Random) -> (Vec<i64>, i64)) -> Cost {
    let costs: Vec<Cost> = (1..=5)
        .map(|seed| {
            let mut random = Random(fastrand::Rng::with_seed(seed));
            let (times, window) = make(&mut random);
            cost(&times, window, latency, &mut random)
        })
        .collect();
    Cost {
        requests: median(costs.iter().map(|cost| cost.requests).collect()),
        time: median(costs.iter().map(|cost| cost.time).collect()),
        max_in_flight: costs.iter().map(|cost| cost.max_in_flight).max().unwrap_or_default(),
        late: median(costs.iter().map(|cost| cost.late).collect()),
    }
}

fn shapes() {
    let shapes = [
        ("idle", 0, 90 * DAY),
        ("uniform", 40, HOUR),
        ("today", 100, DAY),
        ("today", 100, 2 * DAY),
        ("today", 100, 90 * DAY),
        ("today", 150, DAY),
        ("today", 150, 2 * DAY),
        ("today", 150, 90 * DAY),
        ("today", 300, DAY),
        ("today", 300, 2 * DAY),
        ("today", 300, 90 * DAY),
        ("bursty", 500, 90 * DAY),
        ("today", 1_000, DAY),
        ("today", 1_000, 2 * DAY),
        ("today", 1_000, 90 * DAY),
        ("uniform", 3_000, DAY),
        ("bursty", 5_000, 7 * DAY),
        ("uniform", 20_000, 90 * DAY),
        ("office", 20_000, 90 * DAY),
        ("bursty", 20_000, 90 * DAY),
        ("recent", 20_000, 90 * DAY),
        ("old", 20_000, 90 * DAY),
        ("mixed", 20_000, 90 * DAY),
        ("second", 10_000, 90 * DAY),
        ("uniform", 100_000, 90 * DAY),
        ("recent", 100_000, 90 * DAY),
        ("bursty", 100_000, 90 * DAY),
        ("mixed", 100_000, 90 * DAY),
        ("uniform", 1_000_000, 90 * DAY),
    ];
    for (shape, count, window) in shapes {
        print!("{shape:8}{count:>8} in {:>4} h", window / HOUR);
        for latency in LATENCIES {
            let cost = median_cost(latency, |random| (times(shape, count, window, random), window));
            print!(" | {}s x{:.3} x{:.2} {:>2}", latency.0, cost.requests, cost.time, cost.max_in_flight);
            if window == 90 * DAY {
                print!(" {:>3} s", cost.late.as_secs());
            }
        }
        println!();
    }
}

/// `count` bursts of `events` events within `within` seconds each, and `ground` even background events, in 85 to 90 days.
#[derive(Clone, Copy)]
struct Bursts {
    count: usize,
    events: usize,
    within: i64,
    ground: usize,
}

impl Bursts {
    fn times(self, random: &mut Random) -> (Vec<i64>, i64) {
        let window = (85 + random.second(6)) * DAY;
        let mut times: Vec<i64> = (0..self.ground).map(|_| random.second(window)).collect();
        for _ in 0..self.count {
            let start = random.second(window - self.within);
            times.extend((0..self.events).map(|_| start + random.second(self.within)));
        }
        times.sort_unstable();
        (times, window)
    }
}

impl std::fmt::Display for Bursts {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { count, events, within, ground } = self;
        write!(to, "{count} bursts of {events} within {within} s on {ground} background events")
    }
}

/// The worst value so far, and its cell.
#[derive(Clone, Copy, Default)]
struct Worst(f64, Option<Bursts>);

impl Worst {
    fn update(&mut self, other: Self) {
        if other.0 > self.0 {
            *self = other;
        }
    }
}

fn grid() {
    let mut worst = [(Worst::default(), Worst::default()); LATENCIES.len()];
    let counts = [5, 20, 40, 100, 200].into_iter();
    for (count, events) in counts.flat_map(|count| [100, 500, 2_000, 5_000].map(|events| (count, events))) {
        let grounds = [0, count * events / 10, count * events].into_iter();
        let cells = grounds
            .flat_map(|ground| [10, 60, 600, HOUR].map(|within| Bursts { count, events, within, ground }))
            .filter(|cell| cell.count * cell.events + cell.ground >= 10_000);
        let cells: Vec<Bursts> = cells.collect();
        if cells.is_empty() {
            continue;
        }
        print!("{count:>4} bursts of {events:>5} events");
        for (latency, (worst_requests, worst_time)) in LATENCIES.into_iter().zip(&mut worst) {
            let (mut requests, mut time) = (Worst::default(), Worst::default());
            for cell in &cells {
                let cost = median_cost(latency, |random| cell.times(random));
                requests.update(Worst(cost.requests, Some(*cell)));
                time.update(Worst(cost.time, Some(*cell)));
            }
            print!(" | {}s x{:.3} x{:.2}", latency.0, requests.0, time.0);
            worst_requests.update(requests);
            worst_time.update(time);
        }
        println!();
    }
    for (latency, worst) in LATENCIES.into_iter().zip(worst) {
        for (what, Worst(value, cell)) in [("requests", worst.0), ("time", worst.1)] {
            if let Some(cell) = cell {
                println!("worst {what} at {}s: x{value:.3}, {cell}", latency.0);
            }
        }
    }
}

/// Prints a Gantt chart of a read of 1,000 events in 90 days at a latency of 3.9 s: a row for each slice, and a bar for
/// each request, from when it is sent until it is answered, with the number of events on its page.
fn picture() {
    let mut random = Random(fastrand::Rng::with_seed(1));
    let times = times("office", 1_000, 90 * DAY, &mut random);
    let read = read(&times, 90 * DAY, LATENCIES[3], &mut random);
    println!("---\ndisplayMode: compact\n---");
    println!("gantt\n    dateFormat x\n    axisFormat %-S s\n    tickInterval 5second");
    let mut slices = BTreeMap::new();
    for request in &read.requests {
        slices.entry(request.lookup.slice).or_insert_with(Vec::new).push(request);
    }
    for (number, requests) in (1..).zip(slices.values()) {
        println!("    section Slice {number}");
        for request in requests {
            println!("    {} : {:.0}, {:.0}", request.events, request.sent * 1_000.0, request.answered * 1_000.0);
        }
    }
}

fn main() {
    if std::env::args().any(|argument| argument == "picture") {
        picture();
    } else {
        shapes();
        grid();
    }
}
