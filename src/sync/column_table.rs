//! The columns that are taken from `CloudTrailEvent`: which member of the event each one has. To add a column, add it here.
//! `schemas/` declares them. Pure.

/// The members of a JSON object that have columns. There are at most 32, which is how many `event_columns.rs` can tell apart.
pub(super) type Members = &'static [(&'static str, Member)];

/// A member, with the name of its column.
pub(super) enum Member {
    /// A string.
    Text(&'static str),
    Number(&'static str),
    /// An object, some of whose members have columns.
    Object(Members),
}
use Member::{Number, Object, Text};

const _: () = assert!(EVENT.len() <= 32 && USER_IDENTITY.len() <= 32 && SESSION.len() <= 32 && INSIGHT.len() <= 32);

/// The columns from the event itself. Source: AWS CloudTrail User Guide, "CloudTrail record contents for management, data,
/// and network activity events".
pub(super) const EVENT: Members = &[
    ("apiVersion", Text("ApiVersion")),
    ("errorCode", Text("ErrorCode")),
    ("errorMessage", Text("ErrorMessage")),
    ("eventCategory", Text("EventCategory")),
    ("eventType", Text("EventType")),
    ("eventVersion", Text("EventVersion")),
    ("insightDetails", Object(INSIGHT)),
    ("recipientAccountId", Text("RecipientAccountId")),
    ("requestID", Text("RequestId")),
    ("sessionCredentialFromConsole", Text("SessionCredentialFromConsole")),
    ("sharedEventID", Text("SharedEventId")),
    ("sourceIPAddress", Text("SourceIpAddress")),
    ("tlsDetails", Object(TLS)),
    ("userAgent", Text("UserAgent")),
    ("userIdentity", Object(USER_IDENTITY)),
    ("vpcEndpointAccountId", Text("VpcEndpointAccountId")),
    ("vpcEndpointId", Text("VpcEndpointId")),
];
const TLS: Members = &[
    ("cipherSuite", Text("TlsCipherSuite")),
    ("clientProvidedHostHeader", Text("TlsClientProvidedHostHeader")),
    ("tlsVersion", Text("TlsVersion")),
];
/// Source: AWS CloudTrail User Guide, "CloudTrail userIdentity element".
const USER_IDENTITY: Members = &[
    ("accountId", Text("UserIdentityAccountId")),
    ("arn", Text("UserIdentityArn")),
    ("identityProvider", Text("UserIdentityIdentityProvider")),
    ("invokedBy", Text("UserIdentityInvokedBy")),
    (
        "onBehalfOf",
        Object(&[("identityStoreArn", Text("OnBehalfOfIdentityStoreArn")), ("userId", Text("OnBehalfOfUserId"))]),
    ),
    ("principalId", Text("UserIdentityPrincipalId")),
    ("sessionContext", Object(SESSION)),
    ("type", Text("UserIdentityType")),
    ("userName", Text("UserIdentityUserName")),
];
const SESSION: Members = &[
    (
        "attributes",
        Object(&[("creationDate", Text("SessionCreationDate")), ("mfaAuthenticated", Text("SessionMfaAuthenticated"))]),
    ),
    ("ec2RoleDelivery", Text("SessionEc2RoleDelivery")),
    (
        "sessionIssuer",
        Object(&[
            ("accountId", Text("SessionIssuerAccountId")),
            ("arn", Text("SessionIssuerArn")),
            ("principalId", Text("SessionIssuerPrincipalId")),
            ("type", Text("SessionIssuerType")),
            ("userName", Text("SessionIssuerUserName")),
        ]),
    ),
    ("sourceIdentity", Text("SessionSourceIdentity")),
    ("webIdFederationData", Object(&[("federatedProvider", Text("SessionFederatedProvider"))])),
];
/// Source: AWS CloudTrail User Guide, "CloudTrail record contents for Insights events".
const INSIGHT: Members = &[
    ("errorCode", Text("InsightErrorCode")),
    ("eventName", Text("InsightEventName")),
    ("eventSource", Text("InsightEventSource")),
    ("insightContext", Object(&[("statistics", Object(STATISTICS))])),
    ("insightType", Text("InsightType")),
    ("sourceEventCategory", Text("InsightSourceEventCategory")),
    ("state", Text("InsightState")),
];
const STATISTICS: Members = &[
    ("baseline", Object(&[("average", Number("InsightBaselineAverage"))])),
    ("baselineDuration", Number("InsightBaselineDuration")),
    ("insight", Object(&[("average", Number("InsightAverage"))])),
    ("insightDuration", Number("InsightDuration")),
];

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// The columns that `members` define: the place of each in the event, its name, and its type.
    pub(in super::super) fn defined(members: Members) -> Vec<(String, &'static str, &'static str)> {
        let mut columns = Vec::new();
        for (name, member) in members {
            match member {
                Text(column) => columns.push((format!("/{name}"), *column, "string")),
                Number(column) => columns.push((format!("/{name}"), *column, "number")),
                Object(members) => {
                    let within = defined(members).into_iter();
                    columns.extend(within.map(|(place, column, kind)| (format!("/{name}{place}"), column, kind)));
                }
            }
        }
        columns
    }

    #[test]
    fn the_schemas_declare_each_column_with_its_type() {
        let management = include_str!("../../schemas/management_events.json");
        let insights = include_str!("../../schemas/insight_events.json");
        let [management, insights] = [management, insights].map(|text| serde_json::from_str::<Value>(text).unwrap());
        for (_, column, declared) in defined(EVENT) {
            let is_declared = |schema: &Value| schema["properties"][column]["type"] == json!(["null", declared]);
            assert_eq!(is_declared(&management), !column.starts_with("Insight"), "{column}");
            assert!(is_declared(&management) || is_declared(&insights), "{column}");
        }
    }
}
