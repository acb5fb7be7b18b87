"""What the checks of the emulator share: a running emulator with clients for it, and ways to compare their results.

The clients' retries are off, so that every response is seen.
"""
import contextlib
import datetime
import os
import subprocess
import tempfile
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from running_emulator import running_emulator

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEY, SESSION_KEY, EXPIRED_KEY = "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "ASIAEXPIREDTKEXAMPLE"
REGION = "us-east-1"


class Emulator:
    """A running emulator and its events, newest first, in the order of the file within a second."""

    def __init__(self, url, events, authority):
        self.url, self.authority = url, authority
        self.events = sorted(events, key=lambda event: -event["second"])

    def of_category(self, category):
        return [event for event in self.events if event["category"] == category]

    def client(self, service="cloudtrail", key=KEY, secret=SECRET, token=None, region=REGION, verify=None):
        return boto3.client(
            service, endpoint_url=self.url, region_name=region, aws_access_key_id=key, aws_secret_access_key=secret,
            aws_session_token=token, verify=verify or self.authority, config=Config(retries={"total_max_attempts": 1}))

    def cli(self, *arguments, key=KEY, secret=SECRET, token=None, command=("cloudtrail", "lookup-events")):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment |= {
            "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": self.url,
            "AWS_MAX_ATTEMPTS": "1", "AWS_PAGER": "", "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "PYTHONIOENCODING": "utf-8"}
        if token:
            environment["AWS_SESSION_TOKEN"] = token
        if self.authority:
            environment["AWS_CA_BUNDLE"] = self.authority
        command = ["aws", *command, "--output", "json", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", timeout=300)


class Check(unittest.TestCase):
    maxDiff = 2000
    # The emulator's program, which check_emulator.py sets.
    program = None

    @contextlib.contextmanager
    def emulator(self, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            authority = os.path.join(folder, "ca.pem") if "--tls" in arguments else None
            authority_arguments = ["--ca-file", authority] if authority else []
            with running_emulator(self.program, "--days", 30, *arguments, *authority_arguments) as (url, events):
                yield Emulator(url, events, authority)

    def assert_code(self, code, call, *arguments, status=400, **request):
        """Asserts that the call fails with this error code, and returns the error message."""
        with self.assertRaises(ClientError) as raised:
            call(*arguments, **request)
        response = raised.exception.response
        self.assertEqual(response["Error"]["Code"], code)
        self.assertEqual(response["ResponseMetadata"]["HTTPStatusCode"], status)
        self.assertTrue(response["ResponseMetadata"]["RequestId"])
        return response["Error"]["Message"]

    def assert_events(self, pages, events):
        """Asserts that the pages of a client have exactly these events, in this order."""
        returned = [comparable(event) for page in pages for event in page["Events"]]
        self.assertEqual(returned, [(event["second"], without_null(event["body"])) for event in events])


def follow(client, **request):
    """All pages of a request."""
    pages = [client.lookup_events(**request)]
    while "NextToken" in pages[-1]:
        pages.append(client.lookup_events(NextToken=pages[-1]["NextToken"], **request))
    return pages


def comparable(event):
    """The second of an event that a client returned, and its other members."""
    time = event["EventTime"]
    if isinstance(time, str):
        time = datetime.datetime.fromisoformat(time)
    second = time.timestamp() if isinstance(time, datetime.datetime) else time
    return second, {name: value for name, value in event.items() if name != "EventTime"}


def without_null(value):
    """The value without members that are null, which botocore omits."""
    if isinstance(value, dict):
        return {name: without_null(member) for name, member in value.items() if member is not None}
    return [without_null(item) for item in value] if isinstance(value, list) else value
