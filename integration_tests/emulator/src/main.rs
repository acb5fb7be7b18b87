//! The emulator as a program: by itself until it is killed, or around one command that is to read from it.

mod arguments;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::process::{Command, ExitCode, ExitStatus};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Parser;
use cloudtrail_emulator::{Emulator, Entry, Event};
use serde_json::json;
use tempfile::NamedTempFile;

use arguments::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(code) => code,
        Err(error) => {
            // With stderr gone as well there is nobody left to tell.
            let _ = writeln!(io::stderr(), "cloudtrail-emulator: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> io::Result<ExitCode> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let events = arguments.events(now.as_secs().cast_signed());
    if let Some(path) = &arguments.dump {
        dump(&events, File::create(path)?)?;
    }
    let started = Instant::now();
    let emulator = Emulator::start(arguments.settings(events))?;
    if let (Some(path), Some(authority)) = (&arguments.ca_file, emulator.certificate_authority()) {
        fs::write(path, authority)?;
    }
    let Some((program, rest)) = arguments.command.split_first() else {
        writeln!(io::stdout(), "listening on {}", emulator.url())?;
        emulator.wait()?;
        return Ok(ExitCode::SUCCESS);
    };
    let mut command = Command::new(program);
    command.args(rest).env("AWS_ENDPOINT_URL_CLOUDTRAIL", emulator.url());
    if !arguments.role.is_empty() {
        command.env("AWS_ENDPOINT_URL_STS", emulator.url());
    }
    let trusted = emulator.certificate_authority().map(temporary_file).transpose()?;
    if let Some(file) = &trusted {
        // The first is what OpenSSL and rustls go by, the second what the AWS CLI and boto3 do.
        command.envs([("SSL_CERT_FILE", file.path()), ("AWS_CA_BUNDLE", file.path())]);
    }
    let status =
        command.status().map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", program.display())))?;
    writeln!(io::stderr(), "{}", summary(&emulator.journal(), started.elapsed()))?;
    Ok(exit_code(status))
}

/// A file with this text, which goes when it is dropped.
fn temporary_file(text: &str) -> io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new()?;
    file.write_all(text.as_bytes())?;
    Ok(file)
}

/// Writes events as JSON lines, each with everything that decides who sees it.
fn dump(events: &[Event], file: File) -> io::Result<()> {
    let mut lines = BufWriter::new(file);
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

/// What became of the requests, timed from the first of them on: the command may have had other things to do before.
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

/// The code of the command, or 128 and the signal that ended it, as shells have it.
fn exit_code(status: ExitStatus) -> ExitCode {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal = None;
    let code = status.code().or(signal.map(|signal| 128 + signal)).unwrap_or(1);
    ExitCode::from(u8::try_from(code & 0xff).unwrap_or(1))
}
