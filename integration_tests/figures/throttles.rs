//! What throttling costs: the time of a read, as a multiple of what its events take at 2 requests a second, and the share
//! of its requests that were throttled, medians of five seeds, beside the most that they should be.
//!
//! Of two readers, both are to be done, and their requests count together. In the first rows nothing is to be throttled: they
//! are measured apart from the others, because many processes that start together are late with their first requests.

use crate::{
    costs, median,
    read::{Cost, Read},
};
use cloudtrail_emulator::{Limiter, Settings, Shape};

/// What is read, the most time it should take, and the most requests that should be throttled.
struct Case {
    name: &'static str,
    read: Read,
    most_time: f64,
    most_throttled: f64,
}

impl Case {
    fn new(name: &'static str, most_time: f64, most_throttled: f64, throttling: Settings) -> Self {
        let read = Read { throttling, ..Read::new(Shape::Uniform, 5_000, (0.3, 0.3)) };
        Self { name, read, most_time, most_throttled }
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
        case("1.5 a second, two windows", 1.5, 0.15, Settings { rate: Some(1.5), ..aws() }),
        case(
            "1.5 a second, bucket of 3",
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
    println!("\n| Throttling | Time | at the most | Throttled | at the most |\n| :-- | :-- | :-- | :-- | :-- |");
    let (alone, others): (Vec<Case>, Vec<Case>) = cases().into_iter().partition(|case| case.most_throttled <= 0.0);
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
        let (most_time, most_throttled) = (case.most_time, 100.0 * case.most_throttled);
        println!("| {} | {time:.2} | {most_time} | {:.1} % | {most_throttled} % |", case.name, 100.0 * throttled);
    }
}
