//! Which requests are throttled, depending on the settings.

use super::*;
use crate::throttling::{latency::Latency, quota::Limiter};

#[test]
fn each_account_and_region_has_its_own_quota() {
    let other = Caller { access_key: "AKIAOTHER".to_owned(), account: "210987654321".to_owned(), ..Caller::default() };
    let same = Caller { access_key: "AKIASAME".to_owned(), ..Caller::default() };
    let callers = vec![Caller::default(), other.clone(), same.clone()];
    let mut bench = Bench { interval: Duration::ZERO, ..Bench::new(Settings { callers, ..Settings::default() }) };
    for (caller, region) in [(&Caller::default(), REGION), (&other, REGION), (&same, "eu-west-1")] {
        for _ in 0..3 {
            assert!(page(&bench.look_up_as(caller, region, &json!({}))).is_ok());
        }
    }
    assert_eq!(code(&bench.look_up_as(&same, REGION, &json!({}))), "ThrottlingException");
    let mut unlimited =
        Bench { interval: Duration::ZERO, ..Bench::new(Settings { rate: None, ..Settings::default() }) };
    assert!((0..100).all(|_| page(&unlimited.look_up(&json!({}))).is_ok()));
}

#[test]
fn a_random_throttle_does_not_count_and_does_not_replace_a_fault() {
    let settings = Settings { events: events(5), random_throttles: 0.5, ..Settings::default() };
    let faults = (0..1000).map(|request| (request, Fault::Status503)).collect();
    let mut bench = Bench { interval: Duration::from_millis(1), ..Bench::new(Settings { faults, ..settings }) };
    for _ in 0..100 {
        bench.look_up(&json!({}));
    }
    let count = |code, fault| {
        bench
            .service
            .cloudtrail
            .journal
            .iter()
            .filter(|entry| (entry.error(), entry.fault) == (Some(code), fault))
            .count()
    };
    let throttled = count("ThrottlingException", Some("RandomThrottle"));
    assert!((30..70).contains(&throttled), "{throttled}");
    // The others have the whole quota of 3 within a second.
    assert_eq!(count("ServiceUnavailable", Some("Status503")), 3);
    assert_eq!(count("ThrottlingException", None), 97 - throttled);
}

#[test]
fn the_setting_chooses_the_limiter() {
    for (limiter, burst) in [(Limiter::Windows, 3), (Limiter::SlidingWindow, 2), (Limiter::Bucket { burst: 7 }, 7)] {
        let settings = Settings { limiter, ..Settings::default() };
        let mut bench = Bench { interval: Duration::ZERO, ..Bench::new(settings) };
        let admitted = (0..10).filter(|_| page(&bench.look_up(&json!({}))).is_ok()).count();
        assert_eq!(admitted, burst, "{limiter:?}");
    }
}

#[test]
fn the_quota_can_count_a_request_after_its_latency() {
    let latency = Latency { mean: 2.0, sigma: 0.0 };
    let limiter = Limiter::SlidingWindow;
    let early = Settings { limiter, latency, events: events(5), ..Settings::default() };
    let late = Settings { quota_after_latency: true, ..early.clone() };
    let headers = signed("{}", REGION, &Caller::default(), NOW);
    let request = SignableRequest { method: "POST", path: "/", query: "", headers: &headers, body: b"{}" };
    assert_eq!(Service::new(early).wait(&request), None);
    let mut service = Service::new(late);
    assert_eq!(service.wait(&request), Some(Duration::from_secs(2)));
    let now = UNIX_EPOCH + Duration::from_secs(NOW.cast_unsigned());
    // They all arrive at about the same time, and are counted in another order.
    let delays = [(3, 2_000), (1, 2_100), (2, 2_999), (0, 3_000)].map(|(arrived, counted)| {
        let [arrived, counted] = [arrived, counted].map(Duration::from_millis);
        service.respond(&request, arrived, counted, now).delay
    });
    assert_eq!(delays, [Duration::ZERO; 4]);
    let counted = service
        .cloudtrail
        .journal
        .iter()
        .map(|entry| (entry.arrived.as_millis(), entry.counted.as_millis(), entry.is_page()));
    assert_eq!(counted.collect::<Vec<_>>(), [(0, 3_000, true), (1, 2_100, true), (2, 2_999, false), (3, 2_000, true)]);
}

#[test]
fn another_reader_uses_the_same_quota() {
    let settings = Settings { other_reader: Some(1_000.0), ..Settings::default() };
    let mut bench = Bench { interval: Duration::from_millis(10), ..Bench::new(settings) };
    assert!(page(&bench.look_up(&json!({}))).is_ok());
    assert_eq!(code(&bench.look_up(&json!({}))), "ThrottlingException");
}
