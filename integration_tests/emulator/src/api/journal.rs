//! What was requested and what the result was, in the order in which requests arrived.

use crate::{
    auth::authorization::Authorization, history::lookup_request::LookupRequest, wire::timestamp::whole_second,
};
use std::time::Duration;

/// A request to CloudTrail.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// When it arrived, since the emulator started.
    pub arrived: Duration,
    /// When it counted toward the quota, since the emulator started: on arrival, or after its latency with
    /// [`Settings::quota_after_latency`].
    ///
    /// [`Settings::quota_after_latency`]: crate::Settings::quota_after_latency
    pub counted: Duration,
    /// The Region in its signature.
    pub region: Option<String>,
    /// The access key in its signature.
    pub access_key: Option<String>,
    /// The account of the caller, if it was authenticated.
    pub account: Option<String>,
    /// `StartTime`, rounded down to a whole second.
    pub start_time: Option<i64>,
    /// `EndTime`, rounded down to a whole second.
    pub end_time: Option<i64>,
    /// `MaxResults`.
    pub max_results: Option<i64>,
    /// Whether it had a `NextToken`.
    pub had_token: bool,
    /// `EventCategory`.
    pub category: Option<String>,
    /// The key and the value of the first lookup attribute.
    pub filter: Option<(String, String)>,
    /// What the response was.
    pub outcome: Outcome,
    /// The name of the fault that occurred, or `RandomThrottle`.
    pub fault: Option<&'static str>,
}

/// What the response to a request was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A page.
    Page {
        /// How many events it has.
        events: usize,
        /// Whether it has a `NextToken`.
        has_token: bool,
    },
    /// An error.
    Error {
        /// The error code.
        code: String,
    },
    /// No response, or one that was incomplete or not JSON. [`Entry::fault`] says why.
    Broken,
}

impl Entry {
    pub(super) fn new(arrived: Duration, counted: Duration) -> Self {
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

    /// Records what was requested.
    pub(super) fn record(&mut self, request: &LookupRequest) {
        self.start_time = request.start_time.map(whole_second);
        self.end_time = request.end_time.map(whole_second);
        self.max_results = request.max_results;
        self.had_token = request.token.is_some();
        self.category.clone_from(&request.category);
        self.filter = match request.attributes.first() {
            Some((Some(key), Some(value))) => Some((key.clone(), value.clone())),
            _ => None,
        };
    }

    /// The error code, if the response was an error.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Error { code } => Some(code),
            Outcome::Page { .. } | Outcome::Broken => None,
        }
    }

    /// Whether the response was a page.
    #[must_use]
    pub fn is_page(&self) -> bool {
        matches!(self.outcome, Outcome::Page { .. })
    }

    /// How many events the response had.
    #[must_use]
    pub fn events(&self) -> usize {
        match self.outcome {
            Outcome::Page { events, .. } => events,
            Outcome::Error { .. } | Outcome::Broken => 0,
        }
    }
}

/// A request to STS for a session of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRequest {
    /// When it arrived, since the emulator started.
    pub arrived: Duration,
    /// The Region in its signature. A web identity signs nothing.
    pub region: Option<String>,
    /// The access key in its signature.
    pub access_key: Option<String>,
    /// `RoleArn`.
    pub role: Option<String>,
    /// `ExternalId`.
    pub external_id: Option<String>,
    /// `RoleSessionName`.
    pub session_name: Option<String>,
    /// The access key of the session that was issued, or the error code.
    pub outcome: Result<String, String>,
}

impl SessionRequest {
    /// The account of the role, if the request named one.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        self.role.as_deref().and_then(|arn| arn.split(':').nth(4))
    }
}

/// A request to an API other than CloudTrail's, whose input the journal does not record: `ListAccounts`, `ListRegions`
/// or `GetCallerIdentity`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// When it arrived, since the emulator started.
    pub arrived: Duration,
    /// The Region in its signature.
    pub region: Option<String>,
    /// The access key in its signature.
    pub access_key: Option<String>,
    /// The account of the caller, if it was authenticated.
    pub account: Option<String>,
    /// How many accounts, Regions or identities the response has, or the error code.
    pub outcome: Result<usize, String>,
}

impl Call {
    pub(super) fn new(arrived: Duration) -> Self {
        Self { arrived, region: None, access_key: None, account: None, outcome: Ok(0) }
    }

    /// Records what the signature says.
    pub(super) fn record(&mut self, authorization: &Authorization) {
        self.region = Some(authorization.scope.region.clone());
        self.access_key = Some(authorization.access_key.clone());
    }
}
