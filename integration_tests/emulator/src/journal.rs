//! What was asked and what became of it: one entry for every request that was decided on, in the order of arrival.

use std::time::Duration;

use crate::lookup::{Lookup, whole_seconds};

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// When it had arrived, since the emulator's start.
    pub arrived: Duration,
    /// When it was counted toward the quota, since the emulator's start: when it arrived, or a latency later with
    /// [`Settings::quota_after_latency`].
    ///
    /// [`Settings::quota_after_latency`]: crate::Settings::quota_after_latency
    pub counted: Duration,
    /// The Region that its signature names.
    pub region: Option<String>,
    /// The access key that its signature names.
    pub access_key: Option<String>,
    /// The account of the caller, once authenticated.
    pub account: Option<String>,
    /// `StartTime`, down to the whole second.
    pub start_time: Option<i64>,
    /// `EndTime`, down to the whole second.
    pub end_time: Option<i64>,
    /// `MaxResults`.
    pub max_results: Option<i64>,
    /// Whether it bore a `NextToken`.
    pub had_token: bool,
    /// `EventCategory`.
    pub category: Option<String>,
    /// The key and the value of the first of `LookupAttributes`.
    pub filter: Option<(String, String)>,
    /// What it was answered.
    pub outcome: Outcome,
    /// The name of the fault that met it, or `RandomThrottle`.
    pub fault: Option<&'static str>,
}

/// What a request was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A page.
    Page {
        /// How many events it holds.
        events: usize,
        /// Whether it bears a `NextToken`.
        has_token: bool,
    },
    /// An error with this code.
    Error {
        /// The code.
        code: String,
    },
    /// No answer, or none that is complete and JSON; the entry's fault says why.
    Broken,
}

impl Entry {
    /// A request of which nothing is known but when it arrived and when it counts.
    pub(crate) fn new(arrived: Duration, counted: Duration) -> Self {
        Self {
            arrived,
            counted,
            region: None,
            access_key: None,
            account: None,
            start_time: None,
            end_time: None,
            max_results: None,
            had_token: false,
            category: None,
            filter: None,
            outcome: Outcome::Broken,
            fault: None,
        }
    }

    pub(crate) fn describe(&mut self, lookup: &Lookup) {
        self.start_time = lookup.start_time.map(whole_seconds);
        self.end_time = lookup.end_time.map(whole_seconds);
        self.max_results = lookup.max_results;
        self.had_token = lookup.token.is_some();
        self.category.clone_from(&lookup.category);
        self.filter = match lookup.attributes.first() {
            Some((Some(key), Some(value))) => Some((key.clone(), value.clone())),
            _ => None,
        };
    }

    /// The code of the error that it was answered.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Error { code } => Some(code),
            Outcome::Page { .. } | Outcome::Broken => None,
        }
    }

    /// Whether it was answered with a page.
    #[must_use]
    pub fn is_page(&self) -> bool {
        matches!(self.outcome, Outcome::Page { .. })
    }

    /// How many events it was answered; 0 for anything but a page.
    #[must_use]
    pub fn events(&self) -> usize {
        match self.outcome {
            Outcome::Page { events, .. } => events,
            Outcome::Error { .. } | Outcome::Broken => 0,
        }
    }
}
