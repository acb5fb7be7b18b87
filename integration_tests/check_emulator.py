#!/usr/bin/env python3
"""Checks the CloudTrail emulator with clients that are not this project's: boto3 and the AWS CLI.

    pip install -r requirements.txt
    python3 check_emulator.py PATH_TO/cloudtrail-emulator

What the clients read is compared with the data that the emulator wrote to a file, and every error with the code that
AWS has for it. Retries are off, so that each answer is seen.
"""
import contextlib
import datetime
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, SSLError

EMULATOR = None
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEY, SESSION_KEY, EXPIRED_KEY = "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "ASIAEXPIREDTKEXAMPLE"
REGION = "us-east-1"


class Data:
    """A running emulator and what it holds, newest first and in the order of the file inside one second."""

    def __init__(self, url, lines, authority=None):
        self.url, self.authority = url, authority
        self.events = sorted(lines, key=lambda line: -line["second"])

    def of(self, category="Management"):
        return [line for line in self.events if line["category"] == category]

    def client(self, service="cloudtrail", key=KEY, secret=SECRET, token=None, region=REGION, verify=None):
        return boto3.client(
            service, endpoint_url=self.url, region_name=region, aws_access_key_id=key, aws_secret_access_key=secret,
            aws_session_token=token, verify=verify or self.authority, config=Config(retries={"total_max_attempts": 1}))

    def cli(self, *arguments, key=KEY, secret=SECRET, token=None, command=("cloudtrail", "lookup-events")):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment |= {
            "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL_CLOUDTRAIL": self.url, "AWS_ENDPOINT_URL_STS": self.url, "AWS_MAX_ATTEMPTS": "1", "AWS_PAGER": "",
            "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "PYTHONIOENCODING": "utf-8"}
        if token:
            environment["AWS_SESSION_TOKEN"] = token
        if self.authority:
            environment["AWS_CA_BUNDLE"] = self.authority
        command = ["aws", *command, "--output", "json", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", timeout=300)


@contextlib.contextmanager
def emulator(*arguments):
    with tempfile.TemporaryDirectory() as folder:
        dump = os.path.join(folder, "events.jsonl")
        authority = os.path.join(folder, "ca.pem") if "--tls" in arguments else None
        command = [EMULATOR, "--days", "30", "--dump", dump, *map(str, arguments), *(["--ca-file", authority] if authority else [])]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            first_line = process.stdout.readline()
            url = first_line.removeprefix("listening on ").strip()
            with open(dump, encoding="utf-8") as lines:
                yield Data(url, [json.loads(line) for line in lines], authority)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def without_null(value):
    """botocore leaves out members that are null."""
    if isinstance(value, dict):
        return {name: without_null(member) for name, member in value.items() if member is not None}
    return [without_null(item) for item in value] if isinstance(value, list) else value


def second(event_time):
    if isinstance(event_time, str):
        event_time = datetime.datetime.fromisoformat(event_time)
    return event_time.timestamp() if isinstance(event_time, datetime.datetime) else event_time


def comparable(events):
    return [(second(event["EventTime"]), {name: value for name, value in event.items() if name != "EventTime"}) for event in events]


def expected(lines):
    return [(line["second"], without_null(line["body"])) for line in lines]


def follow(client, **request):
    pages = [client.lookup_events(**request)]
    while "NextToken" in pages[-1]:
        pages.append(client.lookup_events(NextToken=pages[-1]["NextToken"], **request))
    return pages


class Check(unittest.TestCase):
    maxDiff = 2000

    def assert_code(self, code, call, *arguments, status=400, **request):
        with self.assertRaises(ClientError) as raised:
            call(*arguments, **request)
        self.assertEqual(raised.exception.response["Error"]["Code"], code)
        self.assertEqual(raised.exception.response["ResponseMetadata"]["HTTPStatusCode"], status)
        self.assertTrue(raised.exception.response["ResponseMetadata"]["RequestId"])
        return raised.exception.response["Error"]["Message"]


class Reading(Check):
    def read(self, data, lines, **request):
        pages = follow(data.client(), **request)
        self.assertEqual(comparable(event for page in pages for event in page["Events"]), expected(lines))
        return pages

    def test_boto3_reads_all_events_of_a_range(self):
        for arguments in [(), ("--tokens", "offset", "--time-format", "exponent"), ("--time-format", "integer")]:
            with self.subTest(arguments=arguments), emulator("--events", 3000, "--rate", 0, *arguments) as data:
                lines = data.of()
                self.assertEqual(len(lines), 3000)
                pages = self.read(data, lines, StartTime=lines[-1]["second"], EndTime=lines[0]["second"])
                self.assertEqual(len(pages), 60)

    def test_boto3_reads_any_part_by_any_page_size(self):
        with emulator("--events", 3000, "--rate", 0) as data:
            for newest, oldest, size in [(0, 400, 7), (100, 101, 1), (1000, 1730, 50), (2900, 2999, 33)]:
                last, first = data.events[newest]["second"], data.events[oldest]["second"]
                lines = [line for line in data.events if first <= line["second"] <= last]
                self.read(data, lines, StartTime=first, EndTime=last, MaxResults=size)

    def test_the_paginator_of_boto3_agrees(self):
        with emulator("--events", 500, "--rate", 0) as data:
            pages = data.client().get_paginator("lookup_events").paginate(PaginationConfig={"PageSize": 20})
            self.assertEqual(comparable(event for page in pages for event in page["Events"]), expected(data.events))

    def test_a_full_last_page_may_have_a_token(self):
        with emulator("--events", 100, "--rate", 0) as data:
            self.assertEqual([len(page["Events"]) for page in follow(data.client())], [50, 50])
        with emulator("--events", 100, "--rate", 0, "--full-last-page-has-token") as data:
            self.assertEqual([len(page["Events"]) for page in follow(data.client())], [50, 50, 0])

    def test_insights_are_a_category_of_their_own(self):
        with emulator("--events", 60, "--insights", 80, "--rate", 0) as data:
            self.read(data, data.of("Insight"), EventCategory="insight")
            self.read(data, data.of())

    def test_filters(self):
        with emulator("--events", 1000, "--rate", 0) as data:
            for key in ["EventId", "EventName", "ReadOnly", "Username", "EventSource", "AccessKeyId"]:
                value = next(line["body"][key] for line in data.events if key in line["body"])
                lines = [line for line in data.events if line["body"].get(key) == value]
                self.read(data, lines, LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}])
            for key, value in [("ResourceType", "AWS::EC2::Subnet"), ("ResourceName", "untyped")]:
                lines = [line for line in data.events if any(one.get(key) == value for one in line["body"].get("Resources", []))]
                self.read(data, lines, LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}])

    def test_every_region_has_its_own_events_and_quota(self):
        # At a tenth of the rate, so that a slow machine changes nothing: a second of the quota takes ten.
        regions = ["eu-central-1", "us-west-2"]
        with emulator("--events", 120, "--rate", 0.2, "--region", regions[0], "--region", regions[1]) as data:
            self.assertEqual(data.client().lookup_events()["Events"], [])
            seen = set()
            for region in regions:
                client = data.client(region=region)
                pages = follow(client)
                lines = [line for line in data.events if line["region"] == region]
                self.assertEqual(comparable(event for page in pages for event in page["Events"]), expected(lines))
                seen.update(event["EventId"] for page in pages for event in page["Events"] if "EventId" in event)
                self.assert_code("ThrottlingException", client.lookup_events)
            self.assertEqual(len(seen), sum("EventId" in line["body"] for line in data.events))

    def test_the_aws_cli_reads_all_events_of_a_range(self):
        with emulator("--events", 3000, "--rate", 0) as data:
            first, last = data.events[-1]["second"], data.events[0]["second"]
            result = data.cli("--start-time", str(first), "--end-time", str(last))
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            read = json.loads(result.stdout)["Events"]
            self.assertEqual(comparable(read), expected(data.events))


