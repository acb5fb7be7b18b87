//! From the command line to the exit code: the one place where a failure becomes a message and an exit code.

use crate::{
    airbyte::{catalog, output::Output, protocol::Level, stream::Stream},
    check,
    cli::{Cli, Command, ReadFiles},
    config::{raw_config, resolved_config::Config},
    failure::Failure,
    input::{self, environment},
    pace::pacer::FULL_PACE,
    read, secrets, signals,
    state::input_state::InputState,
    stopped::Stopped,
};
use serde_json::Value;
use std::{
    cell::RefCell,
    io::{self, ErrorKind, Write},
    panic::{self, AssertUnwindSafe},
    path::Path,
    process::ExitCode,
};

/// What `spec` prints. A test parses it.
const SPEC: &str = include_str!("../schemas/spec.json");

/// What tokio says when it panics because the system does not start a thread for it, such as one that resolves a host
/// name. If memory is short, there is none for the thread's stack.
const NO_THREAD: &str = "OS can't spawn worker thread";

thread_local! {
    /// The message and the place of the last panic of this thread.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `cli`. Messages of the protocol go to `stdout`, LOG lines only if they are of `level` or above.
///
/// The exit code is 0 if the command is done, even if `check` answers FAILED. It is 1 if the command failed, which an ERROR
/// trace reports, or if stdout was closed.
pub fn run<W: Write>(cli: &Cli, stdout: W, level: Option<Level>) -> ExitCode {
    let output = Output::new(stdout, level);
    guarded(&output, |output| {
        signals::handle_as_first_process().map_err(|error| {
            Failure::system("The connector can't install its signal handlers. Report this error.").with_source(error)
        })?;
        command(&cli.command, output)
    })
}

/// Runs `work`, and reports its failure to `output`, even if it panics.
fn guarded<W: Write>(output: &Output<W>, work: impl FnOnce(&Output<W>) -> Result<ExitCode, Stopped>) -> ExitCode {
    panic::set_hook(Box::new(|panic| PANIC.set(Some(panic.to_string()))));
    let ended = caught(|| work(output)).unwrap_or_else(|failure| Err(failure.into()));
    let reported = match ended {
        Ok(code) => return code,
        Err(Stopped::Failed(failure)) => output.failure(&failure, None),
        Err(Stopped::Unwritable(error)) => Err(error),
    };
    match reported {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            // If stderr can't be written either, nothing is left to do.
            let _ = writeln!(io::stderr(), "source-aws-cloudtrail: stdout can't be written: {error}");
        }
        _ => {}
    }
    ExitCode::FAILURE
}

/// Runs `work`, and turns a panic into a failure.
fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Failure> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        let panic = PANIC.take().unwrap_or_default();
        let failure = if panic.contains(NO_THREAD) {
            Failure::transient(
                "The system has no thread or memory left for this process. Raise the limits of the process (ulimit -u and ulimit -v) or of its container, or try again later.",
            )
        } else {
            Failure::system("The connector stopped because of a defect. Report this error with the internal message.")
        };
        failure.with_source(anyhow::Error::msg(panic))
    })
}

/// The specification, which is part of the program. A test holds that it is JSON.
fn spec() -> Result<Value, Failure> {
    serde_json::from_str(SPEC).map_err(|error| {
        Failure::system("The specification in this build is damaged. Report this error.").with_source(error)
    })
}

fn command<W: Write>(command: &Command, output: &Output<W>) -> Result<ExitCode, Stopped> {
    match command {
        Command::Spec => output.spec(&spec()?)?,
        Command::Discover(files) => {
            let format = load_config(&files.config, output)?.event_format;
            let streams: Result<_, _> = Stream::ALL.into_iter().map(|stream| stream.offer(format)).collect();
            output.catalog(streams.map_err(Failure::from)?)?;
        }
        Command::Check(files) => match run_check(&files.config, output) {
            // What is wrong is the answer of a check, even a defect of the connector.
            Err(Stopped::Failed(failure)) => output.failed(None, &[failure])?,
            ended => ended?,
        },
        Command::Read(files) => return run_read(files, output),
    }
    Ok(ExitCode::SUCCESS)
}

