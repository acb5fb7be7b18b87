//! The connector under test: the real binary, with its own files. `running.rs` reads its output, and `run.rs` has the
//! results of its runs.

pub(crate) use crate::run::{Run, assert_each_once};

use crate::running::Running;
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use cloudtrail_emulator::{Emulator, Event, Generator, Settings, generate};
use serde_json::{Value, json};
use source_aws_cloudtrail::secrets;
use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    rc::Rc,
};
use tempfile::TempDir;

pub(crate) const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const SECRET_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
pub(crate) const REGION: &str = "us-east-1";
pub(crate) const DAY: i64 = 86_400;

pub(crate) fn now() -> i64 {
    source_aws_cloudtrail::clock::epoch_seconds()
}

/// `count` events of the last `days` days, generated from a seed.
pub(crate) fn events(count: usize, days: i64, seed: u64) -> Vec<Event> {
    generate(&Generator { count, seed, ..Generator::new(now() - days * DAY, now() - 1) })
}

/// An emulator that never throttles, so that tests are fast.
pub(crate) fn emulator(events: Vec<Event>) -> Emulator {
    Emulator::start(Settings { events, rate: None, ..Settings::default() }).unwrap()
}

/// The connector, with a config for an emulator.
#[derive(Clone)]
pub(crate) struct Connector {
    files: Rc<TempDir>,
    config: Value,
    catalog: Value,
    environment: Vec<(String, String)>,
    pace: Option<&'static str>,
    launcher: Vec<String>,
}

impl Connector {
    pub(crate) fn new(emulator: &Emulator) -> Self {
        Self::at(&emulator.url())
    }

    pub(crate) fn at(endpoint_url: &str) -> Self {
        let config = json!({
            "aws_key_id": KEY_ID, "aws_secret_key": SECRET_KEY, "aws_region_name": REGION, "endpoint_url": endpoint_url
        });
        let catalog = serde_json::from_str(include_str!("configured_catalog.json")).unwrap();
        let environment = Vec::new();
        let files = Rc::new(TempDir::new().unwrap());
        Self { files, config, catalog, environment, pace: Some("2000"), launcher: vec![] }
    }

    /// Started by another program, which gets the connector and its arguments as arguments.
    pub(crate) fn started_by(mut self, launcher: &[&str]) -> Self {
        self.launcher = launcher.iter().map(ToString::to_string).collect();
        self
    }

    pub(crate) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.config[key] = value.into();
        self
    }

    pub(crate) fn without(mut self, key: &str) -> Self {
        self.config.as_object_mut().unwrap().remove(key);
        self
    }

    pub(crate) fn with_catalog(mut self, catalog: Value) -> Self {
        self.catalog = catalog;
        self
    }

    /// Reads both streams.
    pub(crate) fn with_insight_events(mut self) -> Self {
        let mut insight_events = self.catalog["streams"][0].clone();
        insight_events["stream"]["name"] = json!("insight_events");
        self.catalog["streams"].as_array_mut().unwrap().push(insight_events);
        self
    }

    pub(crate) fn with_environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Another connector with the same files.
    pub(crate) fn again(&self) -> Self {
        self.clone()
    }

    pub(crate) fn at_pace(mut self, pace: &'static str) -> Self {
        self.pace = Some(pace);
        self
    }

    /// At AWS's pace of 2 requests a second.
    pub(crate) fn at_the_real_pace(mut self) -> Self {
        self.pace = None;
        self
    }

    pub(crate) fn full_refresh(mut self) -> Self {
        self.catalog["streams"][0]["sync_mode"] = json!("full_refresh");
        self
    }

    pub(crate) fn read(&self, state: Option<&Value>) -> Run {
        self.start_reading(state).finish()
    }

    pub(crate) fn read_with_state_file(&self, text: &str) -> Run {
        fs::write(self.files.path().join("state.json"), text).unwrap();
        self.start(&["read", "--config", "config.json", "--catalog", "catalog.json", "--state", "state.json"]).finish()
    }

    /// `state` is one STATE, or a list of them.
    pub(crate) fn start_reading(&self, state: Option<&Value>) -> Running {
        let mut arguments = vec!["read", "--config", "config.json", "--catalog", "catalog.json"];
        if let Some(state) = state {
            let states = if state.is_array() { state.clone() } else { json!([state]) };
            fs::write(self.files.path().join("state.json"), states.to_string()).unwrap();
            arguments.extend(["--state", "state.json"]);
        }
        arguments.extend(self.pace.iter().flat_map(|pace| ["--requests-per-second", pace]));
        self.start(&arguments)
    }

    pub(crate) fn check(&self) -> Run {
        self.run(&["check", "--config", "config.json"])
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.start(arguments).finish()
    }

    /// The path of one of the connector's files.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    fn start(&self, arguments: &[&str]) -> Running {
        fs::write(self.path("config.json"), self.config.to_string()).unwrap();
        fs::write(self.path("catalog.json"), self.catalog.to_string()).unwrap();
        let binary = env!("CARGO_BIN_EXE_source-aws-cloudtrail");
        let launcher = self.launcher.iter().map(String::as_str);
        let command: Vec<&str> = launcher.chain([binary]).chain(arguments.iter().copied()).collect();
        let mut process = Command::new(command[0]);
        process
            .args(&command[1..])
            .env_clear()
            .envs(self.environment.iter().cloned())
            .current_dir(self.files.path())
            .stdin(Stdio::null());
        Running::start(process, Rc::clone(&self.files), self.secrets())
    }

    /// The secrets in the config and in the environment, in all their forms.
    fn secrets(&self) -> Vec<String> {
        let config_secrets = ["aws_key_id", "aws_secret_key", "aws_session_token"].map(|key| self.config[key].as_str());
        let is_secret = |name: &str| ["_KEY", "_KEY_ID", "_TOKEN"].iter().any(|end| name.ends_with(end));
        let environment_secrets = self.environment.iter().filter(|(name, _)| is_secret(name));
        let environment_secrets = environment_secrets.map(|(_, value)| Some(value.as_str()));
        let secrets = config_secrets.into_iter().chain(environment_secrets).flatten();
        secrets.filter(|secret| !secrets::is_too_short(secret)).flat_map(forms).collect()
    }
}

/// A secret in the forms that a line can contain: plain, or as JSON, URL or base64.
pub(crate) fn forms(secret: &str) -> [String; 4] {
    let json = Value::from(secret).to_string();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(byte);
    let escaped = |byte: u8| if is_plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    let url = secret.bytes().map(escaped).collect();
    [secret.to_owned(), json[1..json.len() - 1].to_owned(), url, BASE64_STANDARD_NO_PAD.encode(secret)]
}
