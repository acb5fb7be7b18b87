//! From the command line to the exit code: the one place where a failure becomes a message and a number.

use crate::{
    airbyte::{catalog, output::Output, protocol::Level, stream::Stream},
    check,
    cli::{Cli, Command, ConfigFile, ReadFiles},
    cloudtrail::sdk::CloudTrail,
    config::{credentials::Credentials, raw_config, resolved_config::Config},
    failure::{Failure, Stopped},
    input,
    pace::pacer::FULL_PACE,
    read, secrets, signals,
    state::input_state::InputState,
};
use serde_json::Value;
use std::{
    cell::RefCell,
    env,
    io::{self, ErrorKind, Write},
    panic::{self, AssertUnwindSafe},
    process::ExitCode,
};

/// What `spec` prints. A test parses it.
const SPEC: &str = include_str!("../schemas/spec.json");

/// What tokio says when it panics because the system gives it no thread, such as one to look a host's name up in. With
/// too little memory, it is the thread's stack that there is no room for.
const NO_THREAD: &str = "OS can't spawn worker thread";

thread_local! {
    /// What the last panic of this thread said, and where.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `cli`, with `stdout` for the protocol's messages of `level` and above.
///
/// Exit code 0 means that the command did its work, for `check` also that it found something wrong; 1 that it
/// failed, which an ERROR trace tells, or that nobody listens any more.
pub fn run<W: Write>(cli: &Cli, stdout: W, level: Option<Level>) -> ExitCode {
    let mut output = Output::new(stdout, level);
    guarded(&mut output, |output| {
        let heeded = signals::end_a_first_process();
        heeded.map_err(|error| Failure::system(format!("The connector can't heed signals: {error}.")))?;
        command(&cli.command, output)
    })
}

/// Runs `work`; whatever becomes of it, `output` tells, panics included.
fn guarded<W: Write>(
    output: &mut Output<W>,
    work: impl FnOnce(&mut Output<W>) -> Result<ExitCode, Stopped>,
) -> ExitCode {
    panic::set_hook(Box::new(|panic| PANIC.set(Some(panic.to_string()))));
    let ended = caught(|| work(output)).unwrap_or_else(|defect| Err(defect.into()));
    let told = match ended {
        Ok(code) => return code,
        Err(Stopped::Failed(failure)) => output.failure(&failure, None),
        Err(Stopped::Unwritable(error)) => Err(error),
    };
    match told {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => complain(&error),
        _ => {}
    }
    ExitCode::FAILURE
}

/// The last resort, where stdout takes no message.
fn complain(error: &io::Error) {
    // Nothing can be done about a stderr that takes none either.
    let _ = writeln!(io::stderr(), "source-aws-cloudtrail: stdout can't be written: {error}");
}

/// What becomes of `work`, where a panic is a failure like others.
fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Failure> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        let seen = PANIC.take().unwrap_or_default();
        let failure = if seen.contains(NO_THREAD) {
            Failure::transient(
                "The system has no thread or memory left for this process. Raise its limits (ulimit -u and ulimit -v, or the container's), or try again later.",
            )
        } else {
            Failure::system(
                "The connector has stopped because of a defect in it: please report it, with the internal message.",
            )
        };
        failure.with_internal(seen)
    })
}

fn command<W: Write>(command: &Command, output: &mut Output<W>) -> Result<ExitCode, Stopped> {
    match command {
        Command::Spec => output.spec(&serde_json::from_str(SPEC).map_err(io::Error::from)?)?,
        Command::Discover(files) => {
            configured(files, output)?;
            let streams: Result<_, _> = Stream::ALL.into_iter().map(Stream::offer).collect();
            output.catalog(streams.map_err(Failure::from)?)?;
        }
        Command::Check(files) => {
            let checked = configured(files, output).and_then(|config| {
                let checking = async {
                    let sources = CloudTrail::connect(&config, output.mask()).await?;
                    let of_machine = config.credentials == Credentials::Ambient;
                    let from = sources.first().filter(|_| of_machine).and_then(CloudTrail::credentials_source);
                    Ok((from.map(str::to_owned), check::check(&sources).await))
                };
                caught(|| block_on(checking))??
            });
            let answer = match checked {
                Ok((Some(from), answer)) => {
                    output.log(Level::Info, &format!("AWS credentials: {from}."))?;
                    answer
                }
                Ok((None, answer)) => answer,
                Err(failure) => Err(failure),
            };
            match answer {
                Ok(message) => output.succeeded(message.as_deref())?,
                Err(failure) => output.failed(&failure)?,
            }
        }
        Command::Read(files) => return reading(files, output),
    }
    Ok(ExitCode::SUCCESS)
}