fn run_check<W: Write>(config: &Path, output: &Output<W>) -> Result<(), Stopped> {
    let config = load_config(config, output)?;
    caught(|| block_on(check::check(&config, output)))??
}

fn run_read<W: Write>(files: &ReadFiles, output: &Output<W>) -> Result<ExitCode, Stopped> {
    let config = load_config(&files.config, output)?;
    let catalog = input::json("configured catalog", &files.catalog)?;
    let streams = catalog::streams(&catalog).map_err(Failure::from)?;
    let state = files.state.as_deref().map(|path| input::text("state", path)).transpose()?;
    let state = InputState::parse(state.as_deref().unwrap_or_default()).map_err(Failure::from)?;
    let pace = files.requests_per_second.unwrap_or(FULL_PACE);
    let is_complete = block_on(read::sync_streams(&config, &streams, state, pace, output))??;
    Ok(if is_complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The config in the file at `path`. From here on, `output` masks its secrets and those of the environment.
fn load_config<W: Write>(path: &Path, output: &Output<W>) -> Result<Config, Failure> {
    let config: Value = input::json("config", path)?;
    raw_config::secrets(&config).for_each(|secret| output.mask().hide(secret));
    for secret in secrets::in_environment(environment) {
        output.mask().hide(&secret);
    }
    Ok(Config::resolve(&config, environment)?)
}

/// Runs `work` on this thread: only waiting happens in parallel.
fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        Failure::system("The connector can't start its event loop. Report this error.").with_source(error)
    })?;
    let done = runtime.block_on(work);
    // Without waiting for a DNS server that does not answer.
    runtime.shutdown_background();
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stdout that can't be written.
    struct Closed(ErrorKind);

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn ended(work: impl FnOnce(&Output<&mut Vec<u8>>) -> Result<ExitCode, Stopped>) -> (ExitCode, String) {
        let mut written = Vec::new();
        let output = Output::new(&mut written, Some(Level::Info));
        output.mask().hide("hush");
        let code = guarded(&output, work);
        drop(output);
        drop(panic::take_hook());
        (code, String::from_utf8(written).unwrap())
    }

    #[test]
    fn a_panic_becomes_an_error_trace() {
        let (code, written) = ended(|_| panic!("hush, a defect"));
        assert_eq!(code, ExitCode::FAILURE);
        let [line] = written.lines().collect::<Vec<_>>()[..] else { panic!("one line is expected: {written}") };
        let error = &serde_json::from_str::<Value>(line).unwrap()["trace"]["error"];
        assert_eq!(error["failure_type"], "system_error");
        let internal = error["internal_message"].as_str().unwrap();
        assert!(internal.contains("****, a defect") && internal.contains("run.rs"), "{internal}");
    }

    #[test]
    fn a_machine_without_threads_is_not_a_defect() {
        let (code, written) = ended(|_| panic!("{NO_THREAD}: Resource temporarily unavailable (os error 11)"));
        assert_eq!(code, ExitCode::FAILURE);
        assert!(written.contains("no thread or memory left") && written.contains("transient_error"), "{written}");
        assert!(written.contains("os error 11") && !written.contains("defect"), "{written}");
    }

    #[test]
    fn a_failure_that_was_reported_is_not_reported_again() {
        assert_eq!(ended(|_| Ok(ExitCode::FAILURE)), (ExitCode::FAILURE, String::new()));
        assert_eq!(ended(|_| Ok(ExitCode::SUCCESS)), (ExitCode::SUCCESS, String::new()));
    }

    #[test]
    fn a_stdout_that_cannot_be_written_fails_the_run() {
        for kind in [ErrorKind::BrokenPipe, ErrorKind::StorageFull] {
            let output = Output::new(Closed(kind), Some(Level::Info));
            let code = guarded(&output, |output| Ok(output.log(Level::Info, "a line").map(|()| ExitCode::SUCCESS)?));
            drop(panic::take_hook());
            assert_eq!(code, ExitCode::FAILURE);
        }
    }

    #[test]
    fn spec_is_json() {
        assert!(serde_json::from_str::<Value>(SPEC).is_ok());
    }
}
