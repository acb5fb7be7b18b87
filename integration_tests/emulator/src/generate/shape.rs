//! How events spread over time.

use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;

use super::Generator;
use crate::latency::standard_normal;
use crate::lookup::whole_seconds;

/// From this many events on, sixty of them share one second: more than a page.
const ENOUGH_FOR_A_CROWD: usize = 500;
const CROWD: std::ops::Range<usize> = 100..160;

/// A distribution over time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// Every second alike.
    #[default]
    Uniform,
    /// Crowded around one moment for every 2,000 events, with a deviation of five minutes.
    Bursty,
    /// From 8 to 18 o'clock on five days of seven, and little at other times.
    Office,
    /// All in the last hour.
    Recent,
    /// All in the first hour.
    Old,
    /// All in the last second.
    OneSecond,
}

/// One second for every event, in the order in which the events arrive, which is not the order of time.
pub(super) fn seconds(generator: &Generator, random: &mut Xoshiro256PlusPlus) -> Vec<i64> {
    let (first, last) = (generator.first, generator.last.max(generator.first));
    let bursts: Vec<i64> = (0..(generator.count / 2000).max(1)).map(|_| random.random_range(first..=last)).collect();
    let mut seconds: Vec<i64> = Vec::with_capacity(generator.count);
    for number in 0..generator.count {
        let crowded = generator.count >= ENOUGH_FOR_A_CROWD && CROWD.contains(&number);
        let second = match seconds.last() {
            Some(before) if crowded || number % 40 == 37 => *before,
            _ => second(generator.shape, first, last, &bursts, random),
        };
        seconds.push(second);
    }
    seconds
}

fn second(shape: Shape, first: i64, last: i64, bursts: &[i64], random: &mut Xoshiro256PlusPlus) -> i64 {
    match shape {
        Shape::Uniform => random.random_range(first..=last),
        Shape::Bursty => {
            let burst = bursts[random.random_range(0..bursts.len())];
            (burst + whole_seconds(300.0 * standard_normal(random))).clamp(first, last)
        }
        Shape::Office => loop {
            let second = random.random_range(first..=last);
            if random.random::<f64>() < busyness(second) {
                return second;
            }
        },
        Shape::Recent => (last - random.random_range(0..3600)).max(first),
        Shape::Old => (first + random.random_range(0..3600)).min(last),
        Shape::OneSecond => last,
    }
}

/// How likely something happens in an office at this second, from 0 to 1. Weeks begin on the Thursday that 1970 did.
fn busyness(second: i64) -> f64 {
    let hours = 8 * 3600..=18 * 3600;
    let hour = if hours.contains(&second.rem_euclid(86_400)) { 1.0 } else { 0.08 };
    let day = if second.div_euclid(86_400).rem_euclid(7) >= 5 { 0.15 } else { 1.0 };
    hour * day
}
