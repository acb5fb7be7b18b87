//! Lists of Regions, and who gets them.

use crate::{
    api::service::Service,
    auth::{
        caller::Caller, regions::RegionStatus, signature::SignableRequest, test_client::signed_for_account_management,
    },
    organization::Organization,
    settings::Settings,
    wire::response::Form,
};
use serde_json::{Value, json};
use std::time::{Duration, UNIX_EPOCH};

const NOW: i64 = 1_740_000_000;

/// The status of a response, the code of an error, and the body.
type Answer = (u16, Option<String>, Value);

struct Bench {
    service: Service,
}

impl Bench {
    fn new(settings: Settings) -> Self {
        Self { service: Service::new(settings) }
    }

    fn send(&mut self, caller: &Caller, region: &str, body: &str) -> Answer {
        let headers = signed_for_account_management(body, region, caller, NOW);
        let request = SignableRequest {
            method: "POST",
            path: "/listRegions",
            query: "",
            headers: &headers,
            body: body.as_bytes(),
        };
        let now = UNIX_EPOCH + Duration::from_secs(NOW.cast_unsigned());
        match self.service.respond(&request, Duration::ZERO, Duration::ZERO, now).form {
            Form::Complete { status, content_type: "application/json", body } => {
                (status, None, serde_json::from_str(&body).unwrap())
            }
            Form::RestError { status, code, body } => (status, Some(code), serde_json::from_str(&body).unwrap()),
            form => panic!("{form:?}"),
        }
    }

    fn list(&mut self, caller: &Caller, input: &Value) -> Answer {
        self.send(caller, "us-east-1", &input.to_string())
    }

    /// The pages of a list, each with its Regions.
    fn pages(&mut self, input: &Value) -> Vec<Vec<(String, String)>> {
        let (mut input, mut pages) = (input.clone(), Vec::new());
        loop {
            let (status, _, body) = self.list(&Caller::default(), &input);
            assert_eq!(status, 200, "{body}");
            let text = |region: &Value, name: &str| region[name].as_str().unwrap().to_owned();
            let regions = body["Regions"].as_array().unwrap().iter();
            pages.push(regions.map(|region| (text(region, "RegionName"), text(region, "RegionOptStatus"))).collect());
            input["NextToken"] = body["NextToken"].clone();
            if input["NextToken"].is_null() {
                return pages;
            }
        }
    }
}

fn of_account(account: &str) -> Caller {
    Caller { access_key: format!("AKIA{account}"), account: account.to_owned(), ..Caller::default() }
}

#[test]
fn an_account_has_the_default_regions() {
    let mut bench = Bench::new(Settings { disabled_regions: ["sa-east-1".to_owned()].into(), ..Settings::default() });
    let pages = bench.pages(&json!({}));
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [20, 14]);
    let regions = pages.concat();
    let status = |name: &str| regions.iter().find(|(found, _)| found == name).unwrap().1.as_str();
    assert_eq!(status("eu-west-1"), "ENABLED_BY_DEFAULT");
    assert_eq!((status("me-south-1"), status("sa-east-1")), ("DISABLED", "DISABLED"));
    assert_eq!(bench.pages(&json!({"MaxResults": 7})).concat(), regions);
    let enabled = bench.pages(&json!({"MaxResults": 5, "RegionOptStatusContains": ["ENABLED", "ENABLED_BY_DEFAULT"]}));
    assert_eq!(enabled.iter().map(Vec::len).collect::<Vec<_>>(), [5, 5, 5, 1]);
    assert!(enabled.concat().iter().all(|(_, status)| status == "ENABLED_BY_DEFAULT"));
    let calls = &bench.service.account_management.journal;
    assert_eq!((calls[0].account.as_deref(), &calls[0].outcome), (Some("123456789012"), &Ok(20)));
}

#[test]
fn each_account_may_have_regions_of_its_own() {
    let regions = vec![
        ("us-east-1".to_owned(), RegionStatus::EnabledByDefault),
        ("me-south-1".to_owned(), RegionStatus::Enabled),
        ("ap-east-1".to_owned(), RegionStatus::Enabling),
    ];
    let other = of_account("210987654321");
    let account_regions = [("210987654321".to_owned(), regions)].into();
    let callers = vec![Caller::default(), other.clone()];
    let mut bench = Bench::new(Settings { callers, account_regions, ..Settings::default() });
    let (_, _, body) = bench.list(&other, &json!({}));
    let region = |name: &str, status: &str| json!({"RegionName": name, "RegionOptStatus": status});
    let expected =
        [region("us-east-1", "ENABLED_BY_DEFAULT"), region("me-south-1", "ENABLED"), region("ap-east-1", "ENABLING")];
    assert_eq!(body, json!({"Regions": expected}));
    assert_eq!(bench.pages(&json!({})).concat().len(), 34);
}

