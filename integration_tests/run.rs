//! The result of a run of the connector: its messages, and whether its records are the events that were returned.

use cloudtrail_emulator::Event;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The output and exit code of a run.
pub(crate) struct Run {
    pub(crate) lines: Vec<Value>,
    pub(crate) code: Option<i32>,
    pub(crate) stderr: String,
}

impl Run {
    /// The run, which must have succeeded without anything on stderr.
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""), "{:?}", self.errors());
        self
    }

    pub(crate) fn of_type<'a>(&'a self, message: &'a str) -> impl Iterator<Item = &'a Value> {
        self.lines.iter().filter(move |line| line["type"] == message)
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = &Value> {
        self.of_type("RECORD").map(|line| &line["record"]["data"])
    }

    pub(crate) fn states(&self) -> impl Iterator<Item = &Value> {
        self.of_type("STATE").map(|line| &line["state"])
    }

    /// The same run, as if `stream` had been its only stream.
    pub(crate) fn of_stream(&self, stream: &str) -> Self {
        let names = [
            "/record/stream",
            "/state/stream/stream_descriptor/name",
            "/trace/stream_status/stream_descriptor/name",
            "/trace/error/stream_descriptor/name",
        ];
        let is_of_stream =
            |line: &&Value| names.iter().any(|name| line.pointer(name).is_some_and(|name| name == stream));
        let lines = self.lines.iter().filter(is_of_stream).cloned().collect();
        Self { lines, code: self.code, stderr: self.stderr.clone() }
    }

    /// The last STATE, as the platform passes it to the next sync.
    pub(crate) fn last_state(&self) -> Option<&Value> {
        self.states().last()
    }

    /// The records before the last STATE: those that a destination has committed.
    pub(crate) fn records_up_to_state(&self) -> impl Iterator<Item = &Value> {
        let end = self.lines.iter().rposition(|line| line["type"] == "STATE").unwrap_or(0);
        self.lines[..end].iter().filter(|line| line["type"] == "RECORD").map(|line| &line["record"]["data"])
    }

    pub(crate) fn errors(&self) -> Vec<&Value> {
        self.of_type("TRACE")
            .filter(|line| line["trace"]["type"] == "ERROR")
            .map(|line| &line["trace"]["error"])
            .collect()
    }

    pub(crate) fn statuses(&self) -> Vec<&str> {
        let statuses = self.of_type("TRACE").filter(|line| line["trace"]["type"] == "STREAM_STATUS");
        statuses.map(|line| line["trace"]["stream_status"]["status"].as_str().unwrap()).collect()
    }

    pub(crate) fn logs(&self) -> impl Iterator<Item = &str> {
        self.of_type("LOG").map(|line| line["log"]["message"].as_str().unwrap())
    }
}

/// Asserts that `records` are `events`, each one once and as it was returned.
#[track_caller]
pub(crate) fn assert_each_once<'a>(records: impl IntoIterator<Item = &'a Value>, events: &[Event]) {
    let mut expected: BTreeMap<&str, &Event> = events.iter().map(|event| (event.id().unwrap(), event)).collect();
    assert_eq!(expected.len(), events.len(), "two events of the test have the same ID");
    for record in records {
        let id = record["EventId"].as_str().unwrap();
        let event = expected.remove(id).unwrap_or_else(|| panic!("{id} was duplicated or never returned"));
        assert_eq!(record, &as_record(event));
    }
    assert_eq!(expected.len(), 0, "missing: {:?}", expected.keys().take(5).collect::<Vec<_>>());
}

