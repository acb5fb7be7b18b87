//! The response to each fault, and what delays a response.

use super::*;
use crate::throttling::latency::Latency;

#[test]
fn every_fault_has_its_response() {
    let other = Fault::Error { status: 504, code: "GatewayTimeout".to_owned(), message: "x".to_owned() };
    for (fault, status, expected) in [
        (Fault::Status500, 500, "InternalFailure"),
        (Fault::Status503, 503, "ServiceUnavailable"),
        (Fault::Throttled, 400, "ThrottlingException"),
        (Fault::ExpiredToken, 400, "ExpiredTokenException"),
        (other, 504, "GatewayTimeout"),
    ] {
        let form = Bench::with_faults(vec![(0, fault)]).look_up(&json!({}));
        assert_eq!(code(&form), expected);
        assert!(matches!(form, Form::Complete { status: found, .. } if found == status), "{form:?}");
    }
    for (fault, expected) in [(Fault::Status502Html, 502), (Fault::NotJson, 200)] {
        let form = Bench::with_faults(vec![(0, fault)]).look_up(&json!({}));
        let Form::Complete { status, content_type: "text/html", body } = form else { panic!("{form:?}") };
        assert_eq!((status, body.trim_start().starts_with('<')), (expected, true));
    }
    assert_eq!(Bench::with_faults(vec![(0, Fault::Reset)]).look_up(&json!({})), Form::Reset);
    assert_eq!(Bench::with_faults(vec![(0, Fault::Hang)]).look_up(&json!({})), Form::Hang);
    let truncated = Bench::with_faults(vec![(0, Fault::Truncated)]).look_up(&json!({}));
    assert!(matches!(truncated, Form::Truncated(body) if body.contains("EventId")));
}

#[test]
fn latency_and_slowness_delay_pages_but_not_errors() {
    let latency = Latency { mean: 2.0, sigma: 0.0 };
    let faults = vec![(1, Fault::Slow(Duration::from_secs(3))), (2, Fault::Status500)];
    let mut bench = Bench::new(Settings { latency, faults, ..Settings::default() });
    let headers = signed("{}", REGION, &Caller::default(), NOW);
    let delays = [(); 3].map(|()| bench.send("POST", "/", &headers, "{}").delay.as_secs());
    assert_eq!(delays, [2, 5, 0]);
}

#[test]
fn a_fault_waits_if_its_request_is_throttled() {
    let mut bench = Bench { interval: Duration::ZERO, ..Bench::with_faults(vec![(3, Fault::Status503)]) };
    for _ in 0..3 {
        assert!(page(&bench.look_up(&json!({}))).is_ok());
    }
    assert_eq!(code(&bench.look_up(&json!({}))), "ThrottlingException");
    bench.arrived += Duration::from_secs(1);
    assert_eq!(code(&bench.look_up(&json!({}))), "ServiceUnavailable");
}

#[test]
fn a_page_may_trickle_or_be_oversized() {
    let (headers, body) = (Fault::Trickle { headers: true }, Fault::Trickle { headers: false });
    let mut bench = Bench::with_faults(vec![(1, headers), (2, body), (3, Fault::Oversized(1_000_000))]);
    let Form::Complete { body: page, .. } = bench.look_up(&json!({})) else { panic!() };
    assert_eq!(bench.look_up(&json!({})), Form::TrickledHeaders(page.clone()));
    assert_eq!(bench.look_up(&json!({})), Form::TrickledBody(page.clone()));
    assert_eq!(bench.look_up(&json!({})), Form::Oversized(page, 1_000_000));
    let faults: Vec<_> = bench.service.cloudtrail.journal.iter().map(|entry| (entry.events(), entry.fault)).collect();
    assert_eq!(faults, [(5, None), (5, Some("Trickle")), (5, Some("Trickle")), (5, Some("Oversized"))]);
}