fn reading<W: Write>(files: &ReadFiles, output: &mut Output<W>) -> Result<ExitCode, Stopped> {
    let config = configured(&ConfigFile { config: files.config.clone() }, output)?;
    let catalog = input::json("configured catalog", &files.catalog)?;
    let streams = catalog::streams(&catalog).map_err(Failure::from)?;
    let state = files.state.as_deref().map(|path| input::text("state", path)).transpose()?;
    let state = InputState::parse(state.as_deref().unwrap_or_default()).map_err(Failure::from)?;
    let pace = files.requests_per_second.unwrap_or(FULL_PACE);
    let is_whole = block_on(read::sync_streams(&config, &streams, state, pace, output))??;
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The config of `files`; from here on `output` hides its secrets.
fn configured<W: Write>(files: &ConfigFile, output: &mut Output<W>) -> Result<Config, Failure> {
    let config: Value = input::json("config", &files.config)?;
    raw_config::secrets(&config).for_each(|secret| output.mask().hide(secret));
    let environment = |name: &str| env::var(name).ok();
    for secret in secrets::of_environment(environment) {
        output.mask().hide(&secret);
    }
    Ok(Config::resolve(&config, environment)?)
}

/// Runs `work` on this thread alone: what there is to do in parallel is waiting.
fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| Failure::system(format!("The connector can't start its event loop: {error}.")))?;
    let done = runtime.block_on(work);
    // Not to wait for a name server that does not answer.
    runtime.shutdown_background();
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stdout that takes nothing.
    struct Closed(ErrorKind);

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn ended(work: impl FnOnce(&mut Output<&mut Vec<u8>>) -> Result<ExitCode, Stopped>) -> (ExitCode, String) {
        let mut written = Vec::new();
        let mut output = Output::new(&mut written, Some(Level::Info));
        output.mask().hide("hush");
        let code = guarded(&mut output, work);
        drop(output);
        drop(panic::take_hook());
        (code, String::from_utf8(written).unwrap())
    }

    #[test]
    fn a_panic_becomes_an_error_trace() {
        let (code, written) = ended(|_| panic!("hush, a defect"));
        assert_eq!(code, ExitCode::FAILURE);
        let [line] = written.lines().collect::<Vec<_>>()[..] else { panic!("one line is wanted: {written}") };
        let error = &serde_json::from_str::<Value>(line).unwrap()["trace"]["error"];
        assert_eq!(error["failure_type"], "system_error");
        let internal = error["internal_message"].as_str().unwrap();
        assert!(internal.contains("****, a defect") && internal.contains("run.rs"), "{internal}");
    }

    #[test]
    fn a_machine_without_threads_is_no_defect() {
        let (code, written) = ended(|_| panic!("{NO_THREAD}: Resource temporarily unavailable (os error 11)"));
        assert_eq!(code, ExitCode::FAILURE);
        assert!(written.contains("no thread or memory left") && written.contains("transient_error"), "{written}");
        assert!(written.contains("os error 11") && !written.contains("defect"), "{written}");
    }

    #[test]
    fn what_was_reported_is_not_reported_again() {
        assert_eq!(ended(|_| Ok(ExitCode::FAILURE)), (ExitCode::FAILURE, String::new()));
        assert_eq!(ended(|_| Ok(ExitCode::SUCCESS)), (ExitCode::SUCCESS, String::new()));
    }

    #[test]
    fn a_stdout_that_takes_nothing_fails_the_run() {
        for kind in [ErrorKind::BrokenPipe, ErrorKind::StorageFull] {
            let mut output = Output::new(Closed(kind), Some(Level::Info));
            let code =
                guarded(&mut output, |output| Ok(output.log(Level::Info, "a line").map(|()| ExitCode::SUCCESS)?));
            drop(panic::take_hook());
            assert_eq!(code, ExitCode::FAILURE);
        }
    }

    #[test]
    fn spec_is_json() {
        assert!(serde_json::from_str::<Value>(SPEC).is_ok());
    }
}
