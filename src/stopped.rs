//! Why a command, or a part of it, stopped before its end.

use crate::failure::Failure;
use std::io;
use thiserror::Error;

/// Why a command stopped before its end. `E` is the error of a part of it that is not classified yet.
#[derive(Debug, Error)]
pub(crate) enum Stopped<E = Failure> {
    /// Something failed, and the user is to be told.
    #[error(transparent)]
    Failed(E),
    /// Stdout can't be written, so the user can't be told.
    #[error(transparent)]
    Unwritable(#[from] io::Error),
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
