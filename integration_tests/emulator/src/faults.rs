//! What goes wrong on request: the faults, when they occur, and the pages that go in a circle.

pub(crate) mod fault;
pub(crate) mod schedule;
pub(crate) mod token_circle;
