"""Roles: the emulator's STS, and additional access keys."""
import json
import os
import subprocess
import sys
import tempfile
import time

from botocore.exceptions import ClientError

from .check import EXPIRED_KEY, KEY, REGION, SECRET, Check, follow

ROLE, OTHER = "arn:aws:iam::123456789012:role/team/reader", "arn:aws:iam::123456789012:role/other"
REQUEST = {"RoleArn": ROLE, "RoleSessionName": "check"}


class Roles(Check):
    def test_a_session_can_read(self):
        with self.emulator("--events", 120, "--rate", 0, "--role", ROLE, "--role-external-id", "tenant:7") as emulator:
            response = emulator.client("sts").assume_role(ExternalId="tenant:7", DurationSeconds=900, **REQUEST)
            self.assertEqual(response["AssumedRoleUser"]["Arn"], "arn:aws:sts::123456789012:assumed-role/reader/check")
            self.assertRegex(response["AssumedRoleUser"]["AssumedRoleId"], "^AROA[A-Z0-9]{17}:check$")
            self.assertLess(abs(response["Credentials"]["Expiration"].timestamp() - time.time() - 900), 300)
            regional = emulator.client("sts", region="eu-west-1").assume_role(ExternalId="tenant:7", **REQUEST)
            session = arguments_of(regional["Credentials"])
            self.assert_events(follow(emulator.client(**session)), emulator.events)
            wrong_token = emulator.client(**(session | {"token": "wrong"}))
            self.assert_code("UnrecognizedClientException", wrong_token.lookup_events)

    def test_boto3_sees_the_errors_of_sts(self):
        with self.emulator("--events", 1, "--rate", 0, "--role", ROLE, "--role-external-id", "tenant:7") as emulator:
            def fails(code, status, client=None, **request):
                client = client or emulator.client("sts")
                return self.assert_code(code, client.assume_role, status=status, **(REQUEST | request))

            user = "arn:aws:iam::123456789012:user/reader"
            denied = f"User: {user} is not authorized to perform: sts:AssumeRole on resource: "
            self.assertEqual(fails("AccessDenied", 403), denied + ROLE)
            self.assertEqual(fails("AccessDenied", 403, ExternalId="tenant:8"), denied + ROLE)
            self.assertEqual(fails("AccessDenied", 403, RoleArn=OTHER, ExternalId="tenant:7"), denied + OTHER)
            fails("ValidationError", 400, RoleArn="not an ARN but 20 long")
            fails("ValidationError", 400, RoleSessionName="a/b")
            self.assertIn("'43201' at 'durationSeconds'", fails("ValidationError", 400, DurationSeconds=43201))
            fails("SignatureDoesNotMatch", 403, emulator.client("sts", secret="wrong"))
            fails("InvalidClientTokenId", 403, emulator.client("sts", key="AKIAUNKNOWNXXEXAMPLE"))
            fails("ExpiredToken", 403, emulator.client("sts", key=EXPIRED_KEY, token="example-expired-token"))
            self.assert_code("InvalidAction", emulator.client("sts").get_session_token)

    def test_the_aws_cli_assumes_a_role(self):
        with self.emulator("--events", 1, "--rate", 0, "--role", ROLE, "--role", OTHER) as emulator:
            def assume(role, **credentials):
                arguments = ["--role-arn", role, "--role-session-name", "check"]
                return emulator.cli(*arguments, command=("sts", "assume-role"), **credentials)

            first = assume(ROLE)
            self.assertEqual((first.returncode, first.stderr), (0, ""))
            session = arguments_of(json.loads(first.stdout)["Credentials"])
            self.assertEqual(emulator.cli(**session).returncode, 0)
            self.assertEqual(assume(OTHER, **session).returncode, 0)
            self.assertIn("(AccessDenied)", assume(ROLE + "s", **session).stderr)

    def test_a_session_can_expire_within_seconds(self):
        roles = ["--role", ROLE, "--role", OTHER, "--role-lifetime", 2]
        with self.emulator("--events", 1, "--rate", 0, *roles) as emulator:
            credentials = emulator.client("sts").assume_role(**REQUEST)["Credentials"]
            session = arguments_of(credentials)
            client, code = emulator.client(**session), None
            while code is None:
                try:
                    client.lookup_events()
                except ClientError as error:
                    code = error.response["Error"]["Code"]
            self.assertEqual(code, "ExpiredTokenException")
            self.assertGreaterEqual(time.time(), credentials["Expiration"].timestamp())
            expired = emulator.client("sts", **session)
            self.assert_code("ExpiredToken", expired.assume_role, status=403, **(REQUEST | {"RoleArn": OTHER}))
            emulator.client("sts").assume_role(**REQUEST)

    def test_a_command_assumes_the_role_of_its_profile(self):
        roles = ["--role", ROLE, "--role-external-id", "tenant:7", "--role-lifetime", "60"]
        script = (
            "import boto3; client = boto3.Session(profile_name='assuming').client('cloudtrail');"
            "pages = client.get_paginator('lookup_events').paginate();"
            "print(sum(len(page['Events']) for page in pages))")
        with tempfile.TemporaryDirectory() as folder:
            config = os.path.join(folder, "config")
            with open(config, "w", encoding="utf-8") as file:
                file.write(f"[profile assuming]\nrole_arn = {ROLE}\nexternal_id = tenant:7\n"
                           f"credential_source = Environment\nregion = {REGION}\n")
            environment = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_CONFIG_FILE": config}
            command = [self.program, "--events", "120", "--rate", "0", *roles, "--", sys.executable, "-c", script]
            result = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=300)
        self.assertEqual((result.returncode, result.stdout), (0, "120\n"), result.stderr)

    def test_access_keys_can_be_added(self):
        callers = ["--caller", "AKIAADDED:a/b+c", "--caller", "ASIAADDED:d:e=="]
        with self.emulator("--events", 1, "--rate", 0, *callers) as emulator:
            for credentials in [{"key": "AKIAADDED", "secret": "a/b+c"},
                                {"key": "ASIAADDED", "secret": "d", "token": "e=="}]:
                self.assertEqual(len(emulator.client(**credentials).lookup_events()["Events"]), 1)


def arguments_of(credentials):
    """The arguments of Emulator.client for a session's credentials."""
    return {
        "key": credentials["AccessKeyId"], "secret": credentials["SecretAccessKey"],
        "token": credentials["SessionToken"]}
