//! What `check` answers, at once: that the config works, or what is wrong with it.

use crate::connector::{Connector, Run, emulator, events};
use cloudtrail_emulator::{Caller, Emulator, Fault, Settings};
use serde_json::Value;

/// The message of a check that answered FAILED: one status, exit code 0.
#[track_caller]
fn failed(run: &Run) -> &str {
    assert_eq!((run.code, run.stderr.as_str(), run.lines.len()), (Some(0), "", 1), "{:?}", run.lines);
    let status = &run.lines[0]["connectionStatus"];
    assert_eq!(status["status"], "FAILED", "{status}");
    status["message"].as_str().unwrap()
}

#[track_caller]
fn succeeded(run: &Run) -> &Value {
    assert_eq!((run.code, run.stderr.as_str(), run.lines.len()), (Some(0), "", 1), "{:?}", run.lines);
    let status = &run.lines[0]["connectionStatus"];
    assert_eq!(status["status"], "SUCCEEDED", "{status}");
    status
}

#[test]
fn a_config_that_works_takes_one_request_for_one_event() {
    let emulator = emulator(events(100, 80, 1));
    succeeded(&Connector::new(&emulator).check());
    let journal = emulator.journal();
    assert_eq!((journal.len(), journal[0].max_results), (1, Some(1)));
}

#[test]
fn temporary_credentials_work() {
    let settings = Settings { callers: Caller::examples(), ..Settings::default() };
    let emulator = Emulator::start(settings).unwrap();
    let temporary = Connector::new(&emulator).with("aws_key_id", "ASIAIOSFODNN7EXAMPLE");
    succeeded(&temporary.with("aws_session_token", "example-session-token").check());
}

#[test]
fn each_mistake_has_its_own_sentence() {
    let settings = Settings { callers: Caller::examples(), ..Settings::default() };
    let settings = Settings { disabled_regions: ["eu-south-1".to_owned()].into(), ..settings };
    let emulator = Emulator::start(settings).unwrap();
    let with = |key: &str, value: &str| Connector::new(&emulator).with(key, value);
    for (connector, says) in [
        (with("aws_key_id", "AKIAWRONG"), "AWS does not know the access key"),
        (with("aws_secret_key", "wrong"), "Check aws_secret_key"),
        (with("aws_session_token", "superfluous-token"), "aws_session_token"),
        (with("aws_key_id", "ASIAIOSFODNN7EXAMPLE"), "aws_session_token"),
        (
            with("aws_key_id", "ASIAEXPIREDTKEXAMPLE").with("aws_session_token", "example-expired-token"),
            "temporary credentials have expired",
        ),
        (with("aws_key_id", "AKIANOPOLICYXEXAMPLE"), "because no identity-based policy allows"),
        (with("aws_key_id", "AKIADENYBYSCPEXAMPLE"), "explicit deny in a service control policy"),
        (with("aws_key_id", "AKIANOTSUBSCREXAMPLE"), "not signed up"),
        (with("aws_region_name", "eu-south-1"), "that the Region eu-south-1 is enabled"),
        (
            with("aws_region_name", "us-nowhere-1").without("endpoint_url"),
            "The CloudTrail endpoint for Region us-nowhere-1 does not resolve.",
        ),
        (with("endpoint_url", "http://127.0.0.1:1"), "can't be reached"),
        (with("aws_session_token", "two\nlines"), "aws_session_token contains a space, a line break"),
        (
            with("endpoint_url", "http://no-such-host.invalid"),
            "The host name in the endpoint http://no-such-host.invalid does not resolve.",
        ),
        (with("start_date", "yesterday"), "Enter it as YYYY-MM-DD"),
    ] {
        let run = connector.check();
        let message = failed(&run);
        assert!(message.contains(says), "{says}: {message}");
        assert!(!message.contains('\n') && message.ends_with(['.', '"']), "{message}");
    }
}

