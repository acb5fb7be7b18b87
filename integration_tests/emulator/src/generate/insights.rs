//! Insights events: unusual activity, as one event when it starts and one when it ends.

use super::{draft::Draft, generator::Generator};
use crate::{
    random::{Random, uuid},
    wire::timestamp::iso_8601,
};
use rand::RngExt;
use serde_json::{Map, Value, json};

/// One body for each second. Each pair of seconds makes one insight.
pub(super) fn bodies(generator: &Generator, seconds: &[i64], random: &mut Random) -> Vec<Map<String, Value>> {
    let mut bodies = Vec::with_capacity(seconds.len());
    for pair in seconds.chunks(2) {
        let shared = uuid(random);
        let average: f64 = random.random_range(10.0..500.0);
        let starts_first = pair.first() <= pair.last();
        for (index, second) in pair.iter().enumerate() {
            let state = if (index == 0) == starts_first { "Start" } else { "End" };
            bodies.push(body(generator, *second, &shared, state, average, uuid(random)));
        }
    }
    bodies
}

fn body(generator: &Generator, second: i64, shared: &str, state: &str, average: f64, id: String) -> Map<String, Value> {
    let record = json!({
        "eventVersion": "1.11",
        "eventTime": iso_8601(second),
        "eventSource": "cloudtrail.amazonaws.com",
        "eventName": "RunInstances",
        "awsRegion": generator.region,
        "eventID": id,
        "eventType": "AwsCloudTrailInsight",
        "recipientAccountId": generator.account,
        "sharedEventID": shared,
        "insightDetails": {
            "state": state,
            "eventSource": "ec2.amazonaws.com",
            "eventName": "RunInstances",
            "insightType": "ApiCallRateInsight",
            "insightContext": {"statistics": {
                "baseline": {"average": 0.02},
                "insight": {"average": average},
                "insightDuration": 5,
                "baselineDuration": 10_080,
            }},
        },
        "eventCategory": "Insight",
    });
    Draft { id, access_key: None, username: None, resources: Some(json!([])), record }.into_body()
}