/// The record that is expected for an event, computed without the connector's code.
fn as_record(event: &Event) -> Value {
    let mut record: serde_json::Map<String, Value> =
        event.body.clone().into_iter().filter(|(_, value)| !value.is_null()).collect();
    record.insert("EventTime".to_owned(), json!(event.second));
    record.insert("AccountId".to_owned(), json!(event.account));
    record.insert("AwsRegion".to_owned(), json!(event.region));
    if let Some(Value::Array(resources)) = record.get_mut("Resources") {
        for resource in resources {
            resource.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        }
    }
    let inside: Value =
        record.get("CloudTrailEvent").map_or(Value::Null, |text| serde_json::from_str(text.as_str().unwrap()).unwrap());
    let names = INSIDE.iter().flat_map(|(path, members)| members.iter().map(move |member| (path, member)));
    for (path, (member, column)) in names {
        let value = inside.pointer(&format!("{path}/{member}"));
        if let Some(value) = value.filter(|value| value.is_string() || value.is_number()) {
            record.insert((*column).to_owned(), value.clone());
        }
    }
    Value::Object(record)
}

/// The columns from `CloudTrailEvent`: a place in it, and the columns of some of its members.
const INSIDE: &[(&str, &[(&str, &str)])] = &[
    (
        "",
        &[
            ("apiVersion", "ApiVersion"),
            ("errorCode", "ErrorCode"),
            ("errorMessage", "ErrorMessage"),
            ("eventCategory", "EventCategory"),
            ("eventType", "EventType"),
            ("eventVersion", "EventVersion"),
            ("recipientAccountId", "RecipientAccountId"),
            ("requestID", "RequestId"),
            ("sessionCredentialFromConsole", "SessionCredentialFromConsole"),
            ("sharedEventID", "SharedEventId"),
            ("sourceIPAddress", "SourceIpAddress"),
            ("userAgent", "UserAgent"),
            ("vpcEndpointAccountId", "VpcEndpointAccountId"),
            ("vpcEndpointId", "VpcEndpointId"),
        ],
    ),
    (
        "/insightDetails",
        &[
            ("errorCode", "InsightErrorCode"),
            ("eventName", "InsightEventName"),
            ("eventSource", "InsightEventSource"),
            ("insightType", "InsightType"),
            ("sourceEventCategory", "InsightSourceEventCategory"),
            ("state", "InsightState"),
        ],
    ),
    (
        "/insightDetails/insightContext/statistics",
        &[
            ("baseline/average", "InsightBaselineAverage"),
            ("baselineDuration", "InsightBaselineDuration"),
            ("insight/average", "InsightAverage"),
            ("insightDuration", "InsightDuration"),
        ],
    ),
    (
        "/tlsDetails",
        &[
            ("cipherSuite", "TlsCipherSuite"),
            ("clientProvidedHostHeader", "TlsClientProvidedHostHeader"),
            ("tlsVersion", "TlsVersion"),
        ],
    ),
    (
        "/userIdentity",
        &[
            ("accountId", "UserIdentityAccountId"),
            ("arn", "UserIdentityArn"),
            ("identityProvider", "UserIdentityIdentityProvider"),
            ("invokedBy", "UserIdentityInvokedBy"),
            ("principalId", "UserIdentityPrincipalId"),
            ("type", "UserIdentityType"),
            ("userName", "UserIdentityUserName"),
        ],
    ),
    ("/userIdentity/onBehalfOf", &[("identityStoreArn", "OnBehalfOfIdentityStoreArn"), ("userId", "OnBehalfOfUserId")]),
    (
        "/userIdentity/sessionContext",
        &[
            ("attributes/creationDate", "SessionCreationDate"),
            ("attributes/mfaAuthenticated", "SessionMfaAuthenticated"),
            ("ec2RoleDelivery", "SessionEc2RoleDelivery"),
            ("sourceIdentity", "SessionSourceIdentity"),
            ("webIdFederationData/federatedProvider", "SessionFederatedProvider"),
        ],
    ),
    (
        "/userIdentity/sessionContext/sessionIssuer",
        &[
            ("accountId", "SessionIssuerAccountId"),
            ("arn", "SessionIssuerArn"),
            ("principalId", "SessionIssuerPrincipalId"),
            ("type", "SessionIssuerType"),
            ("userName", "SessionIssuerUserName"),
        ],
    ),
];
