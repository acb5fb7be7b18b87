//! The columns that are taken from `CloudTrailEvent`: which member of the event each one has. To add a column, add it here.
//! `schemas/` declares them. Pure.

/// The members of a JSON object that have columns.
pub(super) struct Members {
    list: &'static [(&'static str, Member)],
    /// Which of them have names of each length, in bytes: the bit of the first one is the lowest.
    of_length: [u32; LENGTHS],
}

/// Names are shorter than this.
const LENGTHS: usize = 32;

/// A member, with the name of its column.
pub(super) enum Member {
    /// A string.
    Text(&'static str),
    Number(&'static str),
    /// An object, some of whose members have columns.
    Object(&'static Members),
}
use Member::{Number, Object, Text};

impl Members {
    /// At most 32 members. With more, or with longer names, this does not compile.
    const fn new(list: &'static [(&'static str, Member)]) -> Self {
        let mut of_length = [0; LENGTHS];
        let mut nth = 0;
        while nth < list.len() {
            of_length[list[nth].0.len()] |= 1_u32 << nth;
            nth += 1;
        }
        Self { list, of_length }
    }

    /// The member `name`, and its number, which is below 32.
    pub(super) fn find(&self, name: &str) -> Option<(usize, &'static Member)> {
        let mut candidates = *self.of_length.get(name.len())?;
        while candidates != 0 {
            let nth = candidates.trailing_zeros() as usize;
            let (known, member) = &self.list[nth];
            if are_equal(known.as_bytes(), name.as_bytes()) {
                return Some((nth, member));
            }
            candidates &= candidates - 1;
        }
        None
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'static str, &'static Member)> {
        self.list.iter().map(|(name, member)| (*name, member))
    }
}

/// Whether names are equal. Most have 8 to 16 bytes: their first and last eight, which may overlap, are compared as numbers.
fn are_equal(name: &[u8], other: &[u8]) -> bool {
    if name.len() != other.len() {
        return false;
    }
    match (name.first_chunk::<8>(), name.last_chunk::<8>(), other.first_chunk(), other.last_chunk()) {
        (Some(first), Some(last), Some(other_first), Some(other_last)) if name.len() <= 16 => {
            first == other_first && last == other_last
        }
        _ => name == other,
    }
}

/// The columns from the event itself. Source: AWS CloudTrail User Guide, "CloudTrail record contents for management, data,
/// and network activity events".
pub(super) static EVENT: Members = Members::new(&[
    ("apiVersion", Text("ApiVersion")),
    ("errorCode", Text("ErrorCode")),
    ("errorMessage", Text("ErrorMessage")),
    ("eventCategory", Text("EventCategory")),
    ("eventType", Text("EventType")),
    ("eventVersion", Text("EventVersion")),
    ("insightDetails", Object(&INSIGHT)),
    ("recipientAccountId", Text("RecipientAccountId")),
    ("requestID", Text("RequestId")),
    ("sessionCredentialFromConsole", Text("SessionCredentialFromConsole")),
    ("sharedEventID", Text("SharedEventId")),
    ("sourceIPAddress", Text("SourceIpAddress")),
    ("tlsDetails", Object(&TLS)),
    ("userAgent", Text("UserAgent")),
    ("userIdentity", Object(&USER_IDENTITY)),
    ("vpcEndpointAccountId", Text("VpcEndpointAccountId")),
    ("vpcEndpointId", Text("VpcEndpointId")),
]);
static TLS: Members = Members::new(&[
    ("cipherSuite", Text("TlsCipherSuite")),
    ("clientProvidedHostHeader", Text("TlsClientProvidedHostHeader")),
    ("tlsVersion", Text("TlsVersion")),
]);
/// Source: AWS CloudTrail User Guide, "CloudTrail userIdentity element".
static USER_IDENTITY: Members = Members::new(&[
    ("accountId", Text("UserIdentityAccountId")),
    ("arn", Text("UserIdentityArn")),
    ("identityProvider", Text("UserIdentityIdentityProvider")),
    ("invokedBy", Text("UserIdentityInvokedBy")),
    (
        "onBehalfOf",
        Object(&Members::new(&[
            ("identityStoreArn", Text("OnBehalfOfIdentityStoreArn")),
            ("userId", Text("OnBehalfOfUserId")),
        ])),
    ),
    ("principalId", Text("UserIdentityPrincipalId")),
    ("sessionContext", Object(&SESSION)),
    ("type", Text("UserIdentityType")),
    ("userName", Text("UserIdentityUserName")),
]);
static SESSION: Members = Members::new(&[
    (
        "attributes",
        Object(&Members::new(&[
            ("creationDate", Text("SessionCreationDate")),
            ("mfaAuthenticated", Text("SessionMfaAuthenticated")),
        ])),
    ),
    ("ec2RoleDelivery", Text("SessionEc2RoleDelivery")),
    (
        "sessionIssuer",
        Object(&Members::new(&[
            ("accountId", Text("SessionIssuerAccountId")),
            ("arn", Text("SessionIssuerArn")),
            ("principalId", Text("SessionIssuerPrincipalId")),
            ("type", Text("SessionIssuerType")),
            ("userName", Text("SessionIssuerUserName")),
        ])),
    ),
    ("sourceIdentity", Text("SessionSourceIdentity")),
    ("webIdFederationData", Object(&Members::new(&[("federatedProvider", Text("SessionFederatedProvider"))]))),
]);
/// Source: AWS CloudTrail User Guide, "CloudTrail record contents for Insights events".
static INSIGHT: Members = Members::new(&[
    ("errorCode", Text("InsightErrorCode")),
    ("eventName", Text("InsightEventName")),
    ("eventSource", Text("InsightEventSource")),
    ("insightContext", Object(&Members::new(&[("statistics", Object(&STATISTICS))]))),
    ("insightType", Text("InsightType")),
    ("sourceEventCategory", Text("InsightSourceEventCategory")),
    ("state", Text("InsightState")),
]);
static STATISTICS: Members = Members::new(&[
    ("baseline", Object(&Members::new(&[("average", Number("InsightBaselineAverage"))]))),
    ("baselineDuration", Number("InsightBaselineDuration")),
    ("insight", Object(&Members::new(&[("average", Number("InsightAverage"))]))),
    ("insightDuration", Number("InsightDuration")),
]);

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// The columns that `members` define: the place of each in the event, its name, and its type.
    pub(in super::super) fn defined(members: &Members) -> Vec<(String, &'static str, &'static str)> {
        let mut columns = Vec::new();
        for (name, member) in members.all() {
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
    fn a_member_is_found_by_its_whole_name() {
        fn check(members: &Members) {
            for (nth, (name, member)) in members.all().enumerate() {
                assert_eq!(members.find(name).map(|(nth, _)| nth), Some(nth), "{name}");
                for at in 0..name.len() {
                    let other = format!("{}-{}", &name[..at], &name[at + 1..]);
                    assert!(members.find(&other).is_none(), "{other}");
                }
                if let Object(members) = member {
                    check(members);
                }
            }
        }
        check(&EVENT);
        for name in ["", "even", "eventTypes", &"e".repeat(LENGTHS - 1), &"e".repeat(LENGTHS)] {
            assert!(EVENT.find(name).is_none(), "{name}");
        }
    }

    #[test]
    fn the_schemas_declare_each_column_with_its_type() {
        let management = include_str!("../../schemas/management_events.json");
        let insights = include_str!("../../schemas/insight_events.json");
        let [management, insights] = [management, insights].map(|text| serde_json::from_str::<Value>(text).unwrap());
        for (_, column, declared) in defined(&EVENT) {
            let is_declared = |schema: &Value| schema["properties"][column]["type"] == json!(["null", declared]);
            assert_eq!(is_declared(&management), !column.starts_with("Insight"), "{column}");
            assert!(is_declared(&management) || is_declared(&insights), "{column}");
        }
    }
}