/// A machine may be set up for other AWS programs.
#[test]
fn settings_of_other_aws_programs_do_no_harm() {
    let emulator = emulator(vec![]);
    for (name, value) in [
        ("AWS_ENDPOINT_URL", ""),
        ("AWS_RETRY_MODE", "legacy"),
        ("AWS_MAX_ATTEMPTS", "0"),
        ("AWS_PROFILE", "nowhere"),
        ("AWS_REGION", "eu-west-9"),
        ("HOME", "/nonexistent"),
        ("AWS_ACCESS_KEY_ID", "AKIAOTHER"),
    ] {
        println!("{name}={value}");
        succeeded(&Connector::new(&emulator).with_environment(name, value).check());
    }
    let from_environment =
        Connector::new(&emulator).without("endpoint_url").with_environment("AWS_ENDPOINT_URL", "garbage");
    assert!(failed(&from_environment.check()).contains("AWS_ENDPOINT_URL \"garbage\" is not a URL"));
}

/// Only the config and the environment are part of the connector's configuration.
#[test]
fn an_endpoint_in_a_profile_is_not_used() {
    let emulator = emulator(vec![]);
    let connector = Connector::new(&emulator).without("endpoint_url");
    std::fs::write(connector.path("profile"), "[default]\nendpoint_url = http://127.0.0.1:1\nretry_mode = legacy\n")
        .unwrap();
    let connector = connector.with_environment("AWS_CONFIG_FILE", "profile");
    let connector = connector.with_environment("AWS_ENDPOINT_URL_CLOUDTRAIL", &emulator.url());
    succeeded(&connector.check());
}

#[test]
fn a_wrong_clock_is_reported() {
    for clock_offset_seconds in [-600, 600] {
        let emulator = Emulator::start(Settings { clock_offset_seconds, ..Settings::default() }).unwrap();
        let run = Connector::new(&emulator).check();
        assert!(failed(&run).contains("clock is off"), "{}", failed(&run));
    }
}

#[test]
fn a_fault_of_the_service_is_retried_and_then_reported() {
    let emulator = emulator(vec![]);
    let connector = Connector::new(&emulator);
    emulator.set_faults(vec![(0, Fault::Status503)]);
    succeeded(&connector.check());
    emulator.set_faults((0..9).map(|nth| (nth, Fault::Status500)).collect());
    let run = connector.check();
    assert!(failed(&run).contains("HTTP status 500"));
}

#[test]
fn a_throttled_check_says_that_the_credentials_are_valid() {
    let emulator = emulator(vec![]);
    emulator.set_faults((0..50).map(|nth| (nth, Fault::Throttled)).collect());
    let run = Connector::new(&emulator).check();
    let message = succeeded(&run)["message"].as_str().unwrap();
    assert!(message.contains("credentials are valid") && message.contains("another reader"), "{message}");
}

#[test]
fn a_file_that_is_not_a_config_fails_the_check() {
    let emulator = emulator(vec![]);
    let connector = Connector::new(&emulator);
    std::fs::write(connector.path("broken.json"), "{\"aws_secret_key\": \"hush").unwrap();
    let run = connector.run(&["check", "--config", "broken.json"]);
    assert!(failed(&run).contains("is not JSON: it ends too early") && !failed(&run).contains("hush"));
    let run = connector.run(&["check", "--config", "missing.json"]);
    assert!(failed(&run).contains("the file does not exist"));
}

/// How much memory the program requires to start at all differs from machine to machine. With a little more, there is none
/// for the thread that resolves the endpoint's host name.
#[test]
fn a_machine_without_memory_for_a_thread_is_not_a_defect() {
    let emulator = emulator(vec![]);
    let url = emulator.url().replace("127.0.0.1", "localhost");
    let answers: Vec<String> = (10..90)
        .filter_map(|megabytes| {
            let script = format!("ulimit -v {megabytes}000; exec \"$@\"");
            let connector = Connector::new(&emulator).with("endpoint_url", url.as_str());
            let run = connector.started_by(&["sh", "-c", &script, "sh"]).check();
            Some(run.lines.first()?["connectionStatus"]["message"].as_str().unwrap_or_default().to_owned())
        })
        .take_while(|message| !message.is_empty())
        .collect();
    assert!(answers.iter().any(|message| message.contains("no thread or memory left")), "{answers:?}");
    assert!(!answers.iter().any(|message| message.contains("defect")), "{answers:?}");
}
