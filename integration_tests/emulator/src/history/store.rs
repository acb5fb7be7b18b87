//! All events, and which of them are on a page: newest first, and in the order in which they were added within a
//! second, even if more are added later.

use super::{
    event::{Category, Event},
    lookup_request::Query,
    position::{Position, TokenKind},
};
use std::{cmp::Reverse, collections::HashMap, sync::Arc, time::SystemTime};

/// The events of all accounts and Regions.
#[derive(Debug, Default)]
pub(crate) struct Store {
    histories: HashMap<(String, String, Category), History>,
    count: u64,
}

/// The events of a page, and where the next page begins.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) events: Vec<Arc<Event>>,
    pub(crate) has_more: bool,
    pub(crate) next: Position,
}

impl Store {
    pub(crate) fn add(&mut self, events: Vec<Event>) {
        for event in events {
            let key = (event.account.clone(), event.region.clone(), event.category);
            let history = self.histories.entry(key).or_default();
            history.all_visible_at = history.all_visible_at.max(event.visible_at);
            history.rows.push(Row { second: event.second, number: self.count, event: Arc::new(event) });
            self.count += 1;
        }
        for history in self.histories.values_mut() {
            history.rows.sort_by_key(Row::order);
        }
    }

    /// The page of this query that begins at `from`, with the events that are visible at `now`.
    pub(crate) fn page(
        &self,
        account: &str,
        region: &str,
        query: &Query,
        from: Position,
        kind: TokenKind,
        now: SystemTime,
    ) -> Page {
        let key = (account.to_owned(), region.to_owned(), query.category);
        let history = self.histories.get(&key);
        let all_visible =
            history.is_none_or(|history| history.all_visible_at.is_none_or(|visible_at| visible_at <= now));
        let rows = history.map_or(&[][..], |history| &history.rows);
        let rows = &rows[rows.partition_point(|row| row.second > query.last)..];
        let rows = &rows[..rows.partition_point(|row| row.second >= query.first)];
        let is_match = |row: &&Row| {
            row.event.is_visible(now) && query.filter.as_ref().is_none_or(|filter| filter.matches(&row.event.body))
        };
        let (rows, to_skip, skipped) = match from {
            Position::Newest => (rows, 0, 0),
            Position::After { second, number } => {
                let last = (Reverse(second), number);
                (&rows[rows.partition_point(|row| row.order() <= last)..], 0, 0)
            }
            Position::Skip(count) if all_visible && query.filter.is_none() => {
                (&rows[count.min(rows.len())..], 0, count)
            }
            Position::Skip(count) => (rows, count, count),
        };
        let mut found = rows.iter().filter(is_match).skip(to_skip);
        let page: Vec<&Row> = found.by_ref().take(query.page_size).collect();
        let next = match (kind, page.last()) {
            (TokenKind::ByOffset, _) => Position::Skip(skipped + page.len()),
            (TokenKind::ByPosition, None) => from,
            (TokenKind::ByPosition, Some(last)) => Position::After { second: last.second, number: last.number },
        };
        Page {
            has_more: found.next().is_some(),
            next,
            events: page.into_iter().map(|row| Arc::clone(&row.event)).collect(),
        }
    }
}

/// The events of one account, Region and category, newest first.
#[derive(Debug, Default)]
struct History {
    rows: Vec<Row>,
    /// When the last event becomes visible. From then on, events can be skipped without looking at them.
    all_visible_at: Option<SystemTime>,
}

#[derive(Debug)]
struct Row {
    second: i64,
    number: u64,
    event: Arc<Event>,
}

impl Row {
    fn order(&self) -> (Reverse<i64>, u64) {
        (Reverse(self.second), self.number)
    }
}

#[cfg(test)]
mod tests;
