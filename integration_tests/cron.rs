//! The README's script for cron, and its test of `check`, word for word. Wherever the script is killed, every event is in
//! its files exactly once after the next run. A bad config is reported, and two runs at once are impossible.

mod folder;

use crate::connector::{REGION, emulator, events, now};
use cloudtrail_emulator::{Event, Generator, generate};
use folder::{Folder, block};
use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::process::ExitStatusExt,
    process::Output,
};

const LOCKED: i32 = 75;
const SIGKILL: i32 = 9;

/// Events within the lookback window, where new events show up.
fn recent_events(seed: u64) -> Vec<Event> {
    generate(&Generator { count: 60, seed, ..Generator::new(now() - 600, now() - 1) })
}

#[track_caller]
fn assert_succeeded(output: &Output) {
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!((output.status.code(), &*out, &*error), (Some(0), "", ""));
}

#[track_caller]
fn assert_killed(output: &Output) {
    assert_eq!(output.status.signal(), Some(SIGKILL), "{output:?}");
}

#[test]
fn killed_before_any_command_the_script_loses_and_repeats_nothing() {
    let mut data = events(60, 80, 1);
    let emulator = emulator(data.clone());
    let start = Folder::new(&emulator);
    // A file of events, the output of a run that was killed before it was committed, and new events.
    assert_succeeded(&start.run(&[]));
    start.assert_each_once(&data);
    for seed in [2, 3] {
        let new = recent_events(seed);
        emulator.add(new.clone());
        data.extend(new);
        if seed == 2 {
            assert_killed(&start.run(&[("KILL_AT", "grep 1")]));
        }
    }

    let complete = start.copy(&emulator);
    assert_succeeded(&complete.run(&[]));
    complete.assert_each_once(&data);
    assert_eq!(complete.committed(), ["00000001.jsonl", "00000002.jsonl", "00000003.jsonl"]);
    let calls = complete.calls();
    assert!(calls.contains("mv 2"), "{calls:?}");
    for call in calls {
        println!("killed before {call}");
        let folder = start.copy(&emulator);
        assert_killed(&folder.run(&[("KILL_AT", &call)]));
        assert_succeeded(&folder.run(&[]));
        folder.assert_each_once(&data);
    }
}

#[test]
fn killed_during_a_read_the_script_keeps_what_came_before_the_last_state() {
    let data = events(3_000, 80, 4);
    let emulator = emulator(data.clone());
    for (cut, files) in [(r#"/^."type":"RECORD"/"#, 1), (r#"/^."type":"STATE"/"#, 1), ("states", 2)] {
        println!("killed at the first line that is {cut}");
        let folder = Folder::new(&emulator);
        assert_killed(&folder.run(&[("CUT", cut)]));
        assert_succeeded(&folder.run(&[]));
        folder.assert_each_once(&data);
        assert_eq!(folder.committed().len(), files);
    }
}

/// Blocks of a file that were not on the disk yet read as zeros.
#[test]
fn output_with_holes_is_read_again() {
    let data = events(60, 80, 5);
    let emulator = emulator(data.clone());
    let folder = Folder::new(&emulator);
    assert_killed(&folder.run(&[("KILL_AT", "grep 1")]));
    let output = fs::read(folder.path("run.jsonl")).unwrap();
    let mut file = OpenOptions::new().write(true).open(folder.path("run.jsonl")).unwrap();
    file.write_all(&vec![0; output.len() / 2]).unwrap();
    assert_succeeded(&folder.run(&[]));
    folder.assert_each_once(&data);
}

#[test]
fn bad_config_is_reported_on_stderr_and_fails_the_script() {
    let data = events(60, 80, 6);
    let emulator = emulator(data.clone());
    let folder = Folder::new(&emulator);
    folder.configure(&emulator, "us-east-1a");
    for _ in 0..2 {
        let output = folder.run(&[]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && error.contains("aws_region_name"), "{output:?}");
        assert_eq!(folder.committed(), [""; 0]);
    }
    folder.configure(&emulator, REGION);
    assert_succeeded(&folder.run(&[]));
    folder.assert_each_once(&data);
}

#[test]
fn second_run_at_the_same_time_is_locked_out() {
    let data = events(60, 80, 7);
    let emulator = emulator(data.clone());
    let folder = Folder::new(&emulator);
    let assert_locked = || {
        let output = folder.run_at_once(&[]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*error), (Some(LOCKED), "Another sync is running.\n"));
    };
    let first = folder.start_and_wait();
    assert_locked();
    assert_succeeded(&first.wait_with_output().unwrap());
    folder.assert_each_once(&data);

    // The connector of a script that was killed still has the lock. What it reads is committed by the next run.
    let new = recent_events(8);
    emulator.add(new.clone());
    let mut orphaned = folder.start_and_wait();
    orphaned.kill().unwrap();
    assert_locked();
    drop(orphaned.stdin.take());
    assert_succeeded(&folder.run(&[]));
    folder.assert_each_once(&[data, new].concat());
    assert_eq!(folder.committed().len(), 3);
}

#[test]
fn test_of_check_fails_where_check_answers_failed() {
    let emulator = emulator(vec![]);
    let folder = Folder::new(&emulator);
    let script = block("source-aws-cloudtrail check --config config.json |");
    for (region, code, printed) in [(REGION, 0, "true\n"), ("us-east-1a", 1, "false\n")] {
        folder.configure(&emulator, region);
        let output = folder.bash(&["-c", &script], &[]).output().unwrap();
        assert_eq!((output.status.code(), &*String::from_utf8_lossy(&output.stdout)), (Some(code), printed));
    }
}
