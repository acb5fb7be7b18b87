//! `check`: requests one event in each Region, to find out whether the config works.

use crate::{
    airbyte::{output::Output, protocol::Level, stream::Stream},
    cloudtrail::{
        lookup::{LookupEvents, Query},
        lookup_error::error::Remedy,
        sdk::client::CloudTrail,
    },
    config::{credentials::Credentials, resolved_config::Config},
    failure::Failure,
    stopped::Stopped,
    sync::region_failures::{self, RegionError, RegionResult},
};
use futures_util::future::join_all;
use std::{io::Write, time::Duration};
use tokio::time::{Instant, sleep, timeout_at};

/// How long an answer may take. In busy Regions the slowest seen took 35 s, and the user can't change that.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(40);
/// How long to retry while CloudTrail throttles.
const RETRY_THROTTLED: Duration = Duration::from_secs(10);
/// How long to retry after other errors that may pass.
const RETRY_OTHERS: Duration = Duration::from_secs(3);
/// How long to wait before a retry.
const PAUSE: Duration = Duration::from_secs(1);

/// Checks `config` and writes the answer.
///
/// # Errors
///
/// There are no credentials, or stdout can't be written.
pub(crate) async fn check<W: Write>(config: &Config, output: &Output<W>) -> Result<(), Stopped> {
    let sources = CloudTrail::connect(config, output.mask()).await?;
    let results = join_all(sources.iter().map(async |source| {
        let result = lookup_one_event(source).await;
        RegionResult { region: source.region(), worked: result.is_ok(), result }
    }))
    .await;
    if config.credentials == Credentials::Ambient
        && let Some(source) = sources.first().and_then(CloudTrail::credentials_source_name)
    {
        output.log(Level::Info, &format!("AWS credentials: {source}."))?;
    }
    let mut messages: Vec<String> = results.iter().filter_map(|region| region.result.as_ref().ok()?.clone()).collect();
    // `check` does not get the configured catalog, so whether insight_events will be read is not known.
    let unfit = config.filter_of(Stream::InsightEvents).err();
    messages.extend(unfit.map(|error| format!("The stream insight_events can't be read with this filter: {error}")));
    let failures = region_failures::failures(results);
    if failures.is_empty() {
        output.succeeded((!messages.is_empty()).then(|| messages.join(" ")).as_deref())?;
    } else {
        output.failed(&failures)?;
    }
    Ok(())
}

/// Requests one event. Returns what the user should know even though the config works.
async fn lookup_one_event<S: LookupEvents>(source: &S) -> Result<Option<String>, RegionError> {
    let (began, region) = (Instant::now(), source.region());
    loop {
        let query = Query { seconds: None, token: None, page_size: 1 };
        let Ok(answer) = timeout_at(began + ANSWER_TIMEOUT, source.lookup(query)).await else {
            let seconds = ANSWER_TIMEOUT.as_secs();
            return Err(Failure::transient(format!(
                "CloudTrail in {region} did not answer within {seconds} seconds. Check the network connection to the endpoint, and endpoint_url if it is set."
            ))
            .into());
        };
        let Err(error) = answer else { return Ok(None) };
        let next = began.elapsed() + PAUSE;
        match error.remedy(false) {
            Remedy::SlowDown if next < RETRY_THROTTLED => {}
            Remedy::SlowDown => {
                return Ok(Some(format!(
                    "The credentials are valid in {region}, but another reader, such as a running sync, uses all of the account's 2 requests per second there."
                )));
            }
            Remedy::Retry if next < RETRY_OTHERS => {}
            Remedy::Retry | Remedy::RestartSlice | Remedy::Stop => return Err(error.into()),
        }
        sleep(PAUSE).await;
    }
}
