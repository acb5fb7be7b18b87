//! Whether CloudTrail's pages keep their order: newest first, page after page. Source: LookupEvents, "sorted by time".
//!
//! The reader relies on it: once a page has arrived, the seconds after its oldest event count as read. A newer event on a
//! later page of the chain would be taken for one that was written, and lost. This type finds such events.
//!
//! Repeated events are not out of order. If tokens count events, and new events appear while a chain is read, the next
//! page begins with the end of the previous one. The `EventId`s of the last pages tell the two cases apart. Pure.

use crate::{
    cloudtrail::lookup::{Event, Page},
    plan::slice::SliceId,
};
use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
};

/// How many events of a chain are remembered: those of 16 pages, in 6 KB. So as many new events may appear between two
/// pages of a chain before a repeated event looks like a new one.
const MAX_REMEMBERED: usize = 800;

/// The events that the chains of one Region have returned.
#[derive(Debug, Default)]
pub(super) struct OrderCheck {
    chains: BTreeMap<SliceId, Returned>,
}

/// The events that one chain has returned.
#[derive(Debug, Default)]
struct Returned {
    oldest: Option<i64>,
    last: VecDeque<u64>,
}

impl OrderCheck {
    /// The events of `page` that are out of order in the chain of `slice`. `is_first` says whether it is the first page of
    /// a chain.
    pub(super) fn find_out_of_order<'a>(&mut self, slice: SliceId, is_first: bool, page: &'a Page) -> Vec<&'a Event> {
        if is_first {
            self.chains.remove(&slice);
        }
        if page.next_token.is_none() && is_first {
            return Vec::new();
        }
        let returned = self.chains.entry(slice).or_default();
        let is_newer = |event: &&Event| event.event_time > returned.oldest && returned.oldest.is_some();
        let mut out_of_order: Vec<&Event> = page.events.iter().filter(is_newer).collect();
        if !out_of_order.is_empty() {
            let known: HashSet<u64> = returned.last.iter().copied().collect();
            out_of_order.retain(|event| !known.contains(&hash(event)));
        }
        returned.last.extend(page.events.iter().map(hash));
        returned.last.drain(..returned.last.len().saturating_sub(MAX_REMEMBERED));
        let oldest = page.events.iter().filter_map(|event| event.event_time).min();
        returned.oldest = [returned.oldest, oldest].into_iter().flatten().min();
        out_of_order
    }

    /// Forgets the chains of all slices except those that are left.
    pub(super) fn retain(&mut self, is_left: impl Fn(SliceId) -> bool) {
        self.chains.retain(|slice, _| is_left(*slice));
    }
}

fn hash(event: &Event) -> u64 {
    let mut hasher = DefaultHasher::new();
    event.event_id.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{coverage::seconds::SecondRange, plan::read_plan::ReadPlan};

    fn page(events: &[(&str, i64)]) -> Page {
        let event = |(id, time): &(&str, i64)| Event {
            event_id: Some((*id).into()),
            event_time: Some(*time),
            ..Event::default()
        };
        Page { events: events.iter().map(event).collect(), next_token: Some("more".to_owned()), asked_at: None }
    }

    /// The IDs that are out of order on each page of one chain.
    fn out_of_order(pages: &[Page]) -> Vec<Vec<String>> {
        let slice = ReadPlan::new(SecondRange::new(0, 9)).next_lookup().unwrap().slice;
        let mut order = OrderCheck::default();
        let check = |(nth, page)| {
            order
                .find_out_of_order(slice, nth == 0, page)
                .into_iter()
                .filter_map(|event| Some(event.event_id.as_ref()?.text().into_owned()))
                .collect()
        };
        pages.iter().enumerate().map(check).collect()
    }

    #[test]
    fn an_event_newer_than_the_pages_before_is_out_of_order() {
        let pages = [page(&[("a", 9), ("b", 7)]), page(&[("c", 8), ("d", 7), ("e", 3)]), page(&[("f", 7), ("g", 3)])];
        assert_eq!(out_of_order(&pages), [vec![], vec!["c"], vec!["f"]]);
    }

    #[test]
    fn an_event_of_the_pages_before_is_not_out_of_order() {
        let pages = [page(&[("a", 9), ("b", 7)]), page(&[("a", 9), ("b", 7)]), page(&[("b", 7), ("c", 5)])];
        assert_eq!(out_of_order(&pages), [[""; 0]; 3]);
    }

    #[test]
    fn within_a_page_and_within_a_second_there_is_no_order() {
        let pages = [page(&[("a", 7), ("b", 9)]), page(&[("c", 7), ("d", 5), ("e", 6)])];
        assert_eq!(out_of_order(&pages), [[""; 0]; 2]);
    }

    #[test]
    fn a_chain_that_starts_over_has_no_pages_before() {
        let slice = ReadPlan::new(SecondRange::new(0, 9)).next_lookup().unwrap().slice;
        let mut order = OrderCheck::default();
        for page in [page(&[("a", 3)]), page(&[("b", 9)])] {
            assert_eq!(order.find_out_of_order(slice, true, &page), Vec::<&Event>::new());
        }
        order.retain(|_| false);
        assert!(order.chains.is_empty());
    }
}
