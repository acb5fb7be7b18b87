//! The cron script of docs/cron.md, as a user copies it: every event is in its files exactly once, wherever the script is
//! killed, and whatever command of it fails.
//!
//! The script finds nothing on its `PATH` but wrappers of the commands that it runs. A wrapper counts the calls of its
//! command, and in the place of a chosen call it runs what the test says. A call is a dot in a file, so that a wrapper that
//! is killed leaves a valid count.

use crate::connector::{KEY_ID, REGION, SECRET_KEY, assert_each_once, emulator, now};
use cloudtrail_emulator::{Category, Emulator, Event, Generator, generate};
use serde_json::{Value, json};
use std::{
    env, fs,
    os::unix::{fs::symlink, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Output},
    thread,
};
use tempfile::TempDir;

const BINARY: &str = "source-aws-cloudtrail";
/// All commands that the script runs.
const COMMANDS: [&str; 10] = [BINARY, "awk", "flock", "grep", "head", "mv", "sed", "sync", "tail", "wc"];

const WRAPPER: &str = r#"#!/bin/sh
PATH=$REAL_PATH
name=${0##*/}
printf . >> "$CALLS/$name"
read -r calls < "$CALLS/$name"
if [ "$name ${#calls}" != "$CHOSEN" ]; then exec "$name" "$@"; fi
: > "$CALLS/chosen"
eval "$INSTEAD"
"#;
const KILL_BEFORE: &str = "kill -9 0";
const KILL_AFTER: &str = "\"$name\" \"$@\"; kill -9 0";
const FAIL: &str = "exit 1";

/// The script in docs/cron.md, to the letter.
fn script() -> &'static str {
    let text = include_str!("../docs/cron.md");
    text[text.find("#!/bin/sh\n").unwrap()..].split_once("```\n").unwrap().0
}

/// A folder of a user, with the script in it, and the events of the account.
struct Cron {
    folder: TempDir,
    emulator: Emulator,
    events: Vec<Event>,
    /// The chosen call, such as `mv 1`, and what runs in its place.
    chosen: String,
    instead: String,
}