class Refusing(Check):
    def test_credentials(self):
        with emulator("--events", 1, "--rate", 0) as data:
            def refused(code, **credentials):
                return self.assert_code(code, data.client(**credentials).lookup_events)

            refused("UnrecognizedClientException", key="AKIAUNKNOWNXXEXAMPLE")
            refused("InvalidSignatureException", secret="wrong")
            refused("UnrecognizedClientException", key=SESSION_KEY)
            refused("UnrecognizedClientException", key=SESSION_KEY, token="wrong")
            refused("UnrecognizedClientException", token="a long-term key has none")
            refused("ExpiredTokenException", key=EXPIRED_KEY, token="example-expired-token")
            refused("SubscriptionRequiredException", key="AKIANOTSUBSCREXAMPLE")
            message = refused("AccessDeniedException", key="AKIANOPOLICYXEXAMPLE")
            self.assertEqual(message, "User: arn:aws:iam::123456789012:user/reader is not authorized to perform: cloudtrail:LookupEvents "
                                      "because no identity-based policy allows the cloudtrail:LookupEvents action")
            self.assertTrue(refused("AccessDeniedException", key="AKIADENYBYSCPEXAMPLE").endswith("an explicit deny in a service control policy"))
            self.assertEqual(len(data.client(key=SESSION_KEY, token="example-session-token").lookup_events()["Events"]), 1)

    def test_credentials_of_the_aws_cli(self):
        with emulator("--events", 1, "--rate", 0) as data:
            for code, credentials in [("UnrecognizedClientException", {"key": "AKIAUNKNOWNXXEXAMPLE"}),
                                      ("InvalidSignatureException", {"secret": "wrong"}),
                                      ("ExpiredTokenException", {"key": EXPIRED_KEY, "token": "example-expired-token"})]:
                result = data.cli(**credentials)
                self.assertNotEqual(result.returncode, 0)
                self.assertIn(f"({code})", result.stderr)
            self.assertEqual(data.cli(key=SESSION_KEY, token="example-session-token").returncode, 0)

    def test_a_policy_that_leaves_one_region(self):
        with emulator("--events", 1, "--rate", 0) as data:
            data.client(key="AKIAREGIONSCPEXAMPLE").lookup_events()
            elsewhere = data.client(key="AKIAREGIONSCPEXAMPLE", region="eu-central-1")
            message = self.assert_code("AccessDeniedException", elsewhere.lookup_events)
            self.assertTrue(message.endswith("with an explicit deny in a service control policy"), message)

    def test_a_region_that_is_not_enabled(self):
        with emulator("--events", 1, "--rate", 0, "--disabled-region", "ap-east-1") as data:
            self.assert_code("UnrecognizedClientException", data.client(region="ap-east-1").lookup_events)
            data.client().lookup_events()

    def test_a_clock_that_is_off(self):
        for offset, sentence in [(400, "Signature expired"), (-400, "Signature not yet current")]:
            with emulator("--events", 1, "--clock-offset", offset) as data:
                message = self.assert_code("InvalidSignatureException", data.client().lookup_events)
                self.assertTrue(message.startswith(sentence), message)

    def test_a_token_with_other_parameters(self):
        with emulator("--events", 200, "--insights", 2, "--rate", 0) as data:
            client, last = data.client(), data.events[0]["second"]
            request = {"StartTime": data.events[-1]["second"], "EndTime": last, "MaxResults": 10}
            token = client.lookup_events(**request)["NextToken"]
            attribute = [{"AttributeKey": "ReadOnly", "AttributeValue": "true"}]
            for change in [{"StartTime": request["StartTime"] + 1}, {"EndTime": last + 1}, {"MaxResults": 11},
                           {"EventCategory": "insight"}, {"LookupAttributes": attribute}, {"NextToken": token[:-2]}]:
                with self.subTest(change=change):
                    self.assert_code("InvalidNextTokenException", client.lookup_events, **(request | {"NextToken": token} | change))
            elsewhere = data.client(region="us-west-2")
            self.assert_code("InvalidNextTokenException", elsewhere.lookup_events, NextToken=token, **request)
            again = [client.lookup_events(NextToken=token, **request)["Events"] for _ in range(2)]
            self.assertEqual(again[0], again[1])
            self.assertEqual(comparable(again[0]), expected(data.of()[10:20]))

    def test_an_expired_token(self):
        with emulator("--events", 200, "--rate", 0, "--token-lifetime", 0.2) as data:
            token = data.client().lookup_events()["NextToken"]
            time.sleep(0.3)
            self.assert_code("InvalidNextTokenException", data.client().lookup_events, NextToken=token)

    def test_values(self):
        with emulator("--events", 1, "--rate", 0) as data:
            client = data.client()
            attribute = {"AttributeKey": "Username", "AttributeValue": "alice"}
            self.assert_code("InvalidTimeRangeException", client.lookup_events, StartTime=2_000_000_000, EndTime=1_999_999_999)
            self.assert_code("InvalidMaxResultsException", client.lookup_events, MaxResults=51)
            self.assert_code("InvalidEventCategoryException", client.lookup_events, EventCategory="management")
            for attributes in [[attribute] * 2, [attribute | {"AttributeKey": "Colour"}]]:
                self.assert_code("InvalidLookupAttributesException", client.lookup_events, LookupAttributes=attributes)
            self.assert_code("InvalidLookupAttributesException", client.lookup_events, EventCategory="insight", LookupAttributes=[attribute])
            self.assert_code("UnknownOperationException", client.describe_trails)

    def test_the_fourth_request_within_a_second(self):
        # At a tenth of the rate, so that a slow machine changes nothing: the second takes ten.
        with emulator("--events", 1, "--rate", 0.2) as data:
            clients = [data.client(), data.client(region="us-west-2")]
            for client in clients:
                for _ in range(3):
                    client.lookup_events()
                self.assertEqual(self.assert_code("ThrottlingException", client.lookup_events), "Rate exceeded")

    def test_the_22nd_request_within_ten_seconds(self):
        with emulator("--events", 1) as data:
            client = data.client()
            for _ in range(21):
                client.lookup_events()
                time.sleep(0.4)
            self.assert_code("ThrottlingException", client.lookup_events)


