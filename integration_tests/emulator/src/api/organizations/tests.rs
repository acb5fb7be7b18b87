//! Lists of accounts, and who gets them, with a simulated clock.

use crate::{
    api::service::Service,
    auth::{
        caller::Caller,
        signature::SignableRequest,
        test_client::{set, signed_for_organizations},
    },
    organization::{AccountState, Organization, StatusMembers},
    settings::Settings,
    wire::response::Form,
};
use serde_json::{Value, json};
use std::time::{Duration, UNIX_EPOCH};

const NOW: i64 = 1_740_000_000;

struct Bench {
    service: Service,
    elapsed: Duration,
}

impl Bench {
    fn new(organization: Option<Organization>, callers: Vec<Caller>) -> Self {
        let service = Service::new(Settings { callers, organization, ..Settings::default() });
        Self { service, elapsed: Duration::ZERO }
    }

    fn with(organization: Organization) -> Self {
        Self::new(Some(organization), vec![Caller::default()])
    }

    fn send(&mut self, caller: &Caller, region: &str, body: &str, target: Option<&str>) -> (u16, Value) {
        let mut headers = signed_for_organizations(body, region, caller, NOW);
        if let Some(target) = target {
            set(&mut headers, "x-amz-target", target);
        }
        let request =
            SignableRequest { method: "POST", path: "/", query: "", headers: &headers, body: body.as_bytes() };
        let now = UNIX_EPOCH + Duration::from_secs(NOW.cast_unsigned());
        let form = self.service.respond(&request, self.elapsed, self.elapsed, now).form;
        let Form::Complete { status, content_type, body } = form else { panic!("{form:?}") };
        assert_eq!(content_type, "application/x-amz-json-1.1");
        (status, serde_json::from_str(&body).unwrap())
    }

    fn list(&mut self, input: &Value) -> (u16, Value) {
        self.send(&Caller::default(), "us-east-1", &input.to_string(), None)
    }

    fn list_as(&mut self, caller: &Caller) -> (u16, Value) {
        self.send(caller, "us-east-1", "{}", None)
    }

    /// The pages of a list, each with the IDs of its accounts.
    fn pages(&mut self, max_results: Option<u32>) -> Vec<Vec<String>> {
        let (mut pages, mut token) = (Vec::new(), Value::Null);
        loop {
            let (status, body) = self.list(&json!({"MaxResults": max_results, "NextToken": token}));
            assert_eq!(status, 200, "{body}");
            let accounts = body["Accounts"].as_array().unwrap().iter();
            pages.push(accounts.map(|account| account["Id"].as_str().unwrap().to_owned()).collect());
            token = body["NextToken"].clone();
            if token.is_null() {
                return pages;
            }
        }
    }
}

fn of_account(account: &str) -> Caller {
    Caller { access_key: format!("AKIA{account}"), account: account.to_owned(), ..Caller::default() }
}

fn code((status, body): (u16, Value)) -> String {
    assert_eq!(status, 400, "{body}");
    body["__type"].as_str().unwrap().to_owned()
}

#[test]
fn an_account_has_its_members() {
    let mut organization = Organization::new(1, 1);
    organization.accounts[1].state = AccountState::Closed;
    let id = organization.accounts[1].id.clone();
    let (status, body) = Bench::with(organization.clone()).list(&json!({}));
    assert_eq!(status, 200);
    let expected = json!({
        "Id": id, "Arn": format!("arn:aws:organizations::123456789012:account/o-exampleorgid/{id}"),
        "Email": "member-1@example.com", "Name": "Member 1", "State": "CLOSED", "Status": "SUSPENDED",
        "JoinedMethod": "CREATED", "JoinedTimestamp": 1_631_121_728,
    });
    assert_eq!(body["Accounts"][1], expected);
    assert_eq!(body["Accounts"][0]["Id"], "123456789012");
    assert_eq!(body.get("NextToken"), None);
    for (status_members, has) in [(StatusMembers::State, [true, false]), (StatusMembers::Status, [false, true])] {
        let (_, body) = Bench::with(Organization { status_members, ..organization.clone() }).list(&json!({}));
        assert_eq!(["State", "Status"].map(|name| body["Accounts"][1].get(name).is_some()), has);
    }
}

