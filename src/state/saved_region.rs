//! What a state says of one Region.

use super::{event_time::EventTime, saved_filter::SavedFilter, state_error::Reason};
use crate::coverage::{loose_events::LooseEvents, region_coverage::SavedCoverage, seconds::SecondRange};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The entry of one Region. One that is passed in stays unchanged until its Region is read: it may be of another
/// version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum SavedRegion<'a> {
    /// Written by this connector, of a Region that it has read.
    #[serde(skip_deserializing)]
    Read(ReadRegion<'a>),
    /// Passed in, with the filter that the Region was read with.
    WithFilter {
        filter: String,
        #[serde(flatten)]
        rest: Map<String, Value>,
    },
    /// Passed in, in any other form.
    Other(Value),
}

/// What has been read of one Region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "EarlierForms")]
pub(crate) struct ReadRegion<'a> {
    #[serde(flatten)]
    pub(super) coverage: SavedCoverage<'a>,
    /// The filter that the Region was read with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) filter: Option<Cow<'a, str>>,
}

/// The same, as earlier versions wrote it, too. Unknown fields are ignored, and a null is the same as absent.
#[derive(Deserialize)]
struct EarlierForms {
    #[serde(rename = "EventTime")]
    event_time: EventTime,
    covered: Option<Vec<SecondRange>>,
    loose: Option<LooseEvents>,
    filter: Option<String>,
}

impl From<EarlierForms> for ReadRegion<'_> {
    fn from(saved: EarlierForms) -> Self {
        let coverage = SavedCoverage {
            event_time: saved.event_time.epoch_seconds(),
            covered: saved.covered.unwrap_or_default(),
            loose: Cow::Owned(saved.loose.unwrap_or_default()),
        };
        Self { coverage, filter: saved.filter.map(Cow::Owned) }
    }
}

impl ReadRegion<'_> {
    fn to_static(&self) -> ReadRegion<'static> {
        let SavedCoverage { event_time, covered, loose } = self.coverage.clone();
        let coverage = SavedCoverage { event_time, covered, loose: Cow::Owned(loose.into_owned()) };
        ReadRegion { coverage, filter: self.filter.clone().map(|filter| Cow::Owned(filter.into_owned())) }
    }
}

impl SavedRegion<'_> {
    /// What the entry of `region` says; none if it is null.
    pub(super) fn read(&self, region: &str) -> Result<Option<ReadRegion<'static>>, Reason> {
        let (entry, filter) = match self {
            Self::Other(Value::Null) => return Ok(None),
            Self::WithFilter { filter, rest } => (rest, Some(filter)),
            Self::Other(Value::Object(entry)) => (entry, None),
            Self::Other(_) => return Err(Reason::RegionNotAnObject { region: region.to_owned() }),
            Self::Read(read) => return Ok(Some(read.to_static())),
        };
        let read = ReadRegion::deserialize(entry);
        let read = read.map_err(|source| Reason::Region { region: region.to_owned(), source })?;
        Ok(Some(ReadRegion { filter: filter.map(|filter| Cow::Owned(filter.clone())).or(read.filter), ..read }))
    }

    /// Renames the filter if it is `current` under its other name.
    pub(super) fn rename_filter(&mut self, current: &SavedFilter) {
        if let Self::WithFilter { filter, .. } = self {
            current.rename(filter);
        }
    }

    /// The same entry, with `of_all` for its filter if it has none.
    pub(super) fn or_filter(self, of_all: Option<&str>) -> Self {
        match (self, of_all) {
            (Self::Other(Value::Object(mut rest)), Some(filter)) if rest.get("filter").is_none_or(Value::is_null) => {
                rest.remove("filter");
                Self::WithFilter { filter: filter.to_owned(), rest }
            }
            (entry, _) => entry,
        }
    }
}
