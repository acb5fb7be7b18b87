//! The accounts and the Regions that a command reads, and with which credentials.

use crate::{
    airbyte::stream::Stream,
    cloudtrail::{
        lookup_error::error::{Evidence, LookupError},
        sdk::{aws::Aws, client::CloudTrail, session::Session},
    },
    config::{
        accounts::{Accounts as Configured, MemberRole},
        resolved_config::Config,
    },
    failure::Failure,
    partition::{AccountId, Partition},
    state::sync_settings::AccountsRead,
    sync::region_failures::{self, RegionResult},
};
use futures_util::{StreamExt, stream};

/// How many accounts are asked for their Regions at once.
const ASKED_AT_ONCE: usize = 16;

/// The accounts that a command reads.
pub(crate) struct Accounts {
    accounts: Vec<ReadAccount>,
    /// Whether the config is about several accounts, even if there is only one.
    are_several: bool,
    /// How many there are, those that are not read included.
    pub(crate) total: usize,
    /// What is wrong with accounts whose Regions can't be listed.
    pub(crate) failures: Vec<Failure>,
    /// The same, where such an account is its own trouble.
    pub(crate) warnings: Vec<String>,
}

/// One of them.
struct ReadAccount {
    /// None for the account of the credentials, if no role tells it.
    id: Option<AccountId>,
    session: Session,
    regions: Vec<String>,
}

impl Accounts {
    /// The accounts of `config`, at most so `many`, with their Regions.
    ///
    /// # Errors
    ///
    /// The accounts can't be listed, there are none, or none of them can be read.
    pub(crate) async fn find(config: &Config, aws: &Aws, many: usize) -> Result<Self, Failure> {
        let mut found = configured(config, aws).await?;
        let total = found.len();
        found.truncate(many);
        let mut accounts = Self {
            accounts: Vec::new(),
            are_several: config.accounts != Configured::Single,
            total,
            failures: Vec::new(),
            warnings: Vec::new(),
        };
        let with_regions = stream::iter(found).map(async |(id, session)| {
            let regions = regions(config, aws, &session).await;
            (id, session, regions)
        });
        let mut results = Vec::new();
        let mut with_regions = with_regions.buffered(ASKED_AT_ONCE);
        while let Some((id, session, regions)) = with_regions.next().await {
            let partition = Partition { account: id.clone(), region: config.regions[0].clone() };
            let worked = regions.is_ok();
            let result = regions.map(|regions| accounts.accounts.push(ReadAccount { id, session, regions }));
            results.push(RegionResult { partition, worked, result: result.map_err(Into::into) });
        }
        let failures = region_failures::failures(results);
        (accounts.failures, accounts.warnings) = accounts.tolerated(config, failures, !accounts.accounts.is_empty());
        if accounts.accounts.is_empty() {
            return Err(accounts.failures.into_iter().next().unwrap_or_else(|| {
                Failure::config(
                    "The organization has no active account to read, apart from those in excluded_account_ids. Remove accounts from excluded_account_ids.",
                )
            }));
        }
        Ok(accounts)
    }

    /// What of `failures` to report and what to warn about, if anything `worked`: in an organization, what the user has to
    /// fix in one account does not stop the others.
    pub(crate) fn tolerated(
        &self,
        config: &Config,
        failures: Vec<Failure>,
        worked: bool,
    ) -> (Vec<Failure>, Vec<String>) {
        match config.accounts {
            Configured::Organization { .. } => region_failures::tolerated(failures, worked),
            Configured::Single | Configured::Roles(_) => (failures, Vec::new()),
        }
    }

    /// Every Region of every account. Neighbors are of different accounts and Regions, so that what is read side by side is
    /// spread over all of them.
    pub(crate) fn partitions(&self) -> Vec<Partition> {
        let most = self.accounts.iter().map(|account| account.regions.len()).max().unwrap_or_default();
        let of_round = |round: usize| {
            self.accounts.iter().enumerate().filter_map(move |(nth, account)| {
                let count = account.regions.len();
                let region = account.regions.get((nth + round) % count).filter(|_| round < count)?;
                Some(Partition { account: account.id.clone(), region: region.clone() })
            })
        };
        (0..most).flat_map(of_round).collect()
    }

    /// Whose events are read.
    pub(crate) fn read(&self) -> AccountsRead {
        if self.are_several {
            return AccountsRead::Many;
        }
        AccountsRead::One(self.accounts.first().and_then(|account| account.id.clone()))
    }

    /// The account of the credentials is `id`, if that was not known.
    pub(crate) fn identify(&mut self, id: AccountId) {
        for account in &mut self.accounts {
            account.id.get_or_insert(id.clone());
        }
    }

    /// What reads the events of `stream` in `partition`, which is one of [`partitions`](Self::partitions).
    pub(crate) fn open(&self, aws: &Aws, partition: &Partition, stream: Stream) -> CloudTrail {
        let account = self.accounts.iter().find(|account| account.id == partition.account);
        aws.cloudtrail(account.map_or_else(|| aws.session(), |account| &account.session), partition, stream)
    }
}

/// The accounts of `config`, each with its credentials.
async fn configured(config: &Config, aws: &Aws) -> Result<Vec<(Option<AccountId>, Session)>, Failure> {
    let members = match &config.accounts {
        Configured::Single => {
            let id = config.role.as_ref().map(|role| role.account().clone());
            return Ok(vec![(id, aws.session().clone())]);
        }
        Configured::Roles(members) => members.clone(),
        Configured::Organization { role_name, excluded } => {
            let aws_partition = config.aws_partition();
            let active = aws.active_accounts().await.map_err(failure)?;
            let accounts = active.into_iter().filter(|account| !excluded.contains(account));
            accounts.map(|account| MemberRole::named(role_name, account, aws_partition)).collect()
        }
    };
    // The caller's own account needs no role: roles that a StackSet creates are in the other accounts only.
    let caller = match (&config.accounts, &config.role) {
        (Configured::Organization { .. }, Some(role)) => Some(role.account().clone()),
        (Configured::Organization { .. }, None) => aws.caller().await.map_err(failure)?,
        _ => None,
    };
    let mut accounts = Vec::new();
    for MemberRole { account, arn } in members {
        let session = if caller.as_ref() == Some(&account) {
            aws.session().clone()
        } else {
            aws.assume(&arn, config.external_id.as_deref()).await
        };
        accounts.push((Some(account), session));
    }
    Ok(accounts)
}

fn failure(error: LookupError) -> Failure {
    error.into_failure(Evidence::default())
}

/// The Regions of an account: those of `config`, and those that are enabled, if it wants them all.
async fn regions(config: &Config, aws: &Aws, session: &Session) -> Result<Vec<String>, LookupError> {
    let mut regions = config.regions.clone();
    if config.all_enabled_regions {
        let enabled = aws.enabled_regions(session).await?;
        regions.extend(enabled.into_iter().filter(|region| !config.regions.contains(region)));
    }
    Ok(regions)
}
