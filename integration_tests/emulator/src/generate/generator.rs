//! What to generate.

use crate::{
    auth::caller::{DEFAULT_ACCOUNT, DEFAULT_REGION},
    history::event::Category,
};

/// What to generate. The same generator always gives the same events.
#[derive(Clone, Debug, PartialEq)]
pub struct Generator {
    /// The seed. Another seed gives other events, with other IDs.
    pub seed: u64,
    /// The number of events.
    pub count: usize,
    /// The Region of all events.
    pub region: String,
    /// The account of all events.
    pub account: String,
    /// The first second that events may have, since the Unix epoch.
    pub first: i64,
    /// The last second that events may have, since the Unix epoch.
    pub last: i64,
    /// How the events are distributed over that time.
    pub shape: Shape,
    /// The category of all events. Most Insights events come in pairs, Start and End, that share a `sharedEventID`.
    pub category: Category,
    /// The size of the `CloudTrailEvent` of each management event, in bytes. A long string in `requestParameters` fills
    /// it up; an event that is already larger stays as it is. With `None`, sizes are as in practice, and one event in a
    /// set of a thousand or more has 256 KB, the maximum on AWS.
    pub size: Option<usize>,
}

impl Generator {
    /// A thousand management events of the default account and Region, distributed evenly over `first..=last`.
    #[must_use]
    pub fn new(first: i64, last: i64) -> Self {
        Self {
            seed: 1,
            count: 1000,
            region: DEFAULT_REGION.to_owned(),
            account: DEFAULT_ACCOUNT.to_owned(),
            first,
            last,
            shape: Shape::Uniform,
            category: Category::Management,
            size: None,
        }
    }
}

/// A distribution over time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// All seconds are equally likely.
    #[default]
    Uniform,
    /// In bursts of 2,000 events, each with a standard deviation of five minutes.
    Bursty,
    /// Most events are between 8:00 and 18:00 on five days of the week.
    Office,
    /// All in the last hour.
    Recent,
    /// All in the first hour.
    Old,
    /// All in the last second.
    OneSecond,
}
