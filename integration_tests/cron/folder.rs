//! A folder with the README's script, its config, and wrappers of the commands that it runs.
//!
//! The wrappers are all that the script finds in its PATH. Each one counts its calls, and kills the process group of the
//! script before the call that `KILL_AT` names.

use crate::connector::{KEY_ID, REGION, SECRET_KEY, assert_each_once};
use cloudtrail_emulator::{Emulator, Event};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    env, fs,
    io::{BufRead, BufReader},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};
use tempfile::TempDir;

/// What the script runs, apart from the connector.
const COMMANDS: [&str; 17] = [
    "basename", "cmp", "cut", "dirname", "find", "flock", "grep", "head", "jq", "mkdir", "mv", "sort", "sync", "tail",
    "tr", "truncate", "wc",
];

/// Counts the calls of `$name`, and kills the whole process group before the call in `KILL_AT`.
const COUNT: &str = r#"
count=0; [ ! -e "$calls/$name" ] || count=$(< "$calls/$name"); count=$((count + 1))
echo $count > "$calls/$name"
[ "$KILL_AT" != "$name $count" ] || kill -KILL 0
"#;

/// Runs the connector faster than AWS allows. With GATE, it starts when its stdin ends. With CUT, an awk pattern, the
/// process group is killed when the connector has written half of the first line that matches.
const CONNECTOR: &str = r#"
[ "$1" != read ] || set -- "$@" --requests-per-second 2000
[ -z "$GATE" ] || { echo waiting >&2; read -r; }
[ -n "$CUT" ] || exec "$real" "$@"
"$real" "$@" | "$awk" "$CUT"' {printf "%s", substr($0, 1, length($0) / 2); exit} {print} /^."type":"STATE"/ {states++}'
kill -KILL 0
"#;

/// The block of code in the README that begins with `start`.
pub(super) fn block(start: &str) -> String {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let blocks = readme.split("\n```").filter_map(|block| Some(block.split_once('\n')?.1));
    let found: Vec<&str> = blocks.filter(|code| code.starts_with(start)).collect();
    let [code] = found[..] else { panic!("{} blocks in the README begin with {start}", found.len()) };
    format!("{code}\n")
}

pub(super) struct Folder(TempDir);

impl Folder {
    pub(super) fn new(emulator: &Emulator) -> Self {
        let folder = Self(TempDir::new().unwrap());
        folder.configure(emulator, REGION);
        folder.write("catalog.json", include_str!("../configured_catalog.json"));
        folder.write("sync.sh", &block("#!/bin/bash\n"));
        fs::create_dir(folder.path("bin")).unwrap();
        fs::create_dir(folder.path("calls")).unwrap();
        for name in COMMANDS {
            folder.wrap(name, &real(name), "exec \"$real\" \"$@\"");
        }
        folder.wrap("source-aws-cloudtrail", Path::new(env!("CARGO_BIN_EXE_source-aws-cloudtrail")), CONNECTOR);
        folder
    }

    /// Another folder with the same files.
    pub(super) fn copy(&self, emulator: &Emulator) -> Self {
        let copy = Self::new(emulator);
        fs::create_dir(copy.path("events")).unwrap();
        let committed = self.committed().into_iter().map(|file| format!("events/{file}"));
        for file in committed.chain(["run.jsonl", "state.json"].map(str::to_owned)) {
            fs::copy(self.path(&file), copy.path(&file)).unwrap();
        }
        copy
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a config for this Region.
    pub(super) fn configure(&self, emulator: &Emulator, region: &str) {
        let config = json!({
            "aws_key_id": KEY_ID, "aws_secret_key": SECRET_KEY, "aws_region_name": region, "endpoint_url": emulator.url()
        });
        self.write("config.json", &config.to_string());
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), PermissionsExt::from_mode(0o755)).unwrap();
    }

    fn wrap(&self, name: &str, real_path: &Path, then: &str) {
        let (calls, awk) = (self.path("calls"), real("awk"));
        let settings = format!("name={name} real={real_path:?} calls={calls:?} awk={awk:?}");
        self.write(&format!("bin/{name}"), &format!("#!/bin/bash\n{settings}\n{COUNT}\n{then}\n"));
    }

    /// Bash in this folder, as cron starts it: with few variables, and without input.
    pub(super) fn bash(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Command {
        let mut command = Command::new("/bin/bash");
        command.args(arguments).env_clear().env("PATH", self.path("bin")).envs(settings.iter().copied());
        command.current_dir(self.0.path()).process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the script to its end, after all processes of earlier runs have ended.
    pub(super) fn run(&self, settings: &[(&str, &str)]) -> Output {
        self.wait_for_lock();
        fs::remove_dir_all(self.path("calls")).unwrap();
        fs::create_dir(self.path("calls")).unwrap();
        self.run_at_once(settings)
    }

    pub(super) fn run_at_once(&self, settings: &[(&str, &str)]) -> Output {
        self.bash(&["sync.sh"], settings).output().unwrap()
    }

    /// Starts the script. Returns when its connector waits for the end of stdin.
    pub(super) fn start_and_wait(&self) -> Child {
        let mut child = self.bash(&["sync.sh"], &[("GATE", "1")]).stdin(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "waiting\n");
        child
    }

    pub(super) fn wait_for_lock(&self) {
        let waited = Command::new(real("flock")).arg(self.path("lock")).arg("true").status().unwrap();
        assert!(waited.success());
    }

    /// The calls of the last run, such as `mv 1`.
    pub(super) fn calls(&self) -> BTreeSet<String> {
        let files = fs::read_dir(self.path("calls")).unwrap().map(|file| file.unwrap().path());
        let calls = files.flat_map(|file| {
            let count: u32 = fs::read_to_string(&file).unwrap().trim().parse().unwrap();
            let name = file.file_name().unwrap().to_str().unwrap().to_owned();
            (1..=count).map(move |nth| format!("{name} {nth}"))
        });
        calls.collect()
    }

    /// The names of the files in `events`, oldest first.
    pub(super) fn committed(&self) -> Vec<String> {
        let files = fs::read_dir(self.path("events")).unwrap();
        let names: BTreeSet<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.into_iter().collect()
    }

    /// That the committed files have each of these events exactly once, and end with a STATE.
    #[track_caller]
    pub(super) fn assert_each_once(&self, events: &[Event]) {
        let mut records = Vec::new();
        for file in self.committed() {
            let text = fs::read_to_string(self.path("events").join(file)).unwrap();
            let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert_eq!(lines.last().unwrap()["type"], "STATE");
            lines.retain(|line| line["type"] == "RECORD");
            records.extend(lines.into_iter().map(|mut line| line["record"]["data"].take()));
        }
        assert_each_once(&records, events);
    }
}

/// The path of a program.
fn real(name: &str) -> PathBuf {
    let folders = env::var_os("PATH").unwrap();
    env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.exists()).unwrap()
}
