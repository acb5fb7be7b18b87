//! Shows people how a read goes: a LOG line every 30 s, or a live bar where stderr is a terminal.

use crate::progress::Standing;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    io::{IsTerminal, stderr},
    time::Duration,
};

/// How often there is a line.
const TIME_PER_LINE: Duration = Duration::from_secs(30);
/// The length of the bar, which shows thousandths.
const WHOLE: u64 = 1_000;

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
        if stderr().is_terminal() { Self::bar(ProgressDrawTarget::stderr()) } else { Self::Lines(TIME_PER_LINE) }
    }

    fn bar(target: ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(Some(WHOLE), target);
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
                bar.set_position((standing.share * 1_000.0) as u64);
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

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::InMemoryTerm;

    fn standing(share: f64) -> Standing {
        Standing { share, line: format!("us-east-1: {share} of it") }
    }

    #[test]
    fn a_terminal_shows_a_bar_and_is_left_as_it_was() {
        let terminal = InMemoryTerm::new(5, 100);
        let mut meter = Meter::bar(ProgressDrawTarget::term_like(Box::new(terminal.clone())));
        assert_eq!(meter.show(standing(0.5), Duration::ZERO), None);
        assert_eq!(terminal.contents(), "[============>           ] us-east-1: 0.5 of it");
        drop(meter);
        assert_eq!(terminal.contents(), "");
    }

    #[test]
    fn without_a_terminal_there_is_a_line_every_half_minute() {
        let mut meter = Meter::Lines(TIME_PER_LINE);
        assert!(!meter.is_due(Duration::from_millis(29_999)) && meter.is_due(TIME_PER_LINE));
        assert_eq!(meter.show(standing(0.5), TIME_PER_LINE), Some("us-east-1: 0.5 of it".to_owned()));
        assert!(!meter.is_due(Duration::from_millis(59_999)) && meter.is_due(TIME_PER_LINE * 2));
    }
}
