//! Samples: events whose contents are known in advance, for tests of columns and for queries. Each file in `samples/` has
//! one or more events in the form of [`Draft`], with their records as CloudTrail writes them. `{account}`, `{region}`,
//! `{time}` and `{date}` are filled in, the latter two in the formats that records have, and `{time-60}` is a minute
//! earlier. `after` is the number of seconds after the first event of the file.
//!
//! The files in `samples/published/` have the structure of records that AWS has published, with other names and IDs:
//!
//! | File | AWS's page |
//! | :-- | :-- |
//! | `console_login`, `console_login_failed`, `root_login` | [AWS Management Console sign-in events] |
//! | `assumed_role`, `cross_account`, `invoked_by_service`, `saml`, `web_identity` | [Logging IAM and AWS STS API calls] |
//! | `error`, `insight` | [CloudTrail log file examples] |
//! | `federated_user` | [CloudTrail userIdentity element] (the identity only) |
//! | `insight_error_rate` | [CloudTrail record contents for Insights events for trails] (a list of fields) |
//! | `insight_with_attributions` | [Viewing Insights events for trails with the AWS CLI] |
//! | `record_contents` | [CloudTrail record contents] (a list of fields, here in one record) |
//! | `service_event` | [AWS service events] |
//! | `vpc_endpoint` | [Logging AWS KMS requests that use a VPC endpoint] |
//!
//! Those in `samples/stories/` are ours: what an administrator would look for in an event history.
//!
//! [AWS Management Console sign-in events]:
//!     https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
//! [Logging IAM and AWS STS API calls]: https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
//! [CloudTrail log file examples]:
//!     https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
//! [CloudTrail userIdentity element]:
//!     https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
//! [CloudTrail record contents for Insights events for trails]:
//!     https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-insights-fields-trails.html
//! [Viewing Insights events for trails with the AWS CLI]:
//!     https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-insights-events-cli.html
//! [CloudTrail record contents]:
//!     https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
//! [AWS service events]: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/non-api-aws-service-events.html
//! [Logging AWS KMS requests that use a VPC endpoint]:
//!     https://docs.aws.amazon.com/kms/latest/developerguide/vpce-logging.html

use super::draft::Draft;
use crate::{
    history::event::{Category, Event},
    wire::timestamp::{iso_8601, long_date},
};
use serde_json::Value;

/// The files, from the oldest to the newest.
const FILES: [&str; 27] = [
    include_str!("samples/published/console_login.json"),
    include_str!("samples/published/console_login_failed.json"),
    include_str!("samples/published/root_login.json"),
    include_str!("samples/published/assumed_role.json"),
    include_str!("samples/published/saml.json"),
    include_str!("samples/published/web_identity.json"),
    include_str!("samples/published/federated_user.json"),
    include_str!("samples/published/service_event.json"),
    include_str!("samples/published/invoked_by_service.json"),
    include_str!("samples/published/vpc_endpoint.json"),
    include_str!("samples/published/error.json"),
    include_str!("samples/published/cross_account.json"),
    include_str!("samples/published/record_contents.json"),
    include_str!("samples/published/insight.json"),
    include_str!("samples/published/insight_with_attributions.json"),
    include_str!("samples/published/insight_error_rate.json"),
    include_str!("samples/stories/root_login_with_mfa.json"),
    include_str!("samples/stories/root_login_without_mfa.json"),
    include_str!("samples/stories/identity_center_login.json"),
    include_str!("samples/stories/console_logins.json"),
    include_str!("samples/stories/changes_by_alice.json"),
    include_str!("samples/stories/access_keys.json"),
    include_str!("samples/stories/security_groups.json"),
    include_str!("samples/stories/assume_role_chain.json"),
    include_str!("samples/stories/service_role.json"),
    include_str!("samples/stories/denied_calls.json"),
    include_str!("samples/stories/trail_changes.json"),
];

/// The samples: events as AWS publishes them, and what an administrator would look for. They are always the same, except
/// for their account, Region and times. The time from `first` to `last`, in seconds since the Unix epoch, is divided
/// evenly among the files. In a range of at least a day, the events of a file are as far apart as the file says.
#[must_use]
pub fn samples(first: i64, last: i64, account: &str, region: &str) -> Vec<Event> {
    let length = (last - first).max(0);
    let count = i64::try_from(FILES.len()).unwrap_or(i64::MAX);
    let mut events = Vec::new();
    for (file, number) in FILES.iter().zip(0..) {
        let start = first + length * (2 * number + 1) / (2 * count);
        for sample in parse(file) {
            let second = (start + sample["after"].as_i64().unwrap_or_default()).min(last);
            events.push(event(sample, second, account, region));
        }
    }
    events
}

#[expect(clippy::expect_used, reason = "the files are a part of this program, and each is parsed by a test")]
fn parse(file: &str) -> Vec<Value> {
    serde_json::from_str(file).expect("a file of samples is a JSON array")
}

fn event(mut sample: Value, second: i64, account: &str, region: &str) -> Event {
    fill_in(&mut sample, second, account, region);
    let record = sample["record"].take();
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let category = if record["eventCategory"] == "Insight" { Category::Insight } else { Category::Management };
    let draft = Draft {
        id: text(&record["eventID"]).unwrap_or_default(),
        access_key: text(&record["userIdentity"]["accessKeyId"]),
        username: text(&sample["username"]),
        resources: Some(sample["resources"].take()),
        record,
    };
    Event { category, region: region.to_owned(), account: account.to_owned(), ..Event::new(second, draft.into_body()) }
}

/// Fills in what the strings of a sample leave open.
fn fill_in(value: &mut Value, second: i64, account: &str, region: &str) {
    match value {
        Value::String(text) => {
            let filled = text.replace("{account}", account).replace("{region}", region);
            let filled = fill_in_time(&filled, "{time", second, iso_8601);
            *text = fill_in_time(&filled, "{date", second, long_date);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill_in(item, second, account, region)),
        Value::Object(members) => members.values_mut().for_each(|member| fill_in(member, second, account, region)),
        _ => {}
    }
}

/// Fills in a time, plus the seconds that are written before its closing brace.
fn fill_in_time(text: &str, opening: &str, second: i64, format: fn(i64) -> String) -> String {
    let mut parts = text.split(opening);
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (offset, rest) = part.split_once('}').unwrap_or(("", part));
        filled += &format(second + offset.parse().unwrap_or(0));
        filled += rest;
    }
    filled
}

#[cfg(test)]
mod tests;
