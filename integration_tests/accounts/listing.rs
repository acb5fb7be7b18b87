//! What is wrong when the accounts of the organization can't be listed.

use super::{
    HERE, arn, assert_told, events, failures, histories, ids, of_organization, of_roles, organization, settings, start,
};
use crate::{
    connector::{Connector, assert_each_once},
    fake_server::answering,
};
use cloudtrail_emulator::{Caller, Emulator, Organization, Settings};

/// That a check and a read fail with the same message, before any event is asked for.
#[track_caller]
fn assert_fails(connector: &Connector, failure_type: &str, says: &[&str]) {
    let run = connector.read(None);
    assert_told(&failures(&run, failure_type), &[says]);
    assert_eq!(run.states().count(), 0);
    let check = connector.check();
    let status = &check.lines.last().unwrap()["connectionStatus"];
    assert_eq!((check.code, status["status"].as_str()), (Some(0), Some("FAILED")));
    assert_told(&[status["message"].as_str().unwrap()], &[says]);
}

fn with_caller(caller: Caller) -> Emulator {
    start(Settings { callers: vec![caller], ..settings(2) })
}

#[test]
fn only_the_management_account_and_delegated_administrators_list_accounts() {
    let ids = ids(2);
    let says = [
        "Access denied: the credentials don't allow organizations:ListAccounts. Use credentials of the organization's management account or of a delegated administrator, with a policy that allows organizations:ListAccounts on resource \"*\". AWS says: \"",
        "You don't have permissions to access this resource.",
    ];
    let emulator = with_caller(Caller { account: ids[1].clone(), ..Caller::default() });
    assert_fails(&of_organization(&emulator), "config_error", &says);
    assert_eq!(emulator.journal().len(), 0);

    let denied_actions = vec!["organizations:ListAccounts".to_owned()];
    let emulator = with_caller(Caller { denied_actions, ..Caller::default() });
    let says = [says[0], "because no identity-based policy allows the organizations:ListAccounts action"];
    assert_fails(&of_organization(&emulator), "config_error", &says);

    // A first role is what lists them.
    let emulator = start(settings(2));
    let connector = of_organization(&emulator).with("role_arn", arn(&ids[2]));
    assert_fails(&connector, "config_error", &[says[0], "You don't have permissions"]);
}

#[test]
fn an_account_without_an_organization_is_told_so() {
    let says = [
        "The account of the credentials does not belong to an organization. Use credentials of the organization's management account, or choose another mode in accounts. AWS says: \"Your account is not a member of an organization.\"",
    ];
    let emulator = start(Settings { organization: None, ..settings(0) });
    assert_fails(&of_organization(&emulator), "config_error", &says);
    let emulator = with_caller(Caller { account: "111122223333".to_owned(), ..Caller::default() });
    assert_fails(&of_organization(&emulator), "config_error", &says);
}

#[test]
fn a_list_that_is_throttled_for_a_while_is_asked_for_again() {
    let data = events(&histories(&ids(22), &[HERE]), 1, 1);
    let slow = Organization { rate: Some(1), ..organization(22) };
    let emulator = start(Settings { events: data.clone(), organization: Some(slow), ..settings(22) });
    let run = of_organization(&emulator).read(None).succeeded();
    assert_each_once(run.records(), &data);
    let calls = emulator.list_accounts_calls();
    assert!(calls.iter().any(|call| call.outcome == Err("TooManyRequestsException".to_owned())), "{calls:?}");
    let check = of_organization(&emulator).check();
    assert_eq!(check.lines.last().unwrap()["connectionStatus"]["status"], "SUCCEEDED");
}

#[test]
fn a_list_that_is_throttled_for_ever_is_nothing_that_the_user_has_to_fix() {
    let never = Organization { rate: Some(0), ..organization(1) };
    let emulator = start(Settings { organization: Some(never), ..settings(1) });
    let run = of_organization(&emulator).read(None);
    let says = "AWS Organizations in us-east-1";
    assert_told(&failures(&run, "transient_error"), &[&[says, "keeps throttling requests. Try again later."]]);
}

#[test]
fn credentials_that_aws_does_not_accept_have_their_usual_sentences() {
    let emulator = start(settings(2));
    for connector in [of_organization(&emulator), of_roles(&emulator, &ids(2)[1..])] {
        let unknown = connector.again().with("aws_key_id", "AKIAWRONG");
        assert_fails(&unknown, "config_error", &["AWS does not know the access key in us-east-1. Check aws_key_id"]);
        let wrong = connector.with("aws_secret_key", "wrong-secret-key");
        let says = "The secret key does not belong to the access key. Check aws_secret_key.";
        assert_fails(&wrong, "config_error", &[says]);
    }
}

/// A proxy, or the wrong host.
#[test]
fn an_answer_that_is_not_organizations_own_is_told() {
    let (elsewhere, _asked) = answering(404, "<html>Not found</html>");
    let emulator = start(settings(1));
    let connector = of_organization(&emulator).with_environment("AWS_ENDPOINT_URL_ORGANIZATIONS", &elsewhere);
    let says = ["AWS Organizations in us-east-1", "answered with HTTP status 404 and without an AWS error code"];
    assert_fails(&connector, "config_error", &says);
}

/// It would be the end of the list for the SDK's paginators, and would go on for ever without a check.
#[test]
fn a_page_token_that_is_repeated_is_not_the_end_of_the_list() {
    let (repeating, asked) = answering(200, r#"{"Accounts": [], "NextToken": "again"}"#);
    let emulator = start(settings(1));
    let connector = of_organization(&emulator).with_environment("AWS_ENDPOINT_URL_ORGANIZATIONS", &repeating);
    let run = connector.read(None);
    assert_told(&failures(&run, "transient_error"), &[&["AWS Organizations in us-east-1", "cut off"]]);
    assert_eq!(asked.try_iter().count(), 2);
}
