//! The table of AWS's errors: each with its sentence in `check` and in `read`, its failure type, and the number of requests
//! until it is reported. What the user has to fix is reported after one.

use crate::connector::{Connector, emulator};
use cloudtrail_emulator::Fault;

const CONFIG: &str = "config_error";
const TRANSIENT: &str = "transient_error";

fn error(status: u16, code: &str, message: &str) -> Fault {
    Fault::Error { status, code: code.to_owned(), message: message.to_owned() }
}

#[test]
fn every_error_has_its_sentence_and_its_failure_type() {
    let expired =
        "Signature expired: 20261122T000000Z is now earlier than 20261122T001000Z (20261122T001500Z - 5 min.)";
    let scp = "User: arn:aws:iam::123456789012:user/reader is not authorized to perform: cloudtrail:LookupEvents with an explicit deny in a service control policy";
    for (fault, failure_type, says) in [
        (error(400, "UnrecognizedClientException", ""), CONFIG, "AWS does not know the access key in us-east-1"),
        (error(403, "InvalidClientTokenId", ""), CONFIG, "AWS does not know the access key in us-east-1"),
        (error(400, "InvalidSignatureException", "does not match"), CONFIG, "Check aws_secret_key"),
        (error(403, "SignatureDoesNotMatch", "does not match"), CONFIG, "Check aws_secret_key"),
        (error(400, "InvalidSignatureException", expired), CONFIG, "clock is off by more than 5 minutes"),
        (error(400, "RequestExpired", ""), CONFIG, "clock is off by more than 5 minutes"),
        (error(400, "ExpiredTokenException", ""), CONFIG, "temporary credentials have expired"),
        (error(400, "ExpiredToken", ""), CONFIG, "temporary credentials have expired"),
        (error(400, "AccessDeniedException", scp), CONFIG, scp),
        (error(403, "OptInRequired", ""), CONFIG, "not signed up for CloudTrail"),
        (error(400, "SubscriptionRequiredException", ""), CONFIG, "not signed up for CloudTrail"),
        (error(400, "InvalidLookupAttributesException", "bad"), CONFIG, "Check lookup_attributes_filter"),
        (error(400, "InvalidEventCategoryException", "bad"), CONFIG, "Remove the stream insight_events"),
        (error(400, "MissingAuthenticationTokenException", ""), CONFIG, "without a valid signature"),
        (error(400, "ThrottlingException", "Rate exceeded"), TRANSIENT, "another reader"),
        (error(400, "Throttling", "Rate exceeded"), TRANSIENT, "another reader"),
        (error(429, "TooManyRequestsException", ""), TRANSIENT, "another reader"),
        (error(503, "RequestLimitExceeded", ""), TRANSIENT, "another reader"),
        (error(503, "SlowDown", ""), TRANSIENT, "another reader"),
        (error(500, "InternalFailure", ""), TRANSIENT, "HTTP status 500"),
        (error(500, "InternalServerError", ""), TRANSIENT, "HTTP status 500"),
        (error(503, "ServiceUnavailable", ""), TRANSIENT, "HTTP status 503"),
        (Fault::Status502Html, TRANSIENT, "HTTP status 502"),
        (error(504, "GatewayTimeout", ""), TRANSIENT, "HTTP status 504"),
        (error(400, "RequestTimeout", ""), TRANSIENT, "HTTP status 400"),
        (error(408, "RequestTimeoutException", ""), TRANSIENT, "HTTP status 408"),
        (error(408, "", ""), TRANSIENT, "HTTP status 408"),
        (error(425, "", ""), TRANSIENT, "HTTP status 425"),
        (error(429, "", ""), TRANSIENT, "a proxy or a gateway throttles the requests"),
        (error(302, "", ""), CONFIG, "HTTP status 302 and without an AWS error code"),
        (error(403, "", ""), CONFIG, "HTTP status 403 and without an AWS error code"),
        (error(407, "", ""), CONFIG, "HTTP status 407 and without an AWS error code"),
        (Fault::Reset, TRANSIENT, "can't be reached"),
        (Fault::Truncated, TRANSIENT, "cut off"),
        (Fault::NotJson, TRANSIENT, "not from CloudTrail"),
        (error(400, "InvalidMaxResultsException", ""), "system_error", "Report this error"),
    ] {
        let name = format!("{fault:?}");
        let is_throttle = says == "another reader";
        let emulator = emulator(vec![]);
        let ever = || (0..100).map(|nth| (nth, fault.clone())).collect();
        let connector = Connector::new(&emulator);

        emulator.set_faults(ever());
        let read = connector.read(None);
        let [error] = read.errors()[..] else { panic!("{name}: one error is expected: {:?}", read.lines) };
        assert_eq!((read.code, error["failure_type"].as_str()), (Some(1), Some(failure_type)), "{name}: {error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(says) && !message.contains('\n'), "{name}: {message}");
        assert_eq!(read.statuses().last(), Some(&"INCOMPLETE"), "{name}");
        let requests = emulator.journal().len();
        let expected = match failure_type {
            TRANSIENT if is_throttle => 30, // three throttles are a round of failures
            TRANSIENT => 10,
            _ => 1,
        };
        assert_eq!(requests, expected, "{name}");

        // While CloudTrail throttles, check takes ten seconds and succeeds: check.rs tests it.
        if !is_throttle {
            emulator.set_faults(ever());
            let check = connector.check();
            let status = &check.lines[0]["connectionStatus"];
            assert_eq!((check.code, status["status"].as_str()), (Some(0), Some("FAILED")), "{name}: {status}");
            assert!(status["message"].as_str().unwrap().contains(says), "{name}: {status}");
            let asked = emulator.journal().len().saturating_sub(requests);
            assert!(if failure_type == TRANSIENT { asked <= 4 } else { asked == 1 }, "{name}: {asked} requests");
        }
    }
}
