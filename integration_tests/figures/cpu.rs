//! The CPU time of the connector for each record: the user and system time of its process / its records.
//!
//! The emulator neither waits nor throttles, and there are so many events that the start of the process hardly counts.
//! TLS is not part of it. All rows read the same events, one process after the other, in rounds, so that the load of the
//! machine affects all rows alike. A figure is the median of the rounds, with their quartiles. The last column compares a
//! row with the row above it, round by round.
//!
//! `BASELINE` is the path of another build of the connector, relative to the root of the repository. To be comparable, it
//! must be built in the same way: `cargo bench --bench figures --no-run` in a worktree of the other version leaves it at
//! `target/release/source-aws-cloudtrail`.

use crate::read::Read;
use cloudtrail_emulator::{Emulator, Settings, Shape};
use std::{env, fs};

const EVENTS: usize = 40_000;
const ROUNDS: usize = 31;
/// The unit of times in `/proc`, which is the same on all common architectures. Source: Linux, `USER_HZ`.
const MICROSECONDS_PER_TICK: f64 = 10_000.0;

/// A row of the table.
struct Row {
    name: &'static str,
    read: Read,
    /// The CPU time for each record in each round, in microseconds.
    times: Vec<f64>,
    bytes_per_record: usize,
}

impl Row {
    fn new(name: &'static str, read: Read) -> Self {
        Self { name, read, times: Vec::new(), bytes_per_record: 0 }
    }

    fn measure(&mut self, emulator: &Emulator) {
        let before = ticks_of_children();
        let written = self.read.run(emulator).1;
        let ticks = ticks_of_children() - before;
        self.times.push(ticks as f64 * MICROSECONDS_PER_TICK / written.records as f64);
        self.bytes_per_record = written.record_bytes / written.records;
    }
}

fn rows() -> Vec<Row> {
    let throttling = Settings { rate: None, ..Settings::default() };
    let read = Read { speed: 2_000.0, throttling, ..Read::new(Shape::Uniform, EVENTS, (0.0, 0.0)) };
    let baseline = env::var_os("BASELINE").map(|binary| fs::canonicalize(binary).unwrap());
    let baseline = baseline.map(|binary| Row::new("baseline", Read { binary, ..read.clone() }));
    let object = Row::new("object", Read { format: "object", ..read.clone() });
    baseline.into_iter().chain([Row::new("string", read), object]).collect()
}

/// Prints the table.
pub(crate) fn cpu() {
    let mut rows = rows();
    let emulator = rows[0].read.emulator(1);
    for _ in 0..ROUNDS {
        for row in &mut rows {
            row.measure(&emulator);
        }
    }
    println!("\n| CPU time | µs / record | Bytes / record | Time / row above |\n| :-- | :-- | :-- | :-- |");
    for (number, row) in rows.iter().enumerate() {
        let above = number.checked_sub(1).map(|above| &rows[above].times);
        let ratios = above.map(|above| row.times.iter().zip(above).map(|(time, above)| time / above).collect());
        let ratios = ratios.map_or_else(|| "-".to_owned(), |ratios| spread(ratios, 3));
        println!("| {} | {} | {} | {ratios} |", row.name, spread(row.times.clone(), 2), row.bytes_per_record);
    }
}

/// The median of `values`, with the quartiles that half of them are between.
fn spread(mut values: Vec<f64>, digits: usize) -> String {
    values.sort_by(f64::total_cmp);
    let [lower, median, upper] = [1, 2, 3].map(|quarter| values[values.len() * quarter / 4]);
    format!("{median:.digits$} ({lower:.digits$} to {upper:.digits$})")
}

/// The user and system time of all children of this process that have ended, in ticks. Source: Linux,
/// `proc_pid_stat(5)`.
fn ticks_of_children() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    // The name of the process, in parentheses, is the second field and may contain spaces.
    let fields = stat.rsplit_once(") ").unwrap().1.split(' ');
    fields.skip(16 - 3).take(2).map(|field| field.parse::<u64>().unwrap()).sum()
}