#[test]
fn only_the_management_account_and_delegated_administrators_may_name_an_account() {
    let mut organization = Organization::new(1, 3);
    let ids = organization.account_ids();
    organization.delegated_administrators.push(ids[2].clone());
    let callers: Vec<Caller> = ids[1..3].iter().map(|id| of_account(id)).chain([Caller::default()]).collect();
    let settings = Settings { callers: callers.clone(), ..Settings::of_organization(organization, "reader") };
    let mut bench = Bench::new(settings);
    let mut list = |caller: &Caller, account: &str| {
        let (status, code, body) = bench.list(caller, &json!({"AccountId": account}));
        (status, code.unwrap_or_default(), body["message"].as_str().unwrap_or_default().to_owned())
    };
    for caller in &callers[1..] {
        assert_eq!(list(caller, &ids[3]).0, 200);
    }
    let denied = "AccessDeniedException";
    for (caller, account, says) in [
        (&callers[0], &ids[3], "is not authorized to perform: account:ListRegions on resource: arn:aws:account::"),
        (&callers[0], &ids[1], "is not authorized to perform: account:ListRegions on resource: arn:aws:account::"),
        (&callers[2], &ids[0], "using the standalone context from the management account)"),
        (&callers[2], &"111122223333".to_owned(), "not a member"),
    ] {
        let (status, code, message) = list(caller, account);
        assert_eq!((status, code.as_str()), (403, denied));
        assert!(message.contains(says), "{message}");
    }
}

#[test]
fn errors_have_their_code_in_a_header_and_the_statuses_of_the_protocol() {
    let denied_actions = vec!["account:ListRegions".to_owned()];
    let denied = Caller { access_key: "AKIADENIED".to_owned(), denied_actions, ..Caller::default() };
    let unknown = Caller { access_key: "AKIAUNKNOWN".to_owned(), ..Caller::default() };
    let callers = vec![Caller::default(), denied.clone()];
    let mut bench = Bench::new(Settings { callers, ..Settings::default() });
    let (status, code, body) = bench.list(&denied, &json!({}));
    assert_eq!((status, code.as_deref()), (403, Some("AccessDeniedException")));
    let message = "User: arn:aws:iam::123456789012:user/reader is not authorized to perform: account:ListRegions \
                   on resource: arn:aws:account::123456789012:account";
    assert_eq!(body, json!({"message": message}));
    let (status, code, _) = bench.list(&unknown, &json!({}));
    assert_eq!((status, code.as_deref()), (403, Some("UnrecognizedClientException")));
    let (status, code, _) = bench.send(&Caller::default(), "eu-central-1", "{}");
    assert_eq!((status, code.as_deref()), (403, Some("InvalidSignatureException")));
    let outcome = &bench.service.account_management.journal[1].outcome;
    assert_eq!(*outcome, Err("UnrecognizedClientException".to_owned()));
}

#[test]
fn values_are_validated() {
    let mut bench = Bench::new(Settings::default());
    for (input, field) in [
        (json!({"MaxResults": 0}), "maxResults"),
        (json!({"MaxResults": 51}), "maxResults"),
        (json!({"NextToken": "x"}), "nextToken"),
        (json!({"AccountId": "1234"}), "accountId"),
        (json!({"RegionOptStatusContains": ["ON"]}), "regionOptStatusContains"),
    ] {
        let (status, code, body) = bench.list(&Caller::default(), &input);
        assert_eq!((status, code.as_deref()), (400, Some("ValidationException")), "{body}");
        assert_eq!((&body["reason"], &body["fieldList"][0]["name"]), (&json!("fieldValidationFailed"), &json!(field)));
    }
    let (status, code, _) = bench.list(&Caller::default(), &json!({"MaxResults": "x"}));
    assert_eq!((status, code.as_deref()), (400, Some("SerializationException")));
    assert_eq!(bench.send(&Caller::default(), "us-east-1", "").0, 200);
}
