//! Which requests are throttled, by the settings of the quota.

use super::*;
use crate::latency::Latency;
use crate::rate::Limiter;

#[test]
fn the_quota_is_of_an_account_and_a_region() {
    let other = Caller { access_key: "AKIAOTHER".to_owned(), account: "210987654321".to_owned(), ..Caller::default() };
    let same = Caller { access_key: "AKIASAME".to_owned(), ..Caller::default() };
    let callers = vec![Caller::default(), other.clone(), same.clone()];
    let mut bench = Bench { pace: Duration::ZERO, ..Bench::new(Settings { callers, ..Settings::default() }) };
    for (caller, region) in [(&Caller::default(), REGION), (&other, REGION), (&same, "eu-west-1")] {
        for _ in 0..3 {
            assert!(read(&bench.ask_as(caller, region, &json!({}))).is_ok());
        }
    }
    assert_eq!(code(&bench.ask_as(&same, REGION, &json!({}))), "ThrottlingException");
    let mut unlimited = Bench { pace: Duration::ZERO, ..Bench::new(Settings { rate: None, ..Settings::default() }) };
    assert!((0..100).all(|_| read(&unlimited.ask(&json!({}))).is_ok()));
}

#[test]
fn a_throttle_at_random_neither_counts_nor_takes_the_place_of_a_fault() {
    let settings = Settings { events: events(5), random_throttles: 0.5, ..Settings::default() };
    let faults = (0..1000).map(|nth| (nth, Fault::Status503)).collect();
    let mut bench = Bench { pace: Duration::from_millis(1), ..Bench::new(Settings { faults, ..settings }) };
    for _ in 0..100 {
        bench.ask(&json!({}));
    }
    let count = |code, fault| {
        bench.service.journal.iter().filter(|entry| (entry.error(), entry.fault) == (Some(code), fault)).count()
    };
    let struck = count("ThrottlingException", Some("RandomThrottle"));
    assert!((30..70).contains(&struck), "{struck}");
    // The quota of 3 within one second is there whole for the others.
    assert_eq!(count("ServiceUnavailable", Some("Status503")), 3);
    assert_eq!(count("ThrottlingException", None), 97 - struck);
}

#[test]
fn the_limiter_is_the_one_that_is_set() {
    for (limiter, burst) in [(Limiter::Windows, 3), (Limiter::SlidingWindow, 2), (Limiter::Bucket { burst: 7 }, 7)] {
        let settings = Settings { limiter, ..Settings::default() };
        let mut bench = Bench { pace: Duration::ZERO, ..Bench::new(settings) };
        let served = (0..10).filter(|_| read(&bench.ask(&json!({}))).is_ok()).count();
        assert_eq!(served, burst, "{limiter:?}");
    }
}

#[test]
fn the_quota_may_count_a_request_when_its_latency_is_over() {
    let latency = Latency { mean: 2.0, sigma: 0.0 };
    let limiter = Limiter::SlidingWindow;
    let early = Settings { limiter, latency, events: events(5), ..Settings::default() };
    let late = Settings { quota_after_latency: true, ..early.clone() };
    let headers = signed("{}", REGION, &Caller::default(), NOW);
    let request = Signable { method: "POST", path: "/", query: "", headers: &headers, body: b"{}" };
    assert_eq!(Service::new(early).wait(&request), None);
    let mut service = Service::new(late);
    assert_eq!(service.wait(&request), Some(Duration::from_secs(2)));
    let now = UNIX_EPOCH + Duration::from_secs(NOW.cast_unsigned());
    // All arrive at once, and the service gets to them in another order.
    let delays = [(3, 2_000), (1, 2_100), (2, 2_999), (0, 3_000)].map(|(arrived, counted)| {
        let [arrived, counted] = [arrived, counted].map(Duration::from_millis);
        service.answer(&request, arrived, counted, now).delay
    });
    assert_eq!(delays, [Duration::ZERO; 4]);
    let seen =
        service.journal.iter().map(|entry| (entry.arrived.as_millis(), entry.counted.as_millis(), entry.is_page()));
    assert_eq!(seen.collect::<Vec<_>>(), [(0, 3_000, true), (1, 2_100, true), (2, 2_999, false), (3, 2_000, true)]);
}
