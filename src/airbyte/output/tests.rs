//! Counts of records, masked secrets, line ends and log levels.

use super::*;
use serde_json::json;
use std::panic::{self, AssertUnwindSafe};

fn written(write: impl FnOnce(&Output<&mut Vec<u8>>)) -> Vec<Value> {
    let mut bytes = Vec::new();
    let output = Output::new(&mut bytes, Some(Level::Info));
    write(&output);
    drop(output);
    String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Adds `json` as the data of a record.
fn as_data(json: &str) -> impl FnOnce(&mut Vec<u8>) -> Option<RecordMeta> {
    move |line| {
        line.extend_from_slice(json.as_bytes());
        None
    }
}

#[test]
fn a_state_counts_the_records_since_the_one_before() {
    let lines = written(|output| {
        for records in [2, 0, 1] {
            for _ in 0..records {
                output.record(Stream::ManagementEvents, as_data(r#"{"EventId":"a"}"#)).unwrap();
            }
            output.state(Stream::ManagementEvents, &json!({})).unwrap();
        }
    });
    let counts: Vec<_> = lines.iter().filter_map(|line| line["state"]["sourceStats"]["recordCount"].as_f64()).collect();
    assert_eq!(counts, [2.0, 0.0, 1.0]);
}

#[test]
fn secrets_are_masked_in_all_but_records() {
    let failure = Failure::config("the key hush is wrong").with_source(anyhow::anyhow!("hush!"));
    let lines = written(|output| {
        output.mask().hide("hush");
        output.log(Level::Warn, "hush").unwrap();
        output.failure(&failure, None).unwrap();
        output.failed(None, &[failure]).unwrap();
        output.succeeded(Some("hush")).unwrap();
        output.record(Stream::ManagementEvents, as_data(r#"{"AccessKeyId":"hush"}"#)).unwrap();
    });
    assert_eq!(lines.len(), 5);
    for line in &lines {
        assert_eq!(line.to_string().contains("hush"), line["type"] == "RECORD", "{line}");
    }
}

#[test]
fn a_check_that_fails_with_a_system_error_has_the_internal_message() {
    let answer = |failure: Failure| {
        let failure = failure.with_source(anyhow::anyhow!("panicked at a.rs:\nwhy"));
        let lines = written(|output| output.failed(None, &[failure]).unwrap());
        lines[0]["connectionStatus"]["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(answer(Failure::system("Report it.")), "Report it. Internal message: panicked at a.rs: why");
    assert_eq!(answer(Failure::config("Fix it.")), "Fix it.");
}

#[test]
fn a_failure_quotes_others_on_one_line() {
    let failure = Failure::config("AWS says: \"no\n\u{2028}\"").with_source(anyhow::anyhow!("no\r\u{85}"));
    let lines = written(|output| output.failure(&failure, None).unwrap());
    let error = &lines[0]["trace"]["error"];
    assert_eq!((&error["message"], &error["internal_message"]), (&json!("AWS says: \"no  \""), &json!("no  ")));
}

const LINE_ENDS: [char; 10] =
    ['\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];

/// The line of a record with `data`, which must be one line for every reader.
fn one_line(data: &str) -> String {
    let mut bytes = Vec::new();
    let output = Output::new(&mut bytes, Some(Level::Info));
    output.record(Stream::ManagementEvents, as_data(data)).unwrap();
    drop(output);
    let line = String::from_utf8(bytes).unwrap();
    assert_eq!(line.find(LINE_ENDS), Some(line.len() - 1), "{line}");
    line
}

#[test]
fn nothing_within_a_line_ends_it() {
    let all = "\u{2028}a\u{2029}\u{2029}\u{85}b\nc\u{b}\u{c}\u{1c}\u{1e}\r".to_owned();
    for separators in LINE_ENDS.map(String::from).into_iter().chain([all]) {
        let text = format!("{separators}ä\u{2027}");
        let line = one_line(&json!({ "EventName": text }).to_string());
        assert!(line.contains("ä\u{2027}"), "{line}");
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["record"]["data"]["EventName"], text);
    }
}

#[test]
fn nested_json_is_written_as_it_is_but_for_line_ends() {
    for (json, written) in [
        (
            "{\r\n \"a\":\n1.50e+1,\"b\": \"\u{2028}\\n\u{85}\\u00e4\", \"a\" : 123456789012345678901234567890}",
            r#"{   "a": 1.50e+1,"b": "\u2028\n\u0085\u00e4", "a" : 123456789012345678901234567890}"#,
        ),
        ("[1,\r2]", "[1, 2]"),
        ("[1,\n2]", "[1, 2]"),
    ] {
        let line = one_line(json);
        assert!(line.contains(&format!(r#""data":{written},"#)), "{line}");
    }
}

#[test]
fn a_panic_while_a_record_is_added_leaves_no_part_of_it() {
    let lines = written(|output| {
        let add = |line: &mut Vec<u8>| {
            line.extend_from_slice(br#"{"EventId":"#);
            panic!("a defect")
        };
        let record = || output.record(Stream::ManagementEvents, add);
        panic::catch_unwind(AssertUnwindSafe(record)).unwrap_err();
        output.log(Level::Info, "after it").unwrap();
    });
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["log"]["message"], "after it");
}

#[test]
fn each_stream_counts_its_own_records() {
    let lines = written(|output| {
        for stream in [Stream::ManagementEvents, Stream::InsightEvents, Stream::ManagementEvents] {
            output.record(stream, as_data(r#"{"EventId":"a"}"#)).unwrap();
        }
        for stream in Stream::ALL {
            output.state(stream, &json!({})).unwrap();
        }
    });
    let counts: Vec<_> = lines.iter().filter_map(|line| line["state"]["sourceStats"]["recordCount"].as_f64()).collect();
    assert_eq!(counts, [2.0, 1.0]);
}

#[test]
fn logs_below_the_level_are_not_written() {
    let lines = written(|output| {
        output.log(Level::Debug, "no").unwrap();
        output.log(Level::Info, "yes").unwrap();
    });
    assert_eq!(lines.len(), 1);
}
