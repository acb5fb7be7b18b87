//! The names of choices on the command line, and what they stand for.

use clap::ValueEnum;
use cloudtrail_emulator::{Shape, TimeFormat, TokenKind};

#[derive(ValueEnum, Clone, Copy, Debug)]
pub(super) enum ShapeName {
    Uniform,
    Bursty,
    Office,
    Recent,
    Old,
    OneSecond,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
pub(super) enum TokenName {
    Position,
    Offset,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
pub(super) enum TimeName {
    Float,
    Integer,
    Exponent,
}

/// The burst of a bucket is a separate option.
#[derive(ValueEnum, Clone, Copy, Debug)]
pub(super) enum LimiterName {
    Windows,
    Bucket,
    Sliding,
}

impl From<ShapeName> for Shape {
    fn from(name: ShapeName) -> Self {
        match name {
            ShapeName::Uniform => Self::Uniform,
            ShapeName::Bursty => Self::Bursty,
            ShapeName::Office => Self::Office,
            ShapeName::Recent => Self::Recent,
            ShapeName::Old => Self::Old,
            ShapeName::OneSecond => Self::OneSecond,
        }
    }
}

impl From<TokenName> for TokenKind {
    fn from(name: TokenName) -> Self {
        match name {
            TokenName::Position => Self::ByPosition,
            TokenName::Offset => Self::ByOffset,
        }
    }
}

impl From<TimeName> for TimeFormat {
    fn from(name: TimeName) -> Self {
        match name {
            TimeName::Float => Self::Float,
            TimeName::Integer => Self::Integer,
            TimeName::Exponent => Self::Exponent,
        }
    }
}
