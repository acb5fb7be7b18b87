//! An event: what `LookupEvents` returns of it, and who can see it from when on.

use crate::auth::caller::{DEFAULT_ACCOUNT, DEFAULT_REGION};
use serde_json::{Map, Value};
use std::time::SystemTime;

/// The categories of events that `LookupEvents` returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Category {
    /// Management events, which a request gets if it names no category.
    #[default]
    Management,
    /// Insights events, which a request gets with `EventCategory: insight`.
    Insight,
}

/// An event in the event history.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When it occurred, in whole seconds since the Unix epoch; returned as `EventTime`.
    pub second: i64,
    /// Its category.
    pub category: Category,
    /// The Region whose event history has it.
    pub region: String,
    /// The account whose event history has it.
    pub account: String,
    /// When it becomes visible; `None` if it always is.
    pub visible_at: Option<SystemTime>,
    /// Whether `EventTime` is returned. The API requires no field.
    pub timed: bool,
    /// The object that is returned in `Events`, without `EventTime`, which comes from `second`.
    pub body: Map<String, Value>,
}

impl Event {
    /// A management event of the default account and Region that is always visible.
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

    /// The same event, returned without `EventId`.
    #[must_use]
    pub fn without_id(mut self) -> Self {
        self.body.remove("EventId");
        self
    }

    /// The same event, returned without `EventTime`. Its second still decides its place in the order.
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
        self.visible_at.is_none_or(|visible_at| visible_at <= now)
    }
}
