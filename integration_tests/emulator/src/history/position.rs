//! Where a page begins, as a `NextToken` contains it.

/// What a `NextToken` contains. AWS does not document it, and services differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenKind {
    /// The last event that was returned: events that appear later change nothing.
    #[default]
    ByPosition,
    /// The number of events that were returned: newer events that appear later shift the next page by as many.
    ByOffset,
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    /// At the newest event.
    Newest,
    /// After this event.
    After {
        second: i64,
        /// The event's number, in the order in which events were added.
        number: u64,
    },
    /// After this many events, whichever they are at that time.
    Skip(usize),
}
