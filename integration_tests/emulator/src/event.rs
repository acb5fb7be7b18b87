//! An event as the emulator keeps it: what `LookupEvents` serves of it, and what decides who sees it and when.

use std::time::SystemTime;

use serde_json::{Map, Value};

/// The account of every event and caller that names no other.
pub const DEFAULT_ACCOUNT: &str = "123456789012";

/// The Region of every event that names no other.
pub const DEFAULT_REGION: &str = "us-east-1";

/// The two kinds of event that `LookupEvents` serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Category {
    /// Management events, which are served unless a request asks for another category.
    #[default]
    Management,
    /// Insights events, served for `EventCategory: insight`.
    Insight,
}

/// One event of the event history.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When it happened, in whole seconds since 1970; served as `EventTime`.
    pub second: i64,
    /// Which category of requests sees it.
    pub category: Category,
    /// The Region whose event history holds it.
    pub region: String,
    /// The account whose event history holds it.
    pub account: String,
    /// From when on it is served; `None` means always.
    pub visible_at: Option<SystemTime>,
    /// Whether `EventTime` is served at all; the API requires no field.
    pub timed: bool,
    /// The object served in `Events[]`, verbatim but for `EventTime`, which comes from `second`.
    pub body: Map<String, Value>,
}

impl Event {
    /// A management event of the default account and Region, visible at once.
    #[must_use]
    pub fn new(second: i64, body: Map<String, Value>) -> Self {
        Self {
            second,
            category: Category::Management,
            region: DEFAULT_REGION.to_owned(),
            account: DEFAULT_ACCOUNT.to_owned(),
            visible_at: None,
            timed: true,
            body,
        }
    }

    /// The same event served without an `EventId`.
    #[must_use]
    pub fn without_id(mut self) -> Self {
        self.body.remove("EventId");
        self
    }

    /// The same event served without an `EventTime`; its second still decides its place in the order.
    #[must_use]
    pub fn without_time(mut self) -> Self {
        self.timed = false;
        self
    }

    /// The `EventId`, if it has one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.body.get("EventId").and_then(Value::as_str)
    }

    pub(crate) fn is_visible(&self, now: SystemTime) -> bool {
        self.visible_at.is_none_or(|from| from <= now)
    }
}
