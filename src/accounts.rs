//! The accounts and the Regions that a command reads, and with which credentials.

use crate::{
    airbyte::stream::Stream,
    cloudtrail::{
        lookup_error::error::{Evidence, LookupError},
        sdk::{
            aws::Aws,
            client::CloudTrail,
            organization::{ACTIVE, ListedAccount},
            session::Session,
        },
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
    list: Vec<ReadAccount>,
    /// Whether the config is about several accounts, even if there is only one.
    are_several: bool,
    /// Whether they are those of an organization, in which what the user has to fix in one account does not stop the others.
    pub(crate) are_an_organization: bool,
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
        let (mut found, inactive) = configured(config, aws).await?;
        let total = found.len();
        found.truncate(many);
        let mut accounts = Self {
            list: Vec::new(),
            are_several: config.accounts != Configured::Single,
            are_an_organization: matches!(config.accounts, Configured::Organization { .. }),
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
            let result = regions.map(|regions| accounts.list.push(ReadAccount { id, session, regions }));
            results.push(RegionResult { partition, worked, result: result.map_err(Into::into) });
        }
        let told = region_failures::told(results, accounts.are_an_organization);
        (accounts.failures, accounts.warnings) = (told.failures, told.warnings);
        accounts.warnings.extend(inactive);
        if accounts.list.is_empty() {
            return Err(accounts.failures.into_iter().next().unwrap_or_else(|| {
                Failure::config(
                    "All active accounts of the organization are in excluded_account_ids. Remove at least one of them.",
                )
            }));
        }
        Ok(accounts)
    }

    /// Every Region of every account. Neighbors are of different accounts and Regions, so that what is read side by side is
    /// spread over all of them.
    pub(crate) fn partitions(&self) -> Vec<Partition> {
        let most = self.list.iter().map(|account| account.regions.len()).max().unwrap_or_default();
        let of_round = |round: usize| {
            self.list.iter().enumerate().filter_map(move |(nth, account)| {
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
        AccountsRead::One(self.list.first().and_then(|account| account.id.clone()))
    }

    /// The account of the credentials is `id`, if that was not known.
    pub(crate) fn identify(&mut self, id: &AccountId) {
        for account in &mut self.list {
            account.id.get_or_insert_with(|| id.clone());
        }
    }

    /// What reads the events of `stream` in `partition`, which is one of [`partitions`](Self::partitions).
    pub(crate) fn open(&self, aws: &Aws, partition: &Partition, stream: Stream) -> CloudTrail {
        let account = self.list.iter().find(|account| account.id == partition.account);
        aws.cloudtrail(account.map_or_else(|| aws.session(), |account| &account.session), partition, stream)
    }
}

/// The accounts of `config`, each with its credentials, and a warning about those that are not active.
async fn configured(
    config: &Config,
    aws: &Aws,
) -> Result<(Vec<(Option<AccountId>, Session)>, Option<String>), Failure> {
    let (members, inactive): (Vec<MemberRole>, _) = match &config.accounts {
        Configured::Single => {
            let id = config.role.as_ref().map(|role| role.account().clone());
            return Ok((vec![(id, aws.session().clone())], None));
        }
        Configured::Roles(members) => (members.clone(), None),
        Configured::Organization { role_name, excluded } => {
            let listed = aws.listed_accounts().await.map_err(failure)?.into_iter();
            let (active, inactive): (Vec<ListedAccount>, _) =
                listed.filter(|(account, _)| !excluded.contains(account)).partition(|(_, state)| state == ACTIVE);
            let role = |(account, _)| MemberRole::named(role_name, account, config.aws_partition());
            (active.into_iter().map(role).collect(), inactive_message(inactive))
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
    Ok((accounts, inactive))
}

/// The warning about the accounts that are not active, if there are any.
fn inactive_message(accounts: Vec<ListedAccount>) -> Option<String> {
    let names: Vec<String> = accounts.into_iter().map(|(account, state)| format!("{account} ({state})")).collect();
    let names = names.join(", ");
    (!names.is_empty()).then(|| format!("Accounts that are not active are not read: {names}."))
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
