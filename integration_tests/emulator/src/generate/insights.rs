//! Insights events: an unusual rate of calls or errors, as one event when it starts and one when it ends. The records
//! are those of [CloudTrail record contents for Insights events for trails]. Nothing says what the API returns beside
//! them: the attributes that Insights events can be looked up by, an empty list of resources, and nothing else, except
//! for edge cases at fixed places.
//!
//! [CloudTrail record contents for Insights events for trails]:
//!     https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-insights-fields-trails.html

use super::{draft::Draft, generator::Generator};
use crate::{
    random::{Random, uuid},
    wire::timestamp::iso_8601,
};
use rand::RngExt;
use serde_json::{Map, Value, json};

/// How long the baseline is measured, at least: seven days, in minutes.
const BASELINE_MINUTES: i64 = 7 * 24 * 60;

const APIS: [Api; 5] = [
    api("ec2.amazonaws.com", "RunInstances", "autoscaling.amazonaws.com", "Client.InstanceLimitExceeded"),
    api("ssm.amazonaws.com", "UpdateInstanceInformation", "amazon-ssm-agent/3.3.2299.0", "ThrottlingException"),
    api("iam.amazonaws.com", "CreateAccessKey", "aws-cli/2.31.2", "LimitExceededException"),
    api("s3.amazonaws.com", "PutBucketPolicy", "Boto3/1.43.11", "MalformedPolicy"),
    api("lambda.amazonaws.com", "UpdateFunctionCode20150331v2", "cloudformation.amazonaws.com", "AccessDenied"),
];

/// One body for each second, of which there are two for most insights: they have to be sorted.
pub(super) fn bodies(generator: &Generator, seconds: &[i64], random: &mut Random) -> Vec<Map<String, Value>> {
    let mut bodies = Vec::with_capacity(seconds.len());
    let mut rest = seconds;
    for number in 0.. {
        // Every tenth insight has no end yet.
        let length = if number % 10 == 9 { 1 } else { 2 };
        let Some(started) = rest.first() else { break };
        let (own, later) = rest.split_at(length.min(rest.len()));
        let insight = Insight::new(number, *started, random);
        for (second, state) in own.iter().zip(["Start", "End"]) {
            let id = uuid(random);
            let record = insight.record(generator, *second, state, &id);
            let draft = Draft { id, access_key: None, username: None, resources: Some(json!([])), record };
            bodies.push(with_edge_case(draft.into_body(), bodies.len()));
        }
        rest = later;
    }
    bodies
}

/// The body, without members that the API does not require, or with one that Insights events rarely have.
fn with_edge_case(mut body: Map<String, Value>, number: usize) -> Map<String, Value> {
    let absent: &[&str] = match number % 40 {
        3 => &["EventName"],
        5 => &["EventSource"],
        7 => &["Resources"],
        11 => &["EventName", "EventSource", "Resources"],
        17 => &["CloudTrailEvent"],
        _ => &[],
    };
    body.retain(|name, _| !absent.contains(&name.as_str()));
    if number % 40 == 13 {
        body.insert("ReadOnly".to_owned(), "false".into());
    }
    body
}

/// An API that is used more than usual, or that fails more often.
struct Api {
    source: &'static str,
    name: &'static str,
    user_agent: &'static str,
    error_code: &'static str,
}

const fn api(source: &'static str, name: &'static str, user_agent: &'static str, error_code: &'static str) -> Api {
    Api { source, name, user_agent, error_code }
}

/// What the start and the end of an insight have in common.
struct Insight {
    shared_id: String,
    api: &'static Api,
    is_error_rate: bool,
    /// When it started, in seconds since the Unix epoch.
    started: i64,
    /// Calls or errors a minute: the baseline, and while the insight lasts.
    averages: [Value; 2],
    /// By how much the baseline was measured longer than for seven days, in minutes.
    extra_minutes: i64,
}

impl Insight {
    fn new(number: usize, started: i64, random: &mut Random) -> Self {
        let averages = [random.random_range(0.01..5.0), random.random_range(10.0..500.0)];
        Self {
            shared_id: uuid(random),
            api: &APIS[random.random_range(0..APIS.len())],
            is_error_rate: number % 3 == 2,
            started,
            averages: match number % 5 {
                1 => [json!(2), json!(664)],
                3 => [json!(0.000_088_214_5), json!(0.6)],
                _ => averages.map(|average: f64| json!(average)),
            },
            extra_minutes: random.random_range(0..2000),
        }
    }

    fn record(&self, generator: &Generator, second: i64, state: &str, id: &str) -> Value {
        let Self { api, averages: [baseline, average], .. } = self;
        let mut details = json!({
            "state": state,
            "eventSource": api.source,
            "eventName": api.name,
            "insightType": if self.is_error_rate { "ApiErrorRateInsight" } else { "ApiCallRateInsight" },
            "insightContext": {
                "statistics": {
                    "baseline": {"average": baseline},
                    "insight": {"average": average},
                    "baselineDuration": BASELINE_MINUTES + self.extra_minutes,
                },
                "attributions": self.attributions(&generator.account),
            },
        });
        if self.is_error_rate {
            details["errorCode"] = api.error_code.into();
        }
        let minutes = (second - self.started) / 60;
        details["insightContext"]["statistics"]["insightDuration"] = minutes.max(1).into();
        json!({
            "eventVersion": "1.09",
            "eventTime": iso_8601(second),
            "awsRegion": generator.region,
            "eventID": id,
            "eventType": "AwsCloudTrailInsight",
            "recipientAccountId": generator.account,
            "sharedEventID": self.shared_id,
            "insightDetails": details,
            "eventCategory": "Insight",
        })
    }

    /// Who made the calls, with what, and with which errors. Calls without an error have the error code `"null"`.
    fn attributions(&self, account: &str) -> Value {
        let [baseline, average] = &self.averages;
        let arn = |role: &str| format!("arn:aws:sts::{account}:assumed-role/{role}");
        let error_code = if self.is_error_rate { self.api.error_code } else { "null" };
        let attribution = |attribute: &str, value: String, usual: String| {
            json!({
                "attribute": attribute,
                "insight": [{"value": value, "average": average}],
                "baseline": [{"value": usual, "average": baseline}],
            })
        };
        json!([
            attribution("userIdentityArn", arn("deploy"), arn("platform-engineer")),
            attribution("userAgent", self.api.user_agent.to_owned(), self.api.user_agent.to_owned()),
            attribution("errorCode", error_code.to_owned(), error_code.to_owned()),
        ])
    }
}