class Assuming(Check):
    """Roles, by the emulator's STS."""

    ROLE, OTHER = "arn:aws:iam::123456789012:role/team/reader", "arn:aws:iam::123456789012:role/other"
    REQUEST = {"RoleArn": ROLE, "RoleSessionName": "check"}

    def session(self, data, region=REGION, **request):
        """A session's credentials, as arguments of Data.client."""
        given = data.client("sts", region=region).assume_role(**(self.REQUEST | request))["Credentials"]
        return {"key": given["AccessKeyId"], "secret": given["SecretAccessKey"], "token": given["SessionToken"]}

    def test_a_session_reads(self):
        with emulator("--events", 120, "--rate", 0, "--role", self.ROLE, "--role-external-id", "tenant:7") as data:
            answer = data.client("sts").assume_role(ExternalId="tenant:7", DurationSeconds=900, **self.REQUEST)
            self.assertEqual(answer["AssumedRoleUser"]["Arn"], "arn:aws:sts::123456789012:assumed-role/reader/check")
            self.assertRegex(answer["AssumedRoleUser"]["AssumedRoleId"], "^AROA[A-Z0-9]{17}:check$")
            self.assertLess(abs(answer["Credentials"]["Expiration"].timestamp() - time.time() - 900), 300)
            session = self.session(data, region="eu-west-1", ExternalId="tenant:7")
            pages = follow(data.client(**session))
            self.assertEqual(comparable(event for page in pages for event in page["Events"]), expected(data.events))
            self.assert_code("UnrecognizedClientException", data.client(**(session | {"token": "wrong"})).lookup_events)

    def test_refusals(self):
        with emulator("--events", 1, "--rate", 0, "--role", self.ROLE, "--role-external-id", "tenant:7") as data:
            def refused(code, status, client=None, **request):
                return self.assert_code(code, (client or data.client("sts")).assume_role, status=status, **(self.REQUEST | request))

            denied = "User: arn:aws:iam::123456789012:user/reader is not authorized to perform: sts:AssumeRole on resource: "
            self.assertEqual(refused("AccessDenied", 403), denied + self.ROLE)
            self.assertEqual(refused("AccessDenied", 403, ExternalId="tenant:8"), denied + self.ROLE)
            self.assertEqual(refused("AccessDenied", 403, RoleArn=self.OTHER, ExternalId="tenant:7"), denied + self.OTHER)
            refused("ValidationError", 400, RoleArn="not an ARN but 20 long")
            refused("ValidationError", 400, RoleSessionName="a/b")
            self.assertIn("'43201' at 'durationSeconds'", refused("ValidationError", 400, DurationSeconds=43201))
            refused("SignatureDoesNotMatch", 403, data.client("sts", secret="wrong"))
            refused("InvalidClientTokenId", 403, data.client("sts", key="AKIAUNKNOWNXXEXAMPLE"))
            refused("ExpiredToken", 403, data.client("sts", key=EXPIRED_KEY, token="example-expired-token"))
            self.assert_code("InvalidAction", data.client("sts").get_caller_identity)

    def test_the_aws_cli_assumes_a_role(self):
        with emulator("--events", 1, "--rate", 0, "--role", self.ROLE, "--role", self.OTHER) as data:
            def assume(role, **credentials):
                arguments = ["--role-arn", role, "--role-session-name", "check"]
                return data.cli(*arguments, command=("sts", "assume-role"), **credentials)

            first = assume(self.ROLE)
            self.assertEqual((first.returncode, first.stderr), (0, ""))
            given = json.loads(first.stdout)["Credentials"]
            session = {"key": given["AccessKeyId"], "secret": given["SecretAccessKey"], "token": given["SessionToken"]}
            self.assertEqual(data.cli(**session).returncode, 0)
            self.assertEqual(assume(self.OTHER, **session).returncode, 0)
            self.assertIn("(AccessDenied)", assume(self.ROLE + "s", **session).stderr)

    def test_a_session_of_seconds(self):
        roles = ["--role", self.ROLE, "--role", self.OTHER, "--role-lifetime", 2]
        with emulator("--events", 1, "--rate", 0, *roles) as data:
            given = data.client("sts").assume_role(**self.REQUEST)["Credentials"]
            session = {"key": given["AccessKeyId"], "secret": given["SecretAccessKey"], "token": given["SessionToken"]}
            client, refusal = data.client(**session), None
            while refusal is None:
                try:
                    client.lookup_events()
                except ClientError as error:
                    refusal = error.response["Error"]["Code"]
            self.assertEqual(refusal, "ExpiredTokenException")
            self.assertGreaterEqual(time.time(), given["Expiration"].timestamp())
            self.assert_code("ExpiredToken", data.client("sts", **session).assume_role, status=403, **(self.REQUEST | {"RoleArn": self.OTHER}))
            data.client("sts").assume_role(**self.REQUEST)

    def test_a_command_assumes_the_role_of_its_profile(self):
        roles = ["--role", self.ROLE, "--role-external-id", "tenant:7", "--role-lifetime", "60"]
        script = ("import boto3; client = boto3.Session(profile_name='assuming').client('cloudtrail');"
                  "pages = client.get_paginator('lookup_events').paginate(); print(sum(len(page['Events']) for page in pages))")
        with tempfile.TemporaryDirectory() as folder:
            config = os.path.join(folder, "config")
            with open(config, "w", encoding="utf-8") as lines:
                lines.write(f"[profile assuming]\nrole_arn = {self.ROLE}\nexternal_id = tenant:7\n"
                            f"credential_source = Environment\nregion = {REGION}\n")
            environment = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_CONFIG_FILE": config}
            command = [EMULATOR, "--events", "120", "--rate", "0", *roles, "--", sys.executable, "-c", script]
            result = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=300)
        self.assertEqual((result.returncode, result.stdout), (0, "120\n"), result.stderr)

    def test_a_caller_from_elsewhere(self):
        with emulator("--events", 1, "--rate", 0, "--caller", "AKIAELSEWHERE:a/b+c", "--caller", "ASIAELSEWHERE:d:e==") as data:
            for credentials in [{"key": "AKIAELSEWHERE", "secret": "a/b+c"}, {"key": "ASIAELSEWHERE", "secret": "d", "token": "e=="}]:
                self.assertEqual(len(data.client(**credentials).lookup_events()["Events"]), 1)


