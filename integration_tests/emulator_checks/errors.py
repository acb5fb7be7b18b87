"""Errors of LookupEvents, each with AWS's code."""
import time

from .check import EXPIRED_KEY, SESSION_KEY, Check


class Errors(Check):
    def test_boto3_sees_the_errors_of_credentials(self):
        with self.emulator("--events", 1, "--rate", 0) as emulator:
            def fails(code, **credentials):
                return self.assert_code(code, emulator.client(**credentials).lookup_events)

            fails("UnrecognizedClientException", key="AKIAUNKNOWNXXEXAMPLE")
            fails("InvalidSignatureException", secret="wrong")
            fails("UnrecognizedClientException", key=SESSION_KEY)
            fails("UnrecognizedClientException", key=SESSION_KEY, token="wrong")
            fails("UnrecognizedClientException", token="a long-term key has none")
            fails("ExpiredTokenException", key=EXPIRED_KEY, token="example-expired-token")
            fails("SubscriptionRequiredException", key="AKIANOTSUBSCREXAMPLE")
            message = fails("AccessDeniedException", key="AKIANOPOLICYXEXAMPLE")
            self.assertEqual(
                message,
                "User: arn:aws:iam::123456789012:user/reader is not authorized to perform: cloudtrail:LookupEvents "
                "because no identity-based policy allows the cloudtrail:LookupEvents action")
            message = fails("AccessDeniedException", key="AKIADENYBYSCPEXAMPLE")
            self.assertTrue(message.endswith("an explicit deny in a service control policy"), message)
            client = emulator.client(key=SESSION_KEY, token="example-session-token")
            self.assertEqual(len(client.lookup_events()["Events"]), 1)

    def test_the_aws_cli_sees_the_errors_of_credentials(self):
        with self.emulator("--events", 1, "--rate", 0) as emulator:
            expired = {"key": EXPIRED_KEY, "token": "example-expired-token"}
            for code, credentials in [("UnrecognizedClientException", {"key": "AKIAUNKNOWNXXEXAMPLE"}),
                                      ("InvalidSignatureException", {"secret": "wrong"}),
                                      ("ExpiredTokenException", expired)]:
                result = emulator.cli(**credentials)
                self.assertNotEqual(result.returncode, 0)
                self.assertIn(f"({code})", result.stderr)
            self.assertEqual(emulator.cli(key=SESSION_KEY, token="example-session-token").returncode, 0)

    def test_a_policy_can_allow_one_region_only(self):
        with self.emulator("--events", 1, "--rate", 0) as emulator:
            emulator.client(key="AKIAREGIONSCPEXAMPLE").lookup_events()
            denied = emulator.client(key="AKIAREGIONSCPEXAMPLE", region="eu-central-1")
            message = self.assert_code("AccessDeniedException", denied.lookup_events)
            self.assertTrue(message.endswith("with an explicit deny in a service control policy"), message)

    def test_a_region_can_be_disabled(self):
        with self.emulator("--events", 1, "--rate", 0, "--disabled-region", "ap-east-1") as emulator:
            self.assert_code("UnrecognizedClientException", emulator.client(region="ap-east-1").lookup_events)
            emulator.client().lookup_events()

    def test_the_clock_can_be_off(self):
        for offset, beginning in [(400, "Signature expired"), (-400, "Signature not yet current")]:
            with self.emulator("--events", 1, "--clock-offset", offset) as emulator:
                message = self.assert_code("InvalidSignatureException", emulator.client().lookup_events)
                self.assertTrue(message.startswith(beginning), message)

    def test_a_token_requires_the_same_parameters(self):
        with self.emulator("--events", 200, "--insights", 2, "--rate", 0) as emulator:
            client, last = emulator.client(), emulator.events[0]["second"]
            request = {"StartTime": emulator.events[-1]["second"], "EndTime": last, "MaxResults": 10}
            token = client.lookup_events(**request)["NextToken"]
            attribute = [{"AttributeKey": "ReadOnly", "AttributeValue": "true"}]
            for change in [{"StartTime": request["StartTime"] + 1}, {"EndTime": last + 1}, {"MaxResults": 11},
                           {"EventCategory": "insight"}, {"LookupAttributes": attribute}, {"NextToken": token[:-2]}]:
                with self.subTest(change=change):
                    changed = request | {"NextToken": token} | change
                    self.assert_code("InvalidNextTokenException", client.lookup_events, **changed)
            other_region = emulator.client(region="us-west-2")
            self.assert_code("InvalidNextTokenException", other_region.lookup_events, NextToken=token, **request)
            for _ in range(2):
                page = client.lookup_events(NextToken=token, **request)
                self.assert_events([page], emulator.of_category("Management")[10:20])

    def test_a_token_can_expire(self):
        with self.emulator("--events", 200, "--rate", 0, "--token-lifetime", 0.2) as emulator:
            token = emulator.client().lookup_events()["NextToken"]
            time.sleep(0.3)
            self.assert_code("InvalidNextTokenException", emulator.client().lookup_events, NextToken=token)

    def test_values_are_validated(self):
        with self.emulator("--events", 1, "--rate", 0) as emulator:
            client = emulator.client()

            def fails(code, **request):
                self.assert_code(code, client.lookup_events, **request)

            attribute = {"AttributeKey": "Username", "AttributeValue": "alice"}
            fails("InvalidTimeRangeException", StartTime=2_000_000_000, EndTime=1_999_999_999)
            fails("InvalidMaxResultsException", MaxResults=51)
            fails("InvalidEventCategoryException", EventCategory="management")
            for attributes in [[attribute] * 2, [attribute | {"AttributeKey": "Color"}]]:
                fails("InvalidLookupAttributesException", LookupAttributes=attributes)
            fails("InvalidLookupAttributesException", EventCategory="insight", LookupAttributes=[attribute])
            self.assert_code("UnknownOperationException", client.describe_trails)

    def test_the_fourth_request_within_a_second_is_throttled(self):
        # At a tenth of the rate, the quota of a second is for ten seconds, so the check passes on a slow machine, too.
        with self.emulator("--events", 1, "--rate", 0.2) as emulator:
            for client in [emulator.client(), emulator.client(region="us-west-2")]:
                for _ in range(3):
                    client.lookup_events()
                self.assertEqual(self.assert_code("ThrottlingException", client.lookup_events), "Rate exceeded")

    def test_the_22nd_request_within_ten_seconds_is_throttled(self):
        with self.emulator("--events", 1) as emulator:
            client = emulator.client()
            for _ in range(21):
                client.lookup_events()
                time.sleep(0.4)
            self.assert_code("ThrottlingException", client.lookup_events)
