//! The rules of paging: the pages of a query have all events in its range, once each and in order.

use super::{Page, Position, Store};
use crate::{
    auth::caller::{DEFAULT_ACCOUNT, DEFAULT_REGION},
    history::{
        event::{Category, Event},
        filter::Filter,
        lookup_request::Query,
        position::TokenKind,
    },
    random::Random,
};
use rand::{RngExt, SeedableRng};
use serde_json::json;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const KINDS: [TokenKind; 2] = [TokenKind::ByPosition, TokenKind::ByOffset];

fn at(second: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(second)
}

fn event(second: i64, id: usize) -> Event {
    let name = format!("Name{}", id % 3);
    let body = json!({"EventId": id.to_string(), "EventName": name});
    Event::new(second, body.as_object().unwrap().clone())
}

fn query(first: i64, last: i64, page_size: usize) -> Query {
    Query { first, last, category: Category::Management, filter: None, page_size }
}

fn page(store: &Store, query: &Query, from: Position, kind: TokenKind, now: u64) -> (Vec<String>, Option<Position>) {
    let Page { events, has_more, next } = store.page(DEFAULT_ACCOUNT, DEFAULT_REGION, query, from, kind, at(now));
    let ids = events.iter().map(|event| event.id().unwrap().to_owned()).collect();
    (ids, has_more.then_some(next))
}

fn all_pages(store: &Store, query: &Query, kind: TokenKind, now: u64) -> Vec<String> {
    let (mut ids, mut next) = page(store, query, Position::Newest, kind, now);
    while let Some(from) = next {
        let (more, after) = page(store, query, from, kind, now);
        assert!(!more.is_empty() && ids.len() < 1000, "the pages never end");
        ids.extend(more);
        next = after;
    }
    ids
}

#[test]
fn the_pages_of_any_query_have_its_events_in_order() {
    let mut random = Random::seed_from_u64(1);
    for _ in 0..300 {
        let span = random.random_range(1..60);
        let mut events: Vec<Event> = (0..random.random_range(0..250))
            .map(|id| Event {
                visible_at: random.random_bool(0.1).then(|| at(random.random_range(0..100))),
                ..event(random.random_range(0..span), id)
            })
            .collect();
        let mut store = Store::default();
        store.add(events.clone());
        let ends = [random.random_range(-2..span + 2), random.random_range(-2..span + 2)];
        let mut query = query(ends[0].min(ends[1]), ends[0].max(ends[1]), random.random_range(1..=50));
        if random.random_bool(0.3) {
            query.filter = Filter::new(Some("EventName"), Some("Name1"), Category::Management).ok();
        }
        let now = random.random_range(0..100);
        events.retain(|event| {
            (query.first..=query.last).contains(&event.second)
                && event.is_visible(at(now))
                && query.filter.as_ref().is_none_or(|filter| filter.matches(&event.body))
        });
        events.sort_by_key(|event| -event.second);
        let expected: Vec<String> = events.iter().map(|event| event.id().unwrap().to_owned()).collect();
        for kind in KINDS {
            assert_eq!(all_pages(&store, &query, kind, now), expected);
        }
    }
}

#[test]
fn adding_events_does_not_change_the_order_within_a_second() {
    let mut store = Store::default();
    store.add((0..5).map(|id| event(10, id)).collect());
    store.add((5..8).map(|id| event(10, id)).collect());
    let ids = all_pages(&store, &query(10, 10, 3), TokenKind::ByPosition, 0);
    assert_eq!(ids, ["0", "1", "2", "3", "4", "5", "6", "7"]);
}

#[test]
fn newer_events_shift_an_offset_but_not_a_position() {
    let second_page = |kind| {
        let mut store = Store::default();
        store.add((0..4).map(|id| event(10, id)).collect());
        let (first, next) = page(&store, &query(0, 20, 2), Position::Newest, kind, 0);
        assert_eq!(first, ["0", "1"]);
        store.add(vec![event(15, 9)]);
        page(&store, &query(0, 20, 2), next.unwrap(), kind, 0).0
    };
    assert_eq!(second_page(TokenKind::ByPosition), ["2", "3"]);
    assert_eq!(second_page(TokenKind::ByOffset), ["1", "2"]);
}

#[test]
fn an_event_becomes_visible_at_its_time() {
    let mut store = Store::default();
    store.add(vec![event(10, 0), Event { visible_at: Some(at(50)), ..event(10, 1) }]);
    for kind in KINDS {
        assert_eq!(all_pages(&store, &query(10, 10, 50), kind, 49), ["0"]);
        assert_eq!(all_pages(&store, &query(10, 10, 50), kind, 50), ["0", "1"]);
    }
}

#[test]
fn accounts_regions_and_categories_are_separate() {
    let mut store = Store::default();
    store.add(vec![
        event(10, 0),
        Event { account: "210987654321".to_owned(), ..event(10, 1) },
        Event { region: "eu-west-1".to_owned(), ..event(10, 2) },
        Event { category: Category::Insight, ..event(10, 3) },
    ]);
    assert_eq!(all_pages(&store, &query(0, 20, 50), TokenKind::ByPosition, 0), ["0"]);
    let insight = Query { category: Category::Insight, ..query(0, 20, 50) };
    assert_eq!(all_pages(&store, &insight, TokenKind::ByPosition, 0), ["3"]);
}