class Secure(Check):
    """Over TLS, with the emulator's own certificate authority."""

    def test_who_trusts_the_authority_reads(self):
        with emulator("--events", 120, "--rate", 0, "--tls") as data:
            self.assertTrue(data.url.startswith("https://127.0.0.1:"), data.url)
            pages = follow(data.client())
            self.assertEqual(comparable(event for page in pages for event in page["Events"]), expected(data.events))
            result = data.cli()
            self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_who_does_not_trust_it_refuses(self):
        with emulator("--events", 1, "--tls") as data, emulator("--events", 1, "--tls") as other:
            with self.assertRaisesRegex(SSLError, "CERTIFICATE_VERIFY_FAILED"):
                data.client(verify=other.authority).lookup_events()


class Running(Check):
    """Around a command, which finds the emulator by its environment."""

    def run_around(self, script, *arguments):
        environment = os.environ | {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": REGION}
        command = [EMULATOR, "--events", "120", "--rate", "0", *arguments, "--", sys.executable, "-c", script]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)

    def test_a_command_reads_and_a_summary_follows(self):
        script = ("import boto3; pages = boto3.client('cloudtrail', region_name='us-east-1').get_paginator('lookup_events').paginate();"
                  "print(sum(len(page['Events']) for page in pages))")
        result = self.run_around(script)
        self.assertEqual((result.returncode, result.stdout), (0, "120\n"))
        self.assertRegex(result.stderr, r"^emulator: 3 requests, 120 events served, 0 throttled, 0 errors, \d+\.\d s, \d+\.\d\d requests/s\n$")
        result = self.run_around(script, "--random-faults", "0.5", "--seed", "3")
        self.assertEqual((result.returncode, result.stdout), (0, "120\n"), result.stderr)
        self.assertNotIn(" 0 errors", result.stderr)

    def test_a_command_trusts_the_emulator_also_over_connections_that_break(self):
        script = ("import boto3, ssl; assert len(ssl.create_default_context().get_ca_certs()) == 1;"
                  "pages = boto3.client('cloudtrail', region_name='us-east-1').get_paginator('lookup_events').paginate();"
                  "print(sum(len(page['Events']) for page in pages))")
        for faults in [(), ("--random-faults", "0.5", "--seed", "3")]:
            result = self.run_around(script, "--tls", *faults)
            self.assertEqual((result.returncode, result.stdout), (0, "120\n"), result.stderr)
            self.assertEqual(" 0 errors" in result.stderr, not faults, result.stderr)

    def test_the_command_decides_the_exit_code(self):
        self.assertEqual(self.run_around("raise SystemExit(7)").returncode, 7)
        self.assertEqual(self.run_around("import os; os.kill(os.getpid(), 9)").returncode, 137)
        missing = subprocess.run([EMULATOR, "--", "./no-such-command"], capture_output=True, text=True)
        self.assertEqual((missing.returncode, missing.stderr.count("\n")), (1, 1), missing.stderr)

    def test_events_that_show_late(self):
        with emulator("--events", 100, "--rate", 0, "--late", 2) as data:
            late = [line for line in data.events if line["visible_at"]]
            self.assertEqual(len(late), 5)
            pages = follow(data.client())
            self.assertLess(sum(len(page["Events"]) for page in pages), 100)
            time.sleep(max(line["visible_at"] for line in late) - time.time() + 0.1)
            self.assertEqual(comparable(event for page in follow(data.client()) for event in page["Events"]), expected(data.events))


def main():
    global EMULATOR
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    EMULATOR = os.path.abspath(sys.argv[1])
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    failed = len({str(test).split(" (")[0] for test, _ in result.failures + result.errors})
    print(f"{result.testsRun - failed} passed, {failed} failed")
    return 0 if result.wasSuccessful() and result.testsRun else 1


if __name__ == "__main__":
    sys.exit(main())
