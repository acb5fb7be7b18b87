//! The event history: which events a query sees, newest first, page by page. Inside one second events keep the order in
//! which they came, also when more come later.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use crate::event::{Category, Event};
use crate::lookup::Query;
use crate::token::TokenKind;

/// All events of all accounts and Regions.
#[derive(Debug, Default)]
pub(crate) struct Store {
    by_owner: HashMap<(String, String, Category), History>,
    count: u64,
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    /// At the newest event.
    Newest,
    /// After this event, which is named by its second and its place in the sequence of all events.
    After {
        /// The event's second.
        second: i64,
        /// The event's number, in the order of arrival.
        number: u64,
    },
    /// After this many events, whichever they are by now.
    Skip(usize),
}

/// A page, and where the next one would begin.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) events: Vec<Arc<Event>>,
    pub(crate) more: bool,
    pub(crate) next: Position,
}

/// The events of one account, Region and category, newest first.
#[derive(Debug, Default)]
struct History {
    rows: Vec<Row>,
    /// From when on every event is visible, which allows skipping without looking.
    settled_at: Option<SystemTime>,
}

#[derive(Debug)]
struct Row {
    second: i64,
    number: u64,
    event: Arc<Event>,
}

impl Row {
    fn place(&self) -> (Reverse<i64>, u64) {
        (Reverse(self.second), self.number)
    }
}

impl Store {
    pub(crate) fn add(&mut self, events: Vec<Event>) {
        for event in events {
            let key = (event.account.clone(), event.region.clone(), event.category);
            let history = self.by_owner.entry(key).or_default();
            history.settled_at = history.settled_at.max(event.visible_at);
            history.rows.push(Row { second: event.second, number: self.count, event: Arc::new(event) });
            self.count += 1;
        }
        for history in self.by_owner.values_mut() {
            history.rows.sort_by_key(Row::place);
        }
    }

    /// The page that begins at `from`, of what is visible at `now`.
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
        let history = self.by_owner.get(&key);
        let settled = history.is_none_or(|history| history.settled_at.is_none_or(|at| at <= now));
        let rows = history.map_or(&[][..], |history| &history.rows);
        let rows = &rows[rows.partition_point(|row| row.second > query.last)..];
        let rows = &rows[..rows.partition_point(|row| row.second >= query.first)];
        let shown = |row: &&Row| {
            row.event.is_visible(now) && query.filter.as_ref().is_none_or(|filter| filter.matches(&row.event.body))
        };
        let (rows, to_skip, skipped) = match from {
            Position::Newest => (rows, 0, 0),
            Position::After { second, number } => {
                let last = (Reverse(second), number);
                (&rows[rows.partition_point(|row| row.place() <= last)..], 0, 0)
            }
            Position::Skip(count) if settled && query.filter.is_none() => (&rows[count.min(rows.len())..], 0, count),
            Position::Skip(count) => (rows, count, count),
        };
        let mut found = rows.iter().filter(shown).skip(to_skip);
        let page: Vec<&Row> = found.by_ref().take(query.page_size).collect();
        let next = match (kind, page.last()) {
            (TokenKind::ByOffset, _) => Position::Skip(skipped + page.len()),
            (TokenKind::ByPosition, None) => from,
            (TokenKind::ByPosition, Some(last)) => Position::After { second: last.second, number: last.number },
        };
        Page {
            more: found.next().is_some(),
            next,
            events: page.into_iter().map(|row| Arc::clone(&row.event)).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
