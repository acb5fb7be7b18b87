//! What a waiting connector costs: how often it wakes up, and its CPU time.

use crate::read::Read;
use cloudtrail_emulator::Shape;
use std::{fs, process::Stdio, thread, time::Duration};

/// How long the measurement takes, and how long before it the connector has been started.
const MEASURED: Duration = Duration::from_secs(20);
/// Longer than all of the measurement, so that no answer arrives.
const LATENCY: f64 = 60.0;
/// The unit of times in `/proc`, which is the same on all common architectures. Source: Linux, `USER_HZ`.
const TICKS_PER_SECOND: f64 = 100.0;

/// Prints the table.
pub(crate) fn waiting() {
    println!("\n| Regions that wait for an answer | Wake-ups per second | CPU |\n| :-- | :-- | :-- |");
    for regions in [8, 64] {
        let read = Read { regions, ..Read::new(Shape::Uniform, 100, (LATENCY, 0.0)) };
        let emulator = read.emulator(1);
        let files = read.files(&emulator);
        let mut child = read.command(files.path()).stdout(Stdio::null()).spawn().unwrap();
        thread::sleep(MEASURED);
        let before = counts(child.id());
        thread::sleep(MEASURED);
        let after = counts(child.id());
        child.kill().unwrap();
        child.wait().unwrap();
        let per_second = |after: u64, before: u64| (after - before) as f64 / MEASURED.as_secs_f64();
        let cpu = per_second(after.1, before.1) / TICKS_PER_SECOND;
        println!("| {regions} | {:.2} | {:.2} % |", per_second(after.0, before.0), cpu * 100.0);
    }
}

/// How often `process` has waited until now, and its user and system time in ticks. Source: Linux, `proc_pid_status(5)` and
/// `proc_pid_stat(5)`.
fn counts(process: u32) -> (u64, u64) {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let waits = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")).unwrap();
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The name of the process, in parentheses, is the second field and may contain spaces.
    let times = stat.rsplit_once(") ").unwrap().1.split(' ').skip(14 - 3).take(2);
    (waits.trim().parse().unwrap(), times.map(|time| time.parse::<u64>().unwrap()).sum())
}
