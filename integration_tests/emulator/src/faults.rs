//! Everything that can go wrong on purpose: the faults, when they occur, and chains of pages that go in a circle.

pub(crate) mod fault;
pub(crate) mod schedule;
pub(crate) mod token_circle;