#[test]
fn pages_have_20_accounts_at_most_and_may_be_empty() {
    let organization = Organization::new(1, 44);
    let ids = organization.account_ids();
    let lengths = |pages: &[Vec<String>]| pages.iter().map(Vec::len).collect::<Vec<_>>();
    let mut bench = Bench::with(organization.clone());
    let pages = bench.pages(None);
    assert_eq!((lengths(&pages), pages.concat()), (vec![20, 20, 5], ids.clone()));
    assert_eq!(lengths(&bench.pages(Some(15))), [15, 15, 15]);
    let organization = Organization { page_size: 17, empty_pages: true, ..organization };
    let pages = Bench::with(organization).pages(None);
    assert_eq!((lengths(&pages), pages.concat()), (vec![0, 17, 0, 17, 0, 11], ids));
}

#[test]
fn only_the_management_account_and_delegated_administrators_get_the_list() {
    let mut organization = Organization::new(1, 2);
    let ids = organization.account_ids();
    organization.delegated_administrators.push(ids[2].clone());
    let denied_actions = vec!["organizations:ListAccounts".to_owned()];
    let callers = [of_account(&ids[1]), of_account(&ids[2]), of_account("111122223333")];
    let without = Caller { access_key: "AKIAWITHOUT".to_owned(), denied_actions, ..Caller::default() };
    let mut bench = Bench::new(Some(organization), [&callers[..], std::slice::from_ref(&without)].concat());
    let (status, body) = bench.list_as(&callers[0]);
    let denied = json!({
        "__type": "AccessDeniedException", "Message": "You don't have permissions to access this resource.",
    });
    assert_eq!((status, body), (400, denied));
    assert_eq!(bench.list_as(&callers[1]).0, 200);
    assert_eq!(code(bench.list_as(&callers[2])), "AWSOrganizationsNotInUseException");
    let (_, body) = bench.list_as(&without);
    let message = body["Message"].as_str().unwrap();
    assert!(message.ends_with("because no identity-based policy allows the organizations:ListAccounts action"));
    let outcomes: Vec<_> =
        bench.service.organizations.journal.iter().map(|call| (call.account.clone(), call.outcome.clone())).collect();
    assert_eq!(outcomes[0], (Some(ids[1].clone()), Err("AccessDeniedException".to_owned())));
    assert_eq!(outcomes[1], (Some(ids[2].clone()), Ok(3)));
}

#[test]
fn there_may_be_no_organization() {
    let (status, body) = Bench::new(None, vec![Caller::default()]).list(&json!({}));
    let message = "Your account is not a member of an organization.";
    assert_eq!((status, body), (400, json!({"__type": "AWSOrganizationsNotInUseException", "Message": message})));
}

#[test]
fn the_signature_names_the_one_region_of_the_partition() {
    let mut bench = Bench::with(Organization::new(1, 1));
    let mut status = |region: &str| {
        let (status, body) = bench.send(&Caller::default(), region, "{}", None);
        (status, body["message"].as_str().unwrap_or_default().to_owned())
    };
    for region in ["us-east-1", "cn-northwest-1", "us-gov-west-1"] {
        assert_eq!(status(region).0, 200, "{region}");
    }
    for region in ["eu-central-1", "cn-north-1", "us-gov-east-1"] {
        assert_eq!(status(region), (400, "Credential should be scoped to a valid region.".to_owned()), "{region}");
    }
}

#[test]
fn values_are_validated() {
    let mut bench = Bench::with(Organization::new(1, 30));
    let mut error = |input: Value| {
        let (status, body) = bench.list(&input);
        assert_eq!(status, 400, "{body}");
        (body["__type"].as_str().unwrap().to_owned(), body["Reason"].as_str().unwrap_or_default().to_owned())
    };
    let invalid = |reason: &str| ("InvalidInputException".to_owned(), reason.to_owned());
    assert_eq!(error(json!({"MaxResults": 0})), invalid("MIN_VALUE_EXCEEDED"));
    assert_eq!(error(json!({"MaxResults": 21})), invalid("MAX_VALUE_EXCEEDED"));
    assert_eq!(error(json!({"NextToken": "x"})), invalid("INVALID_NEXT_TOKEN"));
    assert_eq!(error(json!({"MaxResults": "x"})).0, "SerializationException");
    assert_eq!(error(json!([])).0, "SerializationException");
    let other = bench.send(&Caller::default(), "us-east-1", "{}", Some("AWSOrganizationsV20161128.ListRoots"));
    assert_eq!(code(other), "UnknownOperationException");
}

#[test]
fn more_requests_than_the_rate_are_rejected() {
    let mut bench = Bench::with(Organization { rate: Some(2), ..Organization::new(1, 1) });
    let mut status = |elapsed| {
        bench.elapsed = Duration::from_millis(elapsed);
        bench.list(&json!({}))
    };
    assert_eq!((status(0).0, status(1).0), (200, 200));
    assert_eq!(code(status(999)), "TooManyRequestsException");
    assert_eq!(status(1000).0, 200);
}
