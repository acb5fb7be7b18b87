//! `check`: requests one event in each Region of each account, to find out whether the config works.

use crate::{
    accounts::Accounts,
    airbyte::{output::Output, protocol::Level, stream::Stream},
    cloudtrail::sdk::aws::Aws,
    config::{credentials::Credentials, resolved_config::Config},
    first_events::{FirstEvents, Patience, first_events},
    partition::Partition,
    stopped::Stopped,
    sync::region_failures::{self, RegionResult, Told},
};
use futures_util::{StreamExt, stream};
use std::{collections::BTreeSet, io::Write};

/// How many accounts are checked at most, so that the answer does not take minutes.
const MOST_ACCOUNTS: usize = 20;
/// How many Regions are asked at once.
const ASKED_AT_ONCE: usize = 64;

/// Checks `config` and writes the answer.
///
/// # Errors
///
/// There are no credentials, the accounts can't be listed, or stdout can't be written.
pub(crate) async fn check<W: Write>(config: &Config, output: &Output<W>) -> Result<(), Stopped> {
    let aws = Aws::connect(config, output.mask()).await?;
    if config.credentials == Credentials::Ambient
        && let Some(source) = aws.credentials_source_name()
    {
        output.log(Level::Info, &format!("AWS credentials: {source}."))?;
    }
    let mut accounts = Accounts::find(config, &aws, MOST_ACCOUNTS).await?;
    let mut results = Vec::new();
    let requests = stream::iter(accounts.partitions()).map(async |partition| {
        let result = first_events(&accounts.open(&aws, &partition, Stream::ManagementEvents), 1, Patience::CHECK).await;
        RegionResult { worked: result.is_ok(), partition, result }
    });
    let mut requests = requests.buffered(ASKED_AT_ONCE);
    while let Some(result) = requests.next().await {
        results.push(result);
    }
    drop(requests);
    let throttled = results.iter().filter(|region| matches!(region.result, Ok(FirstEvents::Throttled(_))));
    let mut messages: Vec<String> = throttled.map(|region| throttled_message(&region.partition)).collect();
    // `check` does not get the configured catalog, so whether insight_events will be read is not known.
    let unfit = config.filter_of(Stream::InsightEvents).err();
    messages.extend(unfit.map(|error| format!("The stream insight_events can't be read with this filter: {error}")));
    let worked = results.iter().filter(|region| region.worked);
    let worked: BTreeSet<_> = worked.map(|region| region.partition.account.clone()).collect();
    let counts = counts(&accounts, worked.len());
    let Told { mut failures, warnings } = region_failures::told(results, accounts.are_an_organization);
    failures.append(&mut accounts.failures);
    messages.extend(accounts.warnings.into_iter().chain(warnings));
    if failures.is_empty() {
        let messages: Vec<String> = counts.into_iter().chain(messages).collect();
        output.succeeded((!messages.is_empty()).then(|| messages.join(" ")).as_deref())?;
    } else {
        output.failed(counts.as_deref(), &failures)?;
    }
    Ok(())
}

fn throttled_message(region: &Partition) -> String {
    format!(
        "The credentials are valid in {region}, but another reader, such as a running sync, uses all of the account's 2 requests per second there."
    )
}

/// How many of several accounts can be read.
fn counts(accounts: &Accounts, can_be_read: usize) -> Option<String> {
    let total = accounts.total;
    if total <= MOST_ACCOUNTS {
        return (total > 1).then(|| format!("{can_be_read} of {total} accounts can be read."));
    }
    Some(format!(
        "{can_be_read} of the first {MOST_ACCOUNTS} of {total} accounts can be read. The others were not checked."
    ))
}