impl Cron {
    fn new(chosen: &str, instead: &str) -> Self {
        let cron = Self {
            folder: TempDir::new().unwrap(),
            emulator: emulator(vec![]),
            events: Vec::new(),
            chosen: chosen.to_owned(),
            instead: instead.to_owned(),
        };
        fs::write(cron.path("collect.sh"), script()).unwrap();
        cron.choose(&["management_events"]);
        cron.configure(REGION);
        fs::create_dir(cron.path("calls")).unwrap();
        fs::create_dir(cron.path("wrappers")).unwrap();
        fs::write(cron.path("wrapper"), WRAPPER).unwrap();
        // A child writes the executable: if this process did, a fork of another test could keep it open, and so busy.
        let mut copy = Command::new("install");
        copy.args(["-m", "755"]).arg(cron.path("wrapper")).arg(cron.path("wrappers/any"));
        assert!(copy.status().unwrap().success());
        for name in COMMANDS {
            symlink("any", cron.path("wrappers").join(name)).unwrap();
        }
        cron
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn configure(&self, region: &str) {
        let config = json!({
            "aws_key_id": KEY_ID, "aws_secret_key": SECRET_KEY, "aws_region_name": region,
            "endpoint_url": self.emulator.url()
        });
        fs::write(self.path("config.json"), config.to_string()).unwrap();
    }

    /// Puts `streams` in the catalog.
    fn choose(&self, streams: &[&str]) {
        let mut catalog: Value = serde_json::from_str(include_str!("configured_catalog.json")).unwrap();
        let streams = streams.iter().map(|name| {
            let mut stream = catalog["streams"][0].clone();
            stream["stream"]["name"] = json!(name);
            stream
        });
        catalog["streams"] = streams.collect();
        fs::write(self.path("catalog.json"), catalog.to_string()).unwrap();
    }

    /// `count` new management events.
    fn happen(&mut self, count: usize) {
        let new = self.new_events(Category::Management, count);
        self.events.extend(new);
    }

    /// `count` new events of the last ten minutes, which the account has from now on.
    fn new_events(&self, category: Category, count: usize) -> Vec<Event> {
        let seed = u64::try_from(self.events.len()).unwrap();
        let generator = Generator { count, seed, category, size: Some(100), ..Generator::new(now() - 600, now() - 1) };
        let new = generate(&generator);
        self.emulator.add(new.clone());
        new
    }

    fn run(&self) -> Output {
        // What was killed holds the lock until it is gone. A child waits for it: a fork of another test could keep the lock
        // of this process.
        let mut wait = Command::new("flock");
        assert!(wait.arg(self.path("lock")).arg("true").status().unwrap().success());
        let binary = Path::new(env!("CARGO_BIN_EXE_source-aws-cloudtrail")).parent().unwrap();
        Command::new("/bin/sh")
            .args(["collect.sh", "--requests-per-second", "2000"])
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", self.path("wrappers"))
            .env("REAL_PATH", format!("{}:{}", binary.display(), env::var("PATH").unwrap()))
            .env("CALLS", self.path("calls"))
            .env("CHOSEN", &self.chosen)
            .env("INSTEAD", &self.instead)
            .process_group(0)
            .output()
            .unwrap()
    }

    /// All calls so far, such as `mv 1`.
    fn calls(&self) -> Vec<String> {
        let count = |name: &str| fs::read(self.path("calls").join(name)).map_or(0, |dots| dots.len());
        let calls_of = |name: &'static str| (1..=count(name)).map(move |call| format!("{name} {call}"));
        COMMANDS.into_iter().flat_map(calls_of).collect()
    }

    /// Whether the chosen call was among those of the last run.
    fn was_chosen(&self) -> bool {
        fs::remove_file(self.path("calls/chosen")).is_ok()
    }

    /// The committed files, in order, with their lines.
    fn committed(&self) -> Vec<(String, Vec<Value>)> {
        let names =
            fs::read_dir(self.folder.path()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.starts_with("events-")).collect();
        names.sort();
        let lines = |name: &str| {
            let text = fs::read_to_string(self.path(name)).unwrap();
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        names.into_iter().map(|name| (name.clone(), lines(&name))).collect()
    }

    fn committed_records(&self) -> Vec<Value> {
        let lines = self.committed().into_iter().flat_map(|(_, lines)| lines);
        lines.filter(|line| line["type"] == "RECORD").map(|line| line["record"]["data"].clone()).collect()
    }

    /// Runs once more, which must succeed. Then every event is in the committed files exactly once.
    #[track_caller]
    fn assert_ends_well(&self) {
        let last = self.run();
        let case = format!("{} in the place of {:?}", self.instead, self.chosen);
        assert!(last.status.success() && last.stderr.is_empty() && last.stdout.is_empty(), "{case}: {last:?}");
        assert_each_once(&self.committed_records(), &self.events);
        for (name, lines) in self.committed() {
            assert_eq!(lines.last().unwrap()["type"], "STATE", "{case}: {name}");
        }
    }
}

/// A first run, one with a config error, one that finds new events, and a last one. Returns the calls but for the last
/// run's.
fn history(chosen: &str, instead: &str) -> Vec<String> {
    let mut cron = Cron::new(chosen, instead);
    let mut times_chosen = 0;
    for region in [REGION, "mars", REGION] {
        cron.configure(region);
        cron.happen(60);
        let run = cron.run();
        let was_chosen = cron.was_chosen();
        times_chosen += u32::from(was_chosen);
        let is_good = region == REGION && !was_chosen;
        assert_eq!(run.status.success(), is_good, "{instead} in the place of {chosen:?}: {run:?}");
    }
    assert_eq!(times_chosen, u32::from(!chosen.is_empty()), "{instead} in the place of {chosen:?}");
    let calls = cron.calls();
    cron.assert_ends_well();
    calls
}

#[test]
fn every_event_is_committed_once_whatever_command_is_killed_or_fails() {
    let calls = history("", "");
    assert!(calls.len() > 20, "{calls:?}");
    // Side by side, because each one mostly waits for processes.
    thread::scope(|scope| {
        for instead in [KILL_BEFORE, KILL_AFTER, FAIL] {
            let calls = &calls;
            scope.spawn(move || calls.iter().for_each(|chosen| drop(history(chosen, instead))));
        }
    });
}

#[test]
fn every_event_is_committed_once_when_a_read_ends_midway() {
    let torn_line = r#"NR > 30 { printf "%s", substr($0, 1, length($0) / 2); exit } { print }"#;
    let torn_state = |nth: u32, rest: &str| {
        format!(r#"/^[{{]"type":"STATE"/ && ++n == {nth} {{ {rest}; printf "%s", $0; exit }} {{ print }}"#)
    };
    // Without its end it still ends in braces, and without its newline it may be one without its end.
    let without_end = r#"sub(/,"sourceStats.*/, "")"#;
    let without_newline = "0";
    let (dies, script_dies, few, many) = ("exit 137", "kill -9 0", 60, 2_600);
    // A STATE is due after 2500 records, and at the end.
    let (nothing, the_first_state) = (0..1, 2_500..2_600);
    for (count, passed_on, end, kept) in [
        (few, torn_line.to_owned(), dies, &nothing),
        (few, torn_line.to_owned(), script_dies, &nothing),
        (few, torn_state(1, without_end), dies, &nothing),
        (few, torn_state(1, without_newline), script_dies, &nothing),
        (many, torn_state(2, without_end), dies, &the_first_state),
        (many, torn_state(2, without_newline), dies, &the_first_state),
        (many, torn_state(2, without_newline), script_dies, &nothing),
    ] {
        let mut cron = Cron::new("source-aws-cloudtrail 1", &format!("$name \"$@\" | awk '{passed_on}'; {end}"));
        cron.happen(count);
        let run = cron.run();
        assert!(!run.status.success(), "{end} after {passed_on}");
        let count = cron.committed_records().len();
        assert!(kept.contains(&count), "{end} after {passed_on}: {count} records, {run:?}");
        cron.happen(60);
        cron.assert_ends_well();
    }
}

#[test]
fn a_second_run_is_locked_out_as_long_as_a_connector_runs() {
    let second = "/bin/sh collect.sh 2> second.txt; echo $? >> second.txt";
    for instead in [format!("{second}; \"$name\" \"$@\""), format!("kill -9 $PPID; {second}")] {
        let mut cron = Cron::new("source-aws-cloudtrail 1", &instead);
        cron.happen(60);
        cron.run();
        let second = fs::read_to_string(cron.path("second.txt")).unwrap();
        assert_eq!(second, "collect.sh: another run holds the lock\n1\n");
        cron.assert_ends_well();
    }
}

#[test]
fn a_config_error_is_printed_and_nothing_is_committed() {
    let mut cron = Cron::new("", "");
    cron.happen(60);
    cron.assert_ends_well();
    let before = cron.committed();
    cron.configure("mars");
    let run = cron.run();
    let output = fs::read_to_string(cron.path("run.tmp")).unwrap();
    let error: Value = serde_json::from_str(output.lines().next().unwrap()).unwrap();
    let message = error["trace"]["error"]["message"].as_str().unwrap();
    assert!(message.contains("\"mars\""), "{message}");
    let wanted = format!("{message}\ncollect.sh: source-aws-cloudtrail ended with exit code 1\n");
    assert_eq!((run.status.code(), String::from_utf8(run.stderr).unwrap()), (Some(1), wanted));
    assert_eq!(cron.committed(), before);
    cron.configure(REGION);
    cron.assert_ends_well();
}

/// The last line of a file is the state of one stream: that of the other one would be lost.
#[test]
fn a_catalog_with_several_streams_is_refused() {
    let mut cron = Cron::new("", "");
    cron.happen(60);
    cron.choose(&["management_events", "insight_events"]);
    let run = cron.run();
    let wanted =
        "collect.sh: catalog.json must contain exactly one stream, and contains 2. Use a folder for each stream\n";
    assert_eq!((run.status.code(), String::from_utf8(run.stderr).unwrap().as_str()), (Some(1), wanted));
    assert!(cron.committed().is_empty());
    cron.choose(&["management_events"]);
    cron.assert_ends_well();
}

#[test]
fn a_folder_with_insight_events_has_every_one_of_them_once() {
    let mut cron = Cron::new("", "");
    cron.choose(&["insight_events"]);
    for _ in 0..2 {
        let new = cron.new_events(Category::Insight, 60);
        cron.events.extend(new);
        // These are not events of the stream.
        cron.new_events(Category::Management, 60);
        cron.assert_ends_well();
    }
    assert_eq!(cron.committed().len(), 2);
}

/// An empty state would be taken for none, and all events would be read again.
#[test]
fn a_newest_file_without_a_state_is_an_error() {
    let cron = Cron::new("", "");
    cron.assert_ends_well();
    for text in ["", "\n"] {
        fs::write(cron.path("events-00000001.jsonl"), text).unwrap();
        let run = cron.run();
        let wanted = "collect.sh: events-00000001.jsonl does not end with a STATE\n";
        assert_eq!((run.status.code(), String::from_utf8(run.stderr).unwrap().as_str()), (Some(1), wanted));
        assert!(!cron.path("events-00000002.jsonl").exists());
    }
}
