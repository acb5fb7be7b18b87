//! Shows people how a read goes: a LOG line every 30 s, or a live bar where stderr is a terminal.

use crate::progress::Standing;
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    io::{IsTerminal, stderr},
    time::Duration,
};

/// How often there is a line.
const TIME_PER_LINE: Duration = Duration::from_secs(30);
/// The length of the bar, which shows thousandths.
const WHOLE: f64 = 1_000.0;

/// The way in which people are shown how a read goes.
pub enum Meter {
    /// Lines, the next one at this time since the read began.
    Lines(Duration),
    /// A bar on stderr.
    Bar(ProgressBar),
}

impl Meter {
    /// A bar if there is a terminal to show it on, else lines.
    #[must_use]
    pub fn new() -> Self {
        if !stderr().is_terminal() {
            return Self::Lines(TIME_PER_LINE);
        }
        let bar = ProgressBar::new(1_000);
        // A template of our own that is wrong would leave the plain bar, which does as well.
        let style = ProgressStyle::with_template("[{bar:24}] {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        Self::Bar(bar)
    }

    /// Whether there is something to show, `now` after the read began.
    #[must_use]
    pub fn is_due(&self, now: Duration) -> bool {
        match self {
            Self::Lines(next) => now >= *next,
            Self::Bar(_) => true,
        }
    }

    /// Shows `standing`. Returns the line that is to be logged, where there is no bar.
    pub fn show(&mut self, standing: Standing, now: Duration) -> Option<String> {
        match self {
            Self::Lines(next) => {
                *next = now + TIME_PER_LINE;
                Some(standing.line)
            }
            Self::Bar(bar) => {
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 1,000")]
                bar.set_position((standing.share * WHOLE) as u64);
                bar.set_message(standing.line);
                None
            }
        }
    }
}

impl Default for Meter {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Meter {
    /// Leaves the terminal as it was.
    fn drop(&mut self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
