"""Runs the connector's program, for the checks that combine it with programs that are not part of this project.

Each run is checked for what applies to all of them: the exit code, the form of an error, how long `check` takes, and
that no secret is in the output, whether as it is or encoded for JSON, for a URL or in base64.
"""
import base64
import contextlib
import json
import os
import subprocess
import time
import urllib.parse

from running_emulator import running_emulator

CATALOG = os.path.join(os.path.dirname(os.path.abspath(__file__)), "configured_catalog.json")
REGION = "us-east-1"
# How long `check` may take, in seconds.
MAX_CHECK_SECONDS = 10


class Connector:
    """The program, which runs in a folder of its own with no other environment than it is given."""

    def __init__(self, program, folder, endpoint):
        self.program, self.folder, self.endpoint = os.path.abspath(program), folder, endpoint
        # What must not be in the output.
        self.secrets = set()

    def write(self, name, text):
        """Writes a file to the folder and returns its path."""
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)
        return os.path.join(self.folder, name)

    def run(self, command, config, environment, *arguments):
        config = {"aws_region_name": REGION, "endpoint_url": self.endpoint} | config
        path = self.write("config.json", json.dumps(config))
        environment = {"HOME": self.folder, "LOG_LEVEL": "DEBUG", "AWS_EC2_METADATA_DISABLED": "true"} | environment
        began = time.monotonic()
        result = subprocess.run([self.program, command, "--config", path, *arguments], env=environment,
                                cwd=self.folder, capture_output=True, encoding="utf-8", timeout=120)
        took = time.monotonic() - began
        for secret in self.secrets:
            for form in forms(secret):
                assert form not in result.stdout + result.stderr, f"a secret is in the output, as {form}"
        return result, [json.loads(line) for line in result.stdout.split("\n") if line], took

    def check(self, config, environment):
        """The message of a failed `check`; None if it succeeds."""
        result, messages, took = self.run("check", config, environment)
        status = messages[-1]["connectionStatus"]
        assert result.returncode == 0, (result.returncode, result.stderr)
        assert took < MAX_CHECK_SECONDS, f"check took {took:.1f} s"
        assert (status["status"] == "FAILED") == ("message" in status), status
        return status.get("message")

    def read(self, config, environment):
        """The event IDs of the records, and the error if there is one."""
        arguments = ["--catalog", CATALOG, "--requests-per-second", "50"]
        result, messages, _ = self.run("read", config, environment, *arguments)
        ids = [message["record"]["data"]["EventId"] for message in messages if message["type"] == "RECORD"]
        traces = [message["trace"] for message in messages if message["type"] == "TRACE"]
        errors = [trace["error"] for trace in traces if trace["type"] == "ERROR"]
        assert (result.returncode, len(errors)) in [(0, 0), (1, 1)], (result.returncode, errors, result.stderr)
        return ids, errors[0] if errors else None

    def succeeds(self, data, config, environment):
        """Asserts that `check` and `read` succeed, and that each event is read once."""
        message = self.check(config, environment)
        assert message is None, message
        ids, error = self.read(config, environment)
        assert error is None, error
        assert sorted(ids) == data.ids, f"{len(ids)} records, {len(data.ids)} events"

    def fails(self, config, environment, failure_type=None):
        """Asserts that `check` fails, and returns its message. With a failure type, `read` must fail with both."""
        message = self.check(config, environment)
        assert message is not None, "check succeeded"
        if failure_type:
            ids, error = self.read(config, environment)
            assert ids == [] and error is not None, f"{len(ids)} records, {error}"
            assert (error["failure_type"], error["message"]) == (failure_type, message), (error, message)
        return message


class Data:
    """The URL of a running emulator, and the IDs of its events."""

    def __init__(self, url, ids):
        self.url, self.ids = url, ids


@contextlib.contextmanager
def emulator(program, *arguments):
    with running_emulator(program, "--events", 120, "--days", 30, "--rate", 0, *arguments) as (url, events):
        yield Data(url, sorted(event["body"]["EventId"] for event in events))


def forms(secret):
    """The forms in which a secret could be in the output. In base64, there are three, depending on where it begins."""
    plain = secret.encode()
    yield from {secret, json.dumps(secret)[1:-1], urllib.parse.quote(secret), urllib.parse.quote(secret, safe="")}
    for before in range(3):
        # Without the characters that also depend on the bytes before and after it.
        first, last = -(-before * 8 // 6), (before + len(plain)) * 8 // 6
        for encode in [base64.b64encode, base64.urlsafe_b64encode]:
            yield encode(b"\0" * before + plain + b"\0\0").decode()[first:last]
