//! Tells people how the read of a stream is going: each of a few Regions by itself, or many of them as a whole.

use super::{
    counts::{in_groups, regions},
    messages,
    progress_display::{ProgressBars, ProgressDisplay},
    read_clock::ReadClock,
    shared_warnings::SharedWarnings,
    stream_writer::{RegionWriter, StreamWriter},
    turns,
    whole_progress::WholeProgress,
};
use crate::{airbyte::protocol::Level, coverage::seconds::SecondRange, pace::elapsed::Elapsed, partition::Partition};
use std::{
    cell::{Cell, RefCell, RefMut},
    collections::BTreeSet,
    future::pending,
    io::{self, Write},
    time::Duration,
};

/// How many Regions have lines and bars of their own. More of them would fill a screen, and the platform's log.
const MOST_BY_THEMSELVES: usize = 8;
/// How often there is a line about Regions from which no page arrives.
const TIME_PER_SILENCE: Duration = Duration::from_secs(30);

/// How the read of a stream is told.
pub(crate) enum StreamProgress<'a> {
    /// Each Region by itself.
    Each(&'a ProgressBars),
    /// All of them as a whole.
    Whole(Box<WholeReport>),
}

/// How a turn of one Region is told.
pub(crate) enum RegionProgress<'a> {
    /// By itself.
    Own(ProgressDisplay),
    /// As the part with this `number` of the whole.
    Part {
        /// The whole.
        whole: &'a WholeReport,
        /// The Region's number in it.
        number: usize,
    },
}

/// What there is to tell about many Regions as a whole.
pub(crate) struct WholeReport {
    progress: RefCell<WholeProgress>,
    warnings: RefCell<SharedWarnings>,
    display: RefCell<ProgressDisplay>,
    /// When the next line about Regions from which no page arrives is due.
    silence_due: Cell<Elapsed>,
}

/// The methods that take a writer fail if stdout can't be written.
impl<'a> StreamProgress<'a> {
    /// Starts to tell about the read of `partitions` that `writer` has left to read.
    pub(crate) fn start<W: Write>(
        partitions: &[Partition],
        writer: &RefCell<StreamWriter<'_, W>>,
        bars: &'a ProgressBars,
    ) -> io::Result<Self> {
        if partitions.len() <= MOST_BY_THEMSELVES {
            return Ok(Self::Each(bars));
        }
        let name = writer.borrow().label(name(partitions));
        let region = |partition| {
            let writer = RegionWriter::new(writer, partition);
            (writer.label(), writer.unread().into_iter().map(SecondRange::duration).sum())
        };
        let progress = WholeProgress::new(name.clone(), partitions.iter().map(region));
        let at_a_time = turns::MOST_AT_ONCE.min(partitions.len());
        let start = messages::start_of_many(&name, progress.longest_to_read(), at_a_time);
        writer.borrow().log(Level::Info, &start)?;
        Ok(Self::Whole(Box::new(WholeReport::new(progress, bars.add()))))
    }

    /// How a turn of the partition `number` is told.
    pub(crate) fn of(&self, number: usize) -> RegionProgress<'_> {
        match self {
            Self::Each(bars) => RegionProgress::Own(bars.add()),
            Self::Whole(whole) => RegionProgress::Part { whole, number },
        }
    }

    /// Shows the whole whenever that is due. Returns the error when stdout can't be written.
    pub(crate) async fn show_when_due<W: Write>(
        &self,
        writer: &RefCell<StreamWriter<'_, W>>,
        clock: ReadClock,
    ) -> io::Error {
        let Self::Whole(whole) = self else { return pending().await };
        loop {
            let due = whole.display.borrow().due(clock.now());
            clock.sleep_until(due).await;
            if let Err(error) = whole.show(clock.now(), writer) {
                return error;
            }
        }
    }

    /// Sums up the whole, which has ended at `now`.
    pub(crate) fn sum_up<W: Write>(self, now: Elapsed, writer: &RefCell<StreamWriter<'_, W>>) -> io::Result<()> {
        let Self::Whole(whole) = self else { return Ok(()) };
        let (writer, progress, warnings) = (writer.borrow(), whole.progress(), whole.warnings());
        let (level, summary) = progress.summary(now);
        writer.log(level, &summary)?;
        let mut warnings = warnings.at_end().chain(progress.held_back_warning());
        warnings.try_for_each(|warning| writer.log(Level::Warn, &warning))
    }
}

impl WholeReport {
    fn new(progress: WholeProgress, display: ProgressDisplay) -> Self {
        Self {
            progress: RefCell::new(progress),
            warnings: RefCell::default(),
            display: RefCell::new(display),
            silence_due: Cell::new(Elapsed::START + TIME_PER_SILENCE),
        }
    }

    /// The progress of all Regions.
    pub(super) fn progress(&self) -> RefMut<'_, WholeProgress> {
        self.progress.borrow_mut()
    }

    /// The warnings of all Regions.
    pub(super) fn warnings(&self) -> RefMut<'_, SharedWarnings> {
        self.warnings.borrow_mut()
    }

    /// Shows the progress at `now`, and from how many Regions no page arrives.
    fn show<W: Write>(&self, now: Elapsed, writer: &RefCell<StreamWriter<'_, W>>) -> io::Result<()> {
        let (mut progress, writer) = (self.progress(), writer.borrow());
        if let Some(line) = self.display.borrow_mut().show(progress.snapshot(now), now) {
            writer.log(Level::Info, &line)?;
        }
        if now < self.silence_due.get() {
            return Ok(());
        }
        let Some(silence) = progress.silence(now) else { return Ok(()) };
        self.silence_due.set(now + TIME_PER_SILENCE);
        writer.log(Level::Info, &silence)
    }
}

/// How many `partitions` there are: `17 Regions`, or `1,700 Regions in 100 accounts`.
fn name(partitions: &[Partition]) -> String {
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let all = regions(count(partitions.len()));
    let accounts: BTreeSet<_> = partitions.iter().map(|partition| &partition.account).collect();
    match accounts.len() {
        0 | 1 => all,
        several => format!("{all} in {} accounts", in_groups(count(several))),
    }
}
