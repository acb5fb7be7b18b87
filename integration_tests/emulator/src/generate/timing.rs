//! When events occur: a distribution over time, with events that share a second.

use super::generator::{Generator, Shape};
use crate::{
    random::{Random, standard_normal},
    wire::timestamp::whole_second,
};
use rand::RngExt;
use std::ops::Range;

/// From this many events on, sixty of them share a second, which is more than a page.
const MIN_COUNT_FOR_SHARED_SECOND: usize = 500;
/// The events that share a second.
const SHARED_SECOND: Range<usize> = 100..160;

/// The second of each event. They are not sorted.
pub(super) fn seconds(generator: &Generator, random: &mut Random) -> Vec<i64> {
    let (first, last) = (generator.first, generator.last.max(generator.first));
    let bursts: Vec<i64> = (0..(generator.count / 2000).max(1)).map(|_| random.random_range(first..=last)).collect();
    let mut seconds: Vec<i64> = Vec::with_capacity(generator.count);
    for number in 0..generator.count {
        let shares_second = generator.count >= MIN_COUNT_FOR_SHARED_SECOND && SHARED_SECOND.contains(&number);
        let second = match seconds.last() {
            Some(previous) if shares_second || number % 40 == 37 => *previous,
            _ => second(generator.shape, first, last, &bursts, random),
        };
        seconds.push(second);
    }
    seconds
}

fn second(shape: Shape, first: i64, last: i64, bursts: &[i64], random: &mut Random) -> i64 {
    match shape {
        Shape::Uniform => random.random_range(first..=last),
        Shape::Bursty => {
            let burst = bursts[random.random_range(0..bursts.len())];
            (burst + whole_second(300.0 * standard_normal(random))).clamp(first, last)
        }
        Shape::Office => loop {
            let second = random.random_range(first..=last);
            if random.random::<f64>() < office_activity(second) {
                return second;
            }
        },
        Shape::Recent => (last - random.random_range(0..3600)).max(first),
        Shape::Old => (first + random.random_range(0..3600)).min(last),
        Shape::OneSecond => last,
    }
}

/// How much happens in an office at this second, from 0 to 1. The weeks begin on Thursdays, as 1970 did.
fn office_activity(second: i64) -> f64 {
    let hours = 8 * 3600..=18 * 3600;
    let hour = if hours.contains(&second.rem_euclid(86_400)) { 1.0 } else { 0.08 };
    let day = if second.div_euclid(86_400).rem_euclid(7) >= 5 { 0.15 } else { 1.0 };
    hour * day
}
