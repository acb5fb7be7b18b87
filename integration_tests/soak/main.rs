//! The soak: `cargo bench --bench soak` reads five million events with the real binary, one history after another, while
//! everything goes wrong that the emulator knows. `cargo bench --bench soak -- 60000` reads so many events.
//!
//! Each history belongs to two accounts with five Regions and both streams, and the service is some dozen times as fast as
//! AWS. Its syncs are killed at random points of their output and resume from the last STATEs that were read; events
//! appear late, during syncs and between them. In the end, each event of the history must have been committed once, by a
//! destination that commits at each STATE (`destination.rs`). The first history has a quarter of the events, which one
//! process reads to its end: its memory and its open files must not grow in the second half (`process.rs`).
//!
//! All that is random comes from a seed, which is printed: `SEED=7 cargo bench --bench soak` takes the same decisions
//! again. What happens also depends on the machine, because the connector and the emulator run in real time.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::disallowed_methods,
    clippy::float_cmp,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench measures time, prints its figures, and panics if something is wrong"
)]

mod destination;
mod history;
mod process;
#[path = "../run.rs"]
#[allow(dead_code, reason = "of the tests' helpers, only the comparison of a record with its event is used here")]
mod run;
mod service;
mod tally;

use fastrand::Rng;
use history::History;
use std::{env, time::Instant};
use tally::Tally;

/// How many events are read by default.
const EVENTS: usize = 5_000_000;
/// How many are needed at least to see whether memory is flat.
const MIN_EVENTS: usize = 20_000;
/// The share of the events that is in the first history: one of so many.
const FIRST: usize = 4;
/// How many events any other history has at most, for the memory of the emulator: some 2.5 kB an event.
const MAX_EVENTS: usize = 400_000;
/// How many other histories there are at least.
const MIN_HISTORIES: usize = 3;

fn main() {
    let count = env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let count: usize = count.map_or(EVENTS, |count| count.parse().expect("the argument is a number of events"));
    let seed = env::var("SEED").ok().map(|seed| seed.parse().expect("SEED is a number"));
    let seed: u64 = seed.unwrap_or_else(|| fastrand::u64(..1 << 32));
    assert!(count >= MIN_EVENTS, "at least {MIN_EVENTS} events are needed");
    println!("{count} events, SEED={seed}");
    let (mut random, mut tally, began) = (Rng::with_seed(seed), Tally::default(), Instant::now());

    let first = count / FIRST;
    let others = (count - first).div_ceil(MAX_EVENTS).max(MIN_HISTORIES);
    let sizes = [first].into_iter().chain([(count - first).div_ceil(others)].repeat(others));
    for (number, size) in sizes.enumerate() {
        println!("\nHistory {} of {}", number + 1, others + 1);
        let began = Instant::now();
        let mut history = History::begin(random.fork(), size, number == 0);
        if number == 0 {
            history.read_at_once(&mut tally);
        } else {
            history.read_with_kills(&mut tally);
        }
        history.end(&mut tally);
        println!("{} syncs so far; this history took {:.0} s", tally.syncs, began.elapsed().as_secs_f64());
    }
    println!("\n{}", tally.table(began.elapsed()));
    println!("Each event was committed once. Memory and open files were flat.");
}
