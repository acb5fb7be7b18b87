//! The trait that separates the connector from CloudTrail: one method that fetches one page.
//!
//! `sdk/` implements it with the AWS SDK, tests implement it without a network. `lookup_error/` has the error.

use super::lookup_error::error::LookupError;
use crate::{
    coverage::seconds::SecondRange,
    json::string::JsonString,
    partition::{AccountId, Partition},
};
use serde::Deserialize;
use std::{borrow::Cow, future::Future};

/// A service that returns the events of one Region of one account in pages.
pub trait LookupEvents {
    /// Whose events they are, and where.
    fn partition(&self) -> &Partition;

    /// Fetches the page that `query` asks for.
    fn lookup(&self, query: Query) -> impl Future<Output = Result<Page, LookupError>>;
}

/// A request for one page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// `StartTime` and `EndTime`, both inclusive; none for all events.
    pub seconds: Option<SecondRange>,
    /// `NextToken`, which requires the same seconds as the request for the page before.
    pub token: Option<String>,
    /// `MaxResults`, 1 to 50.
    pub page_size: i32,
}

/// One page of events, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The events, at most 50.
    pub events: Vec<Event>,
    /// The token of the next page; none on the last one. An empty page may have one.
    pub next_token: Option<String>,
    /// The earliest time at which the page can have been requested, by the service's clock, in seconds since the epoch.
    pub asked_at: Option<i64>,
}

impl Page {
    /// About how many bytes it keeps: those of the answer that its events are from.
    #[must_use]
    pub fn weight(&self) -> usize {
        JsonString::kept_bytes(self.events.iter().filter_map(|event| event.cloud_trail_event.as_ref()))
    }
}

/// An event as LookupEvents returns it. No field is required.
///
/// Source: AWS CloudTrail API Reference, `Event`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// `AccessKeyId`.
    pub access_key_id: Option<JsonString>,
    /// `CloudTrailEvent`: the whole event, as a string of JSON.
    pub cloud_trail_event: Option<JsonString>,
    /// `EventId`.
    pub event_id: Option<JsonString>,
    /// `EventName`.
    pub event_name: Option<JsonString>,
    /// `EventSource`.
    pub event_source: Option<JsonString>,
    /// `EventTime`, in seconds since the epoch.
    pub event_time: Option<i64>,
    /// `ReadOnly`, a string.
    pub read_only: Option<JsonString>,
    /// `Resources`.
    pub resources: Option<Vec<Resource>>,
    /// `Username`.
    pub username: Option<JsonString>,
}

impl Event {
    /// The account that received the event: the one whose event history has it.
    ///
    /// Source: AWS CloudTrail User Guide, "CloudTrail record contents", `recipientAccountId`.
    #[must_use]
    pub fn recipient_account(&self) -> Option<AccountId> {
        #[derive(Deserialize)]
        struct Recipient<'a> {
            #[serde(rename = "recipientAccountId", borrow)]
            account: Cow<'a, str>,
        }
        let text = self.cloud_trail_event.as_ref()?.text();
        let recipient: Recipient<'_> = serde_json::from_str(&text).ok()?;
        AccountId::parse(&recipient.account)
    }
}

/// What an event refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// `ResourceName`.
    pub resource_name: Option<JsonString>,
    /// `ResourceType`.
    pub resource_type: Option<JsonString>,
}
