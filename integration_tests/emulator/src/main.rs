//! The emulator as a program, which serves until it is stopped, or while a command runs that uses it.

mod arguments;

use anyhow::Context;
use arguments::Arguments;
use clap::Parser;
use cloudtrail_emulator::{Emulator, Entry, Event};
use serde_json::json;
use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
    process::{Command, ExitCode, ExitStatus},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tempfile::NamedTempFile;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    run(&arguments).unwrap_or_else(|error| {
        // If stderr is closed, the exit code is all that is left.
        let _ = writeln!(io::stderr(), "cloudtrail-emulator: {error:#}");
        ExitCode::FAILURE
    })
}

fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let events = arguments.events(now.as_secs().cast_signed());
    if let Some(path) = &arguments.dump {
        dump(&events, path).with_context(|| format!("can't write {}", path.display()))?;
    }
    let started = Instant::now();
    let emulator = Emulator::start(arguments.settings(events)).context("can't start")?;
    if let (Some(path), Some(authority)) = (&arguments.ca_file, emulator.certificate_authority()) {
        fs::write(path, authority).with_context(|| format!("can't write {}", path.display()))?;
    }
    let Some((program, rest)) = arguments.command.split_first() else {
        writeln!(io::stdout(), "listening on {}", emulator.url())?;
        emulator.wait()?;
        return Ok(ExitCode::SUCCESS);
    };
    let mut command = Command::new(program);
    command.args(rest).env("AWS_ENDPOINT_URL_CLOUDTRAIL", emulator.url());
    command.envs(arguments.endpoint_variables().iter().map(|name| (name, emulator.url())));
    let authority = emulator.certificate_authority().map(temporary_file).transpose()?;
    if let Some(file) = &authority {
        // OpenSSL and rustls read the first; the AWS CLI and boto3 read the second.
        command.envs([("SSL_CERT_FILE", file.path()), ("AWS_CA_BUNDLE", file.path())]);
    }
    let status = command.status().with_context(|| format!("can't run {}", program.display()))?;
    writeln!(io::stderr(), "{}", summary(&emulator.journal(), started.elapsed()))?;
    Ok(exit_code(status))
}

/// A file with this content, which is deleted when it is dropped.
fn temporary_file(text: &str) -> anyhow::Result<NamedTempFile> {
    let mut file = NamedTempFile::new().context("can't create a temporary file")?;
    file.write_all(text.as_bytes()).context("can't write a temporary file")?;
    Ok(file)
}

/// Writes events as JSON lines, with everything that decides who can see each of them.
fn dump(events: &[Event], path: &Path) -> io::Result<()> {
    let mut lines = BufWriter::new(File::create(path)?);
    for event in events {
        let visible_at =
            event.visible_at.and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map(|since| since.as_secs_f64());
        let line = json!({
            "second": event.second,
            "account": event.account,
            "region": event.region,
            "category": format!("{:?}", event.category),
            "visible_at": visible_at,
            "body": event.body,
        });
        writeln!(lines, "{line}")?;
    }
    lines.flush()
}

/// The number of requests by outcome, and their rate since the first one: the command may do other things before it.
fn summary(journal: &[Entry], now: Duration) -> String {
    let served: usize = journal.iter().map(Entry::events).sum();
    let throttled = journal.iter().filter(|entry| entry.error() == Some("ThrottlingException")).count();
    let errors = journal.iter().filter(|entry| !entry.is_page()).count() - throttled;
    let requests = u32::try_from(journal.len()).unwrap_or(u32::MAX);
    let seconds = now.saturating_sub(journal.first().map_or(now, |entry| entry.arrived)).as_secs_f64();
    let rate = f64::from(requests) / seconds.max(f64::EPSILON);
    format!(
        "emulator: {requests} requests, {served} events served, {throttled} throttled, {errors} errors, \
         {seconds:.1} s, {rate:.2} requests/s"
    )
}

/// The exit code of the command; as in shells, 128 plus the signal if one ended it.
fn exit_code(status: ExitStatus) -> ExitCode {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal = None;
    let code = status.code().or(signal.map(|signal| 128 + signal)).unwrap_or(1);
    ExitCode::from(u8::try_from(code & 0xff).unwrap_or(1))
}
