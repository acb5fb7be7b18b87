//! A list of roles: an account that can't be read is an error, and the others are read to their end.

use super::{
    HERE, ROLE, THERE, arn, assert_told, assumed, events, failures, histories, ids, late, of, of_roles, role, settings,
    single, sorted, start, state,
};
use crate::connector::assert_each_once;
use cloudtrail_emulator::{Caller, Event, Role, Settings};
use serde_json::json;

#[test]
fn the_accounts_of_the_roles_are_read_and_no_other() {
    let ids = ids(3);
    let data = events(&histories(&ids, &[HERE]), 60, 1);
    // Nobody is in an organization, and nobody needs to be.
    let emulator = start(Settings { events: data.clone(), organization: None, ..settings(3) });
    let run = of_roles(&emulator, &ids[1..3]).read(None).succeeded();
    assert_each_once(run.records(), &of(&data, &ids[1..3]));
    assert_eq!(assumed(&emulator), sorted(&ids[1..3]));
    assert_eq!((emulator.list_accounts_calls().len(), emulator.caller_identity_calls().len()), (0, 0));
    let run = of_roles(&emulator, &ids[1..]).read(run.last_state()).succeeded();
    assert_each_once(run.records(), &of(&data, &ids[3..]));
}

/// Even the account of the credentials, since its role is in the list.
#[test]
fn the_role_of_the_callers_own_account_is_assumed_too() {
    let ids = ids(1);
    let data = events(&histories(&ids, &[HERE]), 3, 2);
    let mut settings = settings(1);
    settings.roles.push(Role::new(arn(&ids[0])));
    settings.callers = vec![Caller { denied: Some(Caller::NO_POLICY.to_owned()), ..Caller::default() }];
    let emulator = start(Settings { events: data.clone(), ..settings });
    let run = of_roles(&emulator, &ids).read(None).succeeded();
    assert_each_once(run.records(), &data);
    assert_eq!(assumed(&emulator), sorted(&ids));
}

#[test]
fn an_account_that_cannot_be_read_is_an_error_and_nothing_of_it_is_lost() {
    let ids = ids(4);
    let (members, missing, denied) = (&ids[1..], &ids[2], &ids[3]);
    let all = histories(members, &[HERE, THERE]);
    let data = events(&all, 70, 3);
    let read = |settings: Settings, events: &[Event], state| {
        let emulator = start(Settings { events: events.to_vec(), ..settings });
        of_roles(&emulator, members).with("additional_regions", json!([THERE])).read(state)
    };
    let first = read(settings(4), &data, None).succeeded();
    assert_each_once(first.records(), &data);

    let new = late(&all, 70, 4);
    let mut broken = settings(4);
    broken.roles.retain(|role| role.arn != arn(missing));
    role(&mut broken, denied).denied = Some(Caller::NO_POLICY.to_owned());
    let now = [data.clone(), new.clone()].concat();
    let second = read(broken.clone(), &now, first.last_state());
    let of_both: [&[&str]; 2] = [
        &[
            &format!(
                "In account {missing}: Access denied: the role does not exist, the credentials don't allow sts:AssumeRole on it"
            ),
            &format!("is not authorized to perform: sts:AssumeRole on resource: {}", arn(missing)),
        ],
        &[
            &format!("In account {denied}: Access denied: the role {} does not allow", arn(denied)),
            "cloudtrail:LookupEvents",
            Caller::NO_POLICY,
        ],
    ];
    assert_told(&failures(&second, "config_error"), &of_both);
    assert_each_once(second.records(), &of(&new, [&ids[1], &ids[4]]));
    for account in [missing, denied] {
        assert_eq!(state(&second)["accounts"][account], state(&first)["accounts"][account]);
    }
    let third = read(settings(4), &now, second.last_state()).succeeded();
    assert_each_once(third.records(), &of(&new, [missing, denied]));

    // In a first sync, too.
    let first = read(broken, &data, None);
    assert_told(&failures(&first, "config_error"), &of_both);
    assert_each_once(first.records(), &of(&data, [&ids[1], &ids[4]]));
    assert_eq!(super::names(&state(&first)["accounts"]), sorted([&ids[1], &ids[4]]));
    let second = read(settings(4), &data, first.last_state()).succeeded();
    assert_each_once(second.records(), &of(&data, [missing, denied]));
}

#[test]
fn one_error_tells_what_is_wrong_with_all_accounts() {
    let ids = ids(3);
    let emulator = start(Settings { roles: vec![], ..settings(3) });
    let run = of_roles(&emulator, &ids[1..]).read(None);
    assert_told(
        &failures(&run, "config_error"),
        &[&["Access denied: the role does not exist, the credentials don't allow sts:AssumeRole"]],
    );
    assert_eq!(run.states().count(), 0);
    assert_eq!(assumed(&emulator), sorted(&ids[1..]), "a role that can't be assumed is asked for once");
}

#[test]
fn an_external_id_that_one_role_does_not_accept_fails_its_account_alone() {
    let ids = ids(2);
    let data = events(&histories(&ids, &[HERE]), 3, 5);
    let mut settings = settings(2);
    role(&mut settings, &ids[1]).external_id = Some("airbyte-right".to_owned());
    role(&mut settings, &ids[2]).external_id = Some("airbyte-other".to_owned());
    let emulator = start(Settings { events: data.clone(), ..settings });
    let run = of_roles(&emulator, &ids[1..]).with("external_id", "airbyte-right").read(None);
    assert_told(&failures(&run, "config_error"), &[&[&format!("In account {}: ", ids[2]), "check external_id"]]);
    assert_each_once(run.records(), &of(&data, [&ids[1]]));
}

#[test]
fn a_first_role_that_cannot_be_assumed_fails_the_sync() {
    let ids = ids(1);
    let emulator = start(settings(1));
    let first = format!("arn:aws:iam::{}:role/nobody", ids[0]);
    for accounts in
        [json!({"mode": "organization", "role_name": ROLE}), json!({"mode": "roles", "role_arns": [arn(&ids[1])]})]
    {
        let run = single(&emulator).with("accounts", accounts).with("role_arn", first.as_str()).read(None);
        let messages = failures(&run, "config_error");
        assert_told(
            &messages,
            &[&["Access denied: the role does not exist, the credentials don't allow sts:AssumeRole", &first]],
        );
    }
    assert_eq!(emulator.journal().len(), 0);
}
