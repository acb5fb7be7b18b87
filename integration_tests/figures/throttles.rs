//! What throttling costs: the time of a read, as a multiple of what its events take at 2 requests per second, and the share
//! of its requests that were throttled. Both are medians of five seeds, next to the maximum that they should have.
//!
//! With two readers, the time is that until both have finished, and their requests are added. In the first rows nothing
//! should be throttled. They are measured separately from the others, because many processes that start together send
//! their first requests late.

use crate::{
    costs, median,
    read::{Cost, Read},
};
use cloudtrail_emulator::{Limiter, Settings, Shape};

/// A read, the maximum time that it should take, and the maximum share of its requests that should be throttled.
struct Case {
    name: &'static str,
    read: Read,
    max_time: f64,
    max_throttled: f64,
}

impl Case {
    fn new(name: &'static str, max_time: f64, max_throttled: f64, throttling: Settings) -> Self {
        let read = Read { throttling, ..Read::new(Shape::Uniform, 5_000, (0.3, 0.3)) };
        Self { name, read, max_time, max_throttled }
    }
}

fn cases() -> Vec<Case> {
    let aws = Settings::default;
    let limiter = |limiter| Settings { limiter, ..aws() };
    let random = |random_throttles| Settings { random_throttles, ..aws() };
    let case = Case::new;
    let two = |name, throttling| {
        let case = Case::new(name, 2.2, 0.1, throttling);
        Case { read: Read { readers: 2, ..case.read }, ..case }
    };
    let late = case("counted late, 20,000 events", 1.4, 1.0, Settings { quota_after_latency: true, ..aws() });
    let late_read = Read { count: 20_000, latency: (3.9, 0.8), ..late.read };
    let greedy = |name, limiter| {
        let case = Case::new(name, f64::INFINITY, 1.0, Settings { limiter, other_reader: Some(4.0), ..aws() });
        Case { read: Read { count: 1_000, ..case.read }, ..case }
    };
    vec![
        case("alone, two windows", 1.05, 0.0, aws()),
        case("alone, bucket of 3", 1.05, 0.0, limiter(Limiter::Bucket { burst: 3 })),
        case("alone, strict sliding window", 1.05, 0.0, limiter(Limiter::SlidingWindow)),
        case("1 % at random", 1.05, 1.0, random(0.01)),
        case("10 % at random", 1.3, 1.0, random(0.1)),
        case("25 % at random", 1.8, 1.0, random(0.25)),
        case("1.5 per second, two windows", 1.5, 0.15, Settings { rate: Some(1.5), ..aws() }),
        case(
            "1.5 per second, bucket of 3",
            1.5,
            0.15,
            Settings { rate: Some(1.5), ..limiter(Limiter::Bucket { burst: 3 }) },
        ),
        two("two readers, two windows", aws()),
        two("two readers, bucket of 3", limiter(Limiter::Bucket { burst: 3 })),
        Case { read: late_read, ..late },
        greedy("greedy reader, two windows, 1,000 events", Limiter::Windows),
        greedy("greedy reader, bucket of 3, 1,000 events", Limiter::Bucket { burst: 3 }),
    ]
}

/// Prints the table.
pub(crate) fn throttles() {
    println!("\n| Throttling | Time | Maximum | Throttled | Maximum |\n| :-- | :-- | :-- | :-- | :-- |");
    let (alone, others): (Vec<Case>, Vec<Case>) = cases().into_iter().partition(|case| case.max_throttled <= 0.0);
    for cases in [alone, others] {
        print(&cases);
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts of requests are small")]
fn print(cases: &[Case]) {
    let reads: Vec<Read> = cases.iter().map(|case| case.read.clone()).collect();
    for (case, costs) in cases.iter().zip(&costs(&reads)) {
        let least = case.read.count.div_ceil(50) as f64 / 2.0;
        let time = median(costs, |cost: &Cost| cost.took.as_secs_f64() / least);
        let throttled = median(costs, |cost: &Cost| cost.throttled as f64 / cost.requests as f64);
        let (max_time, max_throttled) = (case.max_time, 100.0 * case.max_throttled);
        println!("| {} | {time:.2} | {max_time} | {:.1} % | {max_throttled} % |", case.name, 100.0 * throttled);
    }
}
