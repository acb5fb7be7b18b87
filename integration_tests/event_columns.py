"""Where the columns of the records come from, written by hand: from LookupEvents, or from the JSON of the event."""
import json
from decimal import Decimal

import pytest
from conftest import ROOT

SCHEMAS = {stream: json.loads((ROOT / f"schemas/{stream}.json").read_text())["properties"].keys()
           for stream in ("management_events", "insight_events")}

# The strings that LookupEvents returns beside the event.
FROM_API = {"AccessKeyId", "EventId", "EventName", "EventSource", "ReadOnly", "Username"}

# The columns from the event, with their paths.
FROM_EVENT = {
    "ApiVersion": "apiVersion",
    "ErrorCode": "errorCode",
    "ErrorMessage": "errorMessage",
    "EventCategory": "eventCategory",
    "EventType": "eventType",
    "EventVersion": "eventVersion",
    "InsightAverage": "insightDetails.insightContext.statistics.insight.average",
    "InsightBaselineAverage": "insightDetails.insightContext.statistics.baseline.average",
    "InsightBaselineDuration": "insightDetails.insightContext.statistics.baselineDuration",
    "InsightDuration": "insightDetails.insightContext.statistics.insightDuration",
    "InsightErrorCode": "insightDetails.errorCode",
    "InsightEventName": "insightDetails.eventName",
    "InsightEventSource": "insightDetails.eventSource",
    "InsightSourceEventCategory": "insightDetails.sourceEventCategory",
    "InsightState": "insightDetails.state",
    "InsightType": "insightDetails.insightType",
    "OnBehalfOfIdentityStoreArn": "userIdentity.onBehalfOf.identityStoreArn",
    "OnBehalfOfUserId": "userIdentity.onBehalfOf.userId",
    "RecipientAccountId": "recipientAccountId",
    "RequestId": "requestID",
    "SessionCreationDate": "userIdentity.sessionContext.attributes.creationDate",
    "SessionCredentialFromConsole": "sessionCredentialFromConsole",
    "SessionEc2RoleDelivery": "userIdentity.sessionContext.ec2RoleDelivery",
    "SessionFederatedProvider": "userIdentity.sessionContext.webIdFederationData.federatedProvider",
    "SessionIssuerAccountId": "userIdentity.sessionContext.sessionIssuer.accountId",
    "SessionIssuerArn": "userIdentity.sessionContext.sessionIssuer.arn",
    "SessionIssuerPrincipalId": "userIdentity.sessionContext.sessionIssuer.principalId",
    "SessionIssuerType": "userIdentity.sessionContext.sessionIssuer.type",
    "SessionIssuerUserName": "userIdentity.sessionContext.sessionIssuer.userName",
    "SessionMfaAuthenticated": "userIdentity.sessionContext.attributes.mfaAuthenticated",
    "SessionSourceIdentity": "userIdentity.sessionContext.sourceIdentity",
    "SharedEventId": "sharedEventID",
    "SourceIpAddress": "sourceIPAddress",
    "TlsCipherSuite": "tlsDetails.cipherSuite",
    "TlsClientProvidedHostHeader": "tlsDetails.clientProvidedHostHeader",
    "TlsVersion": "tlsDetails.tlsVersion",
    "UserAgent": "userAgent",
    "UserIdentityAccountId": "userIdentity.accountId",
    "UserIdentityArn": "userIdentity.arn",
    "UserIdentityIdentityProvider": "userIdentity.identityProvider",
    "UserIdentityInvokedBy": "userIdentity.invokedBy",
    "UserIdentityPrincipalId": "userIdentity.principalId",
    "UserIdentityType": "userIdentity.type",
    "UserIdentityUserName": "userIdentity.userName",
    "VpcEndpointAccountId": "vpcEndpointAccountId",
    "VpcEndpointId": "vpcEndpointId",
}

# The columns that no Insights event of the emulator has.
WITHOUT_VALUES = {"management_events": set(), "insight_events": {"AccessKeyId", "Username"}}


def value_at(path, event):
    """What the event has at this path."""
    for name in path.split("."):
        event = event.get(name) if event else None
    if event is None or isinstance(event, str):
        return event
    # PyAirbyte rounds numbers to nine decimal places.
    return pytest.approx(Decimal(str(event)), rel=0, abs=Decimal("0.5e-9"))


def expected_columns(stream, body):
    """The columns of a record that are strings or numbers, except EventTime and CloudTrailEvent, by name."""
    event = json.loads(body.get("CloudTrailEvent", "{}"))
    of_api = {name: body.get(name) for name in FROM_API}
    of_event = {name: value_at(path, event) for name, path in FROM_EVENT.items()}
    return {name: value for name, value in (of_api | of_event).items() if name in SCHEMAS[stream]}
