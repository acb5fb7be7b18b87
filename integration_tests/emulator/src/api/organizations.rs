//! AWS Organizations: `ListAccounts`.

use super::{
    journal::Call,
    lists::{PageRequest, member, members, page},
};
use crate::{
    auth::{
        authorization::{Api, Authorization},
        principal::{Principal, Principals},
        signature::SignableRequest,
    },
    history::token::TokenIssuer,
    organization::{Account, Organization, StatusMembers},
    throttling::quota::Quota,
    wire::{
        aws_error::AwsError,
        response::{Form, JSON},
    },
};
use serde_json::{Map, Value, json};
use std::time::{Duration, SystemTime};

const TARGET: &str = "AWSOrganizationsV20161128.";
const OPERATION: &str = "ListAccounts";
const MAX_RESULTS: i64 = 20;

/// The organization, and the requests for its accounts.
#[derive(Debug)]
pub(crate) struct Organizations {
    pub(crate) journal: Vec<Call>,
    organization: Option<Organization>,
    quota: Option<Quota>,
    tokens: TokenIssuer,
}

impl Organizations {
    pub(super) fn new(organization: Option<Organization>, seed: u64) -> Self {
        let rate = organization.as_ref().and_then(|organization| organization.rate);
        Self {
            journal: Vec::new(),
            organization,
            quota: rate.map(Quota::per_second),
            tokens: TokenIssuer::new(seed, None),
        }
    }

    /// Whether a request is for Organizations, whose operations are named by a header.
    pub(super) fn is_addressed(request: &SignableRequest<'_>) -> bool {
        header(request, "x-amz-target").is_some_and(|target| target.starts_with(TARGET))
    }

    /// The organization, if there is one.
    pub(super) fn organization(&self) -> Option<&Organization> {
        self.organization.as_ref()
    }

    /// The response to a request that arrived at `arrived` since the emulator started, which is `now` in real time.
    pub(super) fn respond(
        &mut self,
        request: &SignableRequest<'_>,
        principals: &Principals,
        arrived: Duration,
        now: SystemTime,
    ) -> Form {
        let mut call = Call::new(arrived);
        let result = self.list_accounts(request, principals, now, &mut call);
        let form = match result {
            Ok(body) => Form::json(200, body.to_string()),
            Err(error) => {
                call.outcome = Err(error.code.clone());
                Form::json(error.status, error.json())
            }
        };
        self.journal.push(call);
        form
    }

    fn list_accounts(
        &mut self,
        request: &SignableRequest<'_>,
        principals: &Principals,
        now: SystemTime,
        call: &mut Call,
    ) -> Result<Value, AwsError> {
        let members = operation_input(request)?;
        let authorization = Authorization::parse(request.headers)?;
        call.record(&authorization);
        let principal = principals.authenticate(&authorization, request, Api::Organizations, now)?;
        call.account = Some(principal.caller.account.clone());
        if self.quota.as_mut().is_some_and(|quota| !quota.admit(call.arrived)) {
            return Err(AwsError::too_many_requests());
        }
        self.check_permission(principal)?;
        let organization = self.organization.as_ref().ok_or_else(AwsError::organizations_not_in_use)?;
        let wrong_type = |()| AwsError::serialization("Unexpected type of a member");
        let max_results = member(&members, "MaxResults", Value::as_i64).map_err(wrong_type)?;
        let token = member(&members, "NextToken", Value::as_str).map_err(wrong_type)?;
        let max_results = match max_results.unwrap_or(MAX_RESULTS) {
            ..1 => return Err(AwsError::invalid_input("MIN_VALUE_EXCEEDED", "You specified a value that is too low.")),
            count @ 1..=MAX_RESULTS => usize::try_from(count).unwrap_or_default(),
            _ => return Err(AwsError::invalid_input("MAX_VALUE_EXCEEDED", "You specified a value that is too high.")),
        };
        let page_request = PageRequest {
            token,
            size: max_results.min(organization.page_size).max(1),
            empty_pages: organization.empty_pages,
            scope: principal.caller.account.clone(),
            now: call.arrived,
        };
        let accounts: Vec<Value> = organization.accounts.iter().map(|account| object(organization, account)).collect();
        let (accounts, next_token) = page(accounts, &page_request, &mut self.tokens).ok_or_else(|| {
            AwsError::invalid_input(
                "INVALID_NEXT_TOKEN",
                "You specified an invalid value for nextToken. \
                 You must get the value from the response to a previous call to the API.",
            )
        })?;
        call.outcome = Ok(accounts.len());
        let mut body = json!({"Accounts": accounts});
        if let Some(token) = next_token {
            body["NextToken"] = token.into();
        }
        Ok(body)
    }

    /// Whether the caller has the permission, and its account may use it.
    fn check_permission(&self, principal: &Principal) -> Result<(), AwsError> {
        let action = "organizations:ListAccounts";
        if principal.caller.denied_actions.iter().any(|denied| denied == action) {
            return Err(AwsError::no_policy_allows(&principal.arn, action, "*"));
        }
        let account = &principal.caller.account;
        match &self.organization {
            Some(organization) if !organization.has(account) => Err(AwsError::organizations_not_in_use()),
            Some(organization) if !organization.is_administered_by(account) => Err(AwsError::organizations_denied()),
            _ => Ok(()),
        }
    }
}

/// The members of the input, if the request is for `ListAccounts`.
fn operation_input(request: &SignableRequest<'_>) -> Result<Map<String, Value>, AwsError> {
    if request.method != "POST" || request.path != "/" || header(request, "content-type") != Some(JSON) {
        return Err(AwsError::not_found());
    }
    if header(request, "x-amz-target").and_then(|target| target.strip_prefix(TARGET)) != Some(OPERATION) {
        return Err(AwsError::unknown_operation());
    }
    members(request.body).ok_or_else(|| AwsError::serialization("Unexpected content in the body of the request"))
}

fn object(organization: &Organization, account: &Account) -> Value {
    let Account { id, name, email, state, joined_method, joined } = account;
    let Organization { id: organization_id, management_account, status_members, .. } = organization;
    let mut object = json!({
        "Id": id,
        "Arn": format!("arn:aws:organizations::{management_account}:account/{organization_id}/{id}"),
        "Email": email,
        "Name": name,
        "JoinedMethod": <&str>::from(joined_method),
        "JoinedTimestamp": joined,
    });
    if *status_members != StatusMembers::Status {
        object["State"] = <&str>::from(state).into();
    }
    if *status_members != StatusMembers::State {
        object["Status"] = state.status().into();
    }
    object
}

fn header<'a>(request: &'a SignableRequest<'_>, name: &str) -> Option<&'a str> {
    request.headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests;
