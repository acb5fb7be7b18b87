//! AWS Account Management: `ListRegions`.

use super::{
    journal::Call,
    lists::{PageRequest, member, members, page},
};
use crate::{
    auth::{
        authorization::{Api, Authorization},
        principal::{Principal, Principals},
        regions::{RegionStatus, partition},
        signature::SignableRequest,
    },
    history::token::TokenIssuer,
    organization::Organization,
    wire::{aws_error::AwsError, response::Form},
};
use serde_json::{Map, Value, json};
use std::{
    str::FromStr,
    time::{Duration, SystemTime},
};

const PATH: &str = "/listRegions";
const MAX_RESULTS: i64 = 50;
/// How many Regions a page has if the request does not say. AWS documents no default.
const DEFAULT_RESULTS: i64 = 20;

/// The requests for the Regions of accounts.
#[derive(Debug)]
pub(crate) struct AccountManagement {
    pub(crate) journal: Vec<Call>,
    tokens: TokenIssuer,
}

impl AccountManagement {
    pub(super) fn new(seed: u64) -> Self {
        // Not the seed of Organizations, so that tokens of one API are not valid for the other.
        Self { journal: Vec::new(), tokens: TokenIssuer::new(!seed, None) }
    }

    /// Whether a request is for Account Management, whose operations are named by the path.
    pub(super) fn is_addressed(request: &SignableRequest<'_>) -> bool {
        request.method == "POST" && request.path == PATH
    }

    /// The response to a request that arrived at `arrived` since the emulator started, which is `now` in real time.
    pub(super) fn respond(
        &mut self,
        request: &SignableRequest<'_>,
        principals: &Principals,
        organization: Option<&Organization>,
        arrived: Duration,
        now: SystemTime,
    ) -> Form {
        let mut call = Call::new(arrived);
        let form = match self.list_regions(request, principals, organization, now, &mut call) {
            Ok(body) => Form::rest(body.to_string()),
            Err(error) => {
                let error = error.for_rest();
                call.outcome = Err(error.code.clone());
                Form::rest_error(&error)
            }
        };
        self.journal.push(call);
        form
    }

    fn list_regions(
        &mut self,
        request: &SignableRequest<'_>,
        principals: &Principals,
        organization: Option<&Organization>,
        now: SystemTime,
        call: &mut Call,
    ) -> Result<Value, AwsError> {
        let authorization = Authorization::parse(request.headers)?;
        call.record(&authorization);
        let principal = principals.authenticate(&authorization, request, Api::Account, now)?;
        let caller = &principal.caller;
        call.account = Some(caller.account.clone());
        let input = Input::parse(request.body)?;
        let resource = format!("arn:{}:account::{}:account", partition(&authorization.scope.region), caller.account);
        if caller.denied_actions.iter().any(|denied| denied == "account:ListRegions") {
            return Err(AwsError::list_regions_denied(&principal.arn, &format!("on resource: {resource}")));
        }
        let account = match &input.account {
            None => &caller.account,
            Some(account) => {
                check_account(principal, account, organization)?;
                account
            }
        };
        let mut regions = principals.regions.of(account);
        regions.retain(|(_, status)| input.statuses.as_ref().is_none_or(|statuses| statuses.contains(status)));
        let page_request = PageRequest {
            token: input.token.as_deref(),
            size: input.max_results,
            empty_pages: false,
            scope: format!("{account} {:?}", input.statuses),
            now: call.arrived,
        };
        let (regions, next_token) = page(regions, &page_request, &mut self.tokens)
            .ok_or_else(|| AwsError::invalid_field("nextToken", "The next token is not valid."))?;
        call.outcome = Ok(regions.len());
        let region = |(name, status): &(String, RegionStatus)| json!({"RegionName": name, "RegionOptStatus": <&str>::from(status)});
        let mut body = json!({"Regions": regions.iter().map(region).collect::<Vec<_>>()});
        if let Some(token) = next_token {
            body["NextToken"] = token.into();
        }
        Ok(body)
    }
}

/// Whether the caller may name an account: one of the management account or of a delegated administrator may name a
/// member account.
fn check_account(principal: &Principal, account: &str, organization: Option<&Organization>) -> Result<(), AwsError> {
    let caller = &principal.caller;
    let reason = match organization {
        Some(organization) if !organization.is_administered_by(&caller.account) => {
            let Organization { management_account, id, .. } = organization;
            format!("on resource: arn:aws:account::{management_account}:account/{id}/{account}")
        }
        Some(organization) if organization.management_account == account => {
            "(The management account can only be managed using the standalone context from the management account)"
                .to_owned()
        }
        Some(organization) if organization.has(account) => return Ok(()),
        _ => "(The account is not a member of your organization.)".to_owned(),
    };
    Err(AwsError::list_regions_denied(&principal.arn, &reason))
}

/// The members of the input.
#[derive(Debug)]
struct Input {
    account: Option<String>,
    statuses: Option<Vec<RegionStatus>>,
    max_results: usize,
    token: Option<String>,
}

impl Input {
    fn parse(body: &[u8]) -> Result<Self, AwsError> {
        let serialization = |()| AwsError::serialization("Unexpected content in the body of the request");
        let members = if body.is_empty() { Map::new() } else { members(body).ok_or(()).map_err(serialization)? };
        let string = |name: &str| member(&members, name, Value::as_str).map_err(serialization);
        let account = string("AccountId")?;
        let token = string("NextToken")?;
        let max_results = member(&members, "MaxResults", Value::as_i64).map_err(serialization)?;
        let statuses = member(&members, "RegionOptStatusContains", Value::as_array).map_err(serialization)?;
        if let Some(id) = account
            && (id.len() != 12 || !id.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return Err(failed(id, "accountId", r"satisfy regular expression pattern: \d{12}"));
        }
        let max_results = match max_results.unwrap_or(DEFAULT_RESULTS) {
            count @ ..1 => return Err(failed(count, "maxResults", "have value greater than or equal to 1")),
            count @ 1..=MAX_RESULTS => usize::try_from(count).unwrap_or_default(),
            count => return Err(failed(count, "maxResults", "have value less than or equal to 50")),
        };
        let status = |value: &Value| {
            value.as_str().and_then(|text| RegionStatus::from_str(text).ok()).ok_or_else(|| {
                let values = "[ENABLED, ENABLING, DISABLING, DISABLED, ENABLED_BY_DEFAULT]";
                failed(value, "regionOptStatusContains", &format!("satisfy enum value set: {values}"))
            })
        };
        let statuses = statuses.map(|values| values.iter().map(status).collect()).transpose()?;
        Ok(Self { account: account.map(str::to_owned), statuses, max_results, token: token.map(str::to_owned) })
    }
}

fn failed(value: impl std::fmt::Display, field: &'static str, requirement: &str) -> AwsError {
    let message = format!(
        "1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint: Member must {requirement}"
    );
    AwsError::invalid_field(field, message)
}

#[cfg(test)]
mod tests;
