//! The columns that are taken from `CloudTrailEvent`, the JSON of the whole event.
//!
//! Their values are the JSON texts of the event, so that numbers and escapes stay as CloudTrail wrote them. A member of
//! another type than its column has no column: it is in `CloudTrailEvent` only. Neither has one that JSON parsers may not
//! read, such as text that is not Unicode. If there is such text in place of an object that has columns, such as
//! `userIdentity`, the event has none at all.

use super::event_json::is_readable;
use serde::{
    Deserializer, Serialize, Serializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use std::fmt;

/// The columns from the event itself. Source: AWS CloudTrail User Guide, "CloudTrail record contents for management, data,
/// and network activity events".
const EVENT: Members = &[
    ("apiVersion", Text("ApiVersion")),
    ("awsRegion", Text("AwsRegion")),
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

/// Room for the columns of most events.
const USUAL_COUNT: usize = 32;

/// The members of a JSON object that have columns. There are at most 32, one for each bit of `AddColumns`' `seen`.
type Members = &'static [(&'static str, Member)];

/// A member, with the name of its column.
enum Member {
    Text(&'static str),
    Number(&'static str),
    Object(Members),
}
use Member::{Number, Object, Text};

const _: () = assert!(EVENT.len() <= 32 && USER_IDENTITY.len() <= 32 && SESSION.len() <= 32 && INSIGHT.len() <= 32);

/// The columns of one event, by name, as JSON.
#[derive(Debug, Default)]
pub(super) struct Columns<'a>(Vec<(&'static str, &'a RawValue)>);

impl<'a> Columns<'a> {
    /// The columns in `json`; none if it is not a JSON object.
    #[must_use]
    pub(super) fn of(json: &'a str) -> Self {
        let mut columns = Self(Vec::with_capacity(USUAL_COUNT));
        let mut parser = serde_json::Deserializer::from_str(json);
        let added = AddColumns { columns: &mut columns, members: EVENT }.deserialize(&mut parser);
        // What is not JSON has no columns.
        added.and_then(|()| parser.end()).map_or_else(|_| Self::default(), |()| columns)
    }

    /// Adds the column `name` if `value` is of its type.
    fn add(&mut self, name: &'static str, is_text: bool, value: &'a RawValue) {
        let json = value.get();
        let is_of_type = match json.bytes().next() {
            Some(b'"') => is_text,
            Some(b'-' | b'0'..=b'9') => !is_text,
            _ => false,
        };
        // Text without a backslash is read as it is written.
        if is_of_type && ((is_text && !json.contains('\\')) || is_readable(json)) {
            self.0.push((name, value));
        }
    }

    /// Removes what was added for `member`.
    fn remove(&mut self, member: &Member) {
        match member {
            Text(column) | Number(column) => self.0.retain(|(name, _)| name != column),
            Object(members) => members.iter().for_each(|(_, member)| self.remove(member)),
        }
    }
}

impl Serialize for Columns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

/// Adds the columns of the members of the JSON value that it visits, if it is an object.
struct AddColumns<'c, 'a> {
    columns: &'c mut Columns<'a>,
    members: Members,
}

impl<'a> DeserializeSeed<'a> for AddColumns<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for AddColumns<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = 0_u32;
        while let Some(found) = map.next_key_seed(Find(self.members))? {
            let Some((nth, member)) = found else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            // Of members with the same name, most JSON parsers let the last one win.
            if seen & (1 << nth) != 0 {
                self.columns.remove(member);
            }
            seen |= 1 << nth;
            match member {
                Text(name) => self.columns.add(name, true, map.next_value()?),
                Number(name) => self.columns.add(name, false, map.next_value()?),
                Object(members) => map.next_value_seed(AddColumns { columns: self.columns, members })?,
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}

/// Finds the member that has the visited name, and its number.
struct Find(Members);

impl<'a> DeserializeSeed<'a> for Find {
    type Value = Option<(usize, &'static Member)>;

    fn deserialize<D: Deserializer<'a>>(self, name: D) -> Result<Self::Value, D::Error> {
        // Not as a string: a name that is not Unicode is no column's.
        name.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Find {
    type Value = Option<(usize, &'static Member)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_bytes<E>(self, name: &[u8]) -> Result<Self::Value, E> {
        let mut members = self.0.iter().enumerate();
        Ok(members.find(|(_, (known, _))| known.as_bytes() == name).map(|(nth, (_, member))| (nth, member)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::event_json;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    fn columns(json: &str) -> Value {
        serde_json::to_value(Columns::of(json)).unwrap()
    }

    /// The columns that `members` define: the place of each in the event, its name, and its type.
    fn defined(members: Members) -> Vec<(String, &'static str, &'static str)> {
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

    /// Any value in the place of any column, and other members around it.
    fn event() -> impl Strategy<Value = Value> {
        let places: Vec<String> = defined(EVENT).into_iter().map(|(place, _, _)| place).collect();
        let place = prop::sample::select(places);
        prop::collection::vec((place, event_json::tests::json()), 0..20).prop_map(|values| {
            let mut event = json!({});
            for (place, value) in values {
                let names: Vec<&str> = place.split('/').skip(1).collect();
                let mut object = &mut event;
                for name in names {
                    if !object.is_object() {
                        *object = json!({});
                    }
                    object = &mut object[name];
                }
                *object = value;
            }
            event
        })
    }

    proptest! {
        #[test]
        fn the_columns_are_the_values_of_their_type_in_their_places(event in event()) {
            let is = |kind: &str, value: &Value| if kind == "string" { value.is_string() } else { value.is_number() };
            let column = |(place, column, kind): (String, &'static str, &str)| {
                let value = event.pointer(&place).filter(|value| is(kind, value))?;
                Some((column, value.to_string()))
            };
            let expected: BTreeMap<_, _> = defined(EVENT).into_iter().filter_map(column).collect();
            let text = event.to_string();
            let columns: BTreeMap<_, _> =
                Columns::of(&text).0.into_iter().map(|(column, value)| (column, value.get().to_owned())).collect();
            prop_assert_eq!(columns, expected);
        }
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

    #[test]
    fn a_value_of_another_type_has_no_column() {
        let json = r#"{"awsRegion": "eu-west-1", "recipientAccountId": 7, "errorCode": null, "userAgent": {"a": []},
            "userIdentity": "Root", "tlsDetails": {"tlsVersion": ["a"]},
            "insightDetails": {"insightContext": {"statistics": {"insightDuration": "5", "baselineDuration": -1.50}}}}"#;
        assert_eq!(columns(json), json!({"AwsRegion": "eu-west-1", "InsightBaselineDuration": -1.5}));
    }

    #[test]
    fn what_is_not_an_object_has_no_columns() {
        for json in ["", "not JSON", "[]", "\"awsRegion\"", "{\"awsRegion\":\"a\"", "{\"awsRegion\":\"a\"} x"] {
            assert_eq!(columns(json), json!({}), "{json}");
        }
    }

    #[test]
    fn the_last_of_repeated_members_counts() {
        let json = r#"{"awsRegion": "a", "awsRegion": "b", "userAgent": "a", "userAgent": 1,
            "userIdentity": {"type": "Root", "arn": "a"}, "userIdentity": {"arn": "b"}}"#;
        assert_eq!(columns(json), json!({"AwsRegion": "b", "UserIdentityArn": "b"}));
    }

    #[test]
    fn text_and_numbers_stay_as_they_are_written() {
        let json = r#"{"userAgent":"a\/\u00e4\"","insightDetails":{"insightContext":{"statistics":{"insight":{"average":9.82222E-5}}}}}"#;
        let written = r#"{"UserAgent":"a\/\u00e4\"","InsightAverage":9.82222E-5}"#;
        assert_eq!(serde_json::to_string(&Columns::of(json)).unwrap(), written);
    }

    #[test]
    fn text_that_is_not_unicode_has_no_column_but_the_others_have() {
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        let json = format!(
            r#"{{"\ud800":1,"userAgent":"\ud800","requestParameters":{deep},"x":"\ud800","errorCode":"a",
                "insightDetails":{{"insightContext":{{"statistics":{{"insightDuration":1e999}}}}}}}}"#
        );
        assert_eq!(columns(&json), json!({"ErrorCode": "a"}));
    }
}
