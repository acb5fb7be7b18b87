"""The connector's binary and the emulator's program, for the checks that run them beside programs that are not ours.

Every run of the connector is held to what holds for all of them: its exit code, the form of its failure, the time that
`check` may take, and that no secret is in its output, whether plain, in a JSON text, in a URL or in base64.
"""
import base64
import contextlib
import json
import os
import subprocess
import tempfile
import time
import urllib.parse

CATALOG = os.path.join(os.path.dirname(os.path.abspath(__file__)), "configured_catalog.json")
REGION = "us-east-1"
# Within this many seconds `check` says what is wrong.
PROMISED = 10


class Connector:
    """The binary, in a folder of its own, with nothing in its environment but what is given to it."""

    def __init__(self, binary, folder, endpoint):
        self.binary, self.folder, self.endpoint = os.path.abspath(binary), folder, endpoint
        self.secrets = set()

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)
        return os.path.join(self.folder, name)

    def run(self, command, config, environment, *arguments):
        config = self.write("config.json", json.dumps({"aws_region_name": REGION, "endpoint_url": self.endpoint} | config))
        environment = {"HOME": self.folder, "LOG_LEVEL": "DEBUG", "AWS_EC2_METADATA_DISABLED": "true"} | environment
        began = time.monotonic()
        result = subprocess.run([self.binary, command, "--config", config, *arguments], env=environment, cwd=self.folder,
                                capture_output=True, encoding="utf-8", timeout=120)
        took = time.monotonic() - began
        for secret in self.secrets:
            for form in forms(secret):
                assert form not in result.stdout + result.stderr, f"a secret is in the output, as {form}"
        return result, [json.loads(line) for line in result.stdout.split("\n") if line], took

    def check(self, config, environment):
        """What `check` says, which is None where it succeeds."""
        result, messages, took = self.run("check", config, environment)
        status = messages[-1]["connectionStatus"]
        assert result.returncode == 0, (result.returncode, result.stderr)
        assert took < PROMISED, f"check took {took:.1f} s"
        assert (status["status"] == "FAILED") == ("message" in status), status
        return status.get("message")

    def read(self, config, environment):
        """The ids of the records, and the error if there is one."""
        arguments = ["--catalog", CATALOG, "--requests-per-second", "50"]
        result, messages, _ = self.run("read", config, environment, *arguments)
        ids = [message["record"]["data"]["EventId"] for message in messages if message["type"] == "RECORD"]
        traces = [message["trace"] for message in messages if message["type"] == "TRACE"]
        errors = [trace["error"] for trace in traces if trace["type"] == "ERROR"]
        assert (result.returncode, len(errors)) in [(0, 0), (1, 1)], (result.returncode, errors, result.stderr)
        return ids, errors[0] if errors else None

    def succeeds(self, data, config, environment):
        """That `check` and `read` succeed, and that each event comes once."""
        message = self.check(config, environment)
        assert message is None, message
        ids, error = self.read(config, environment)
        assert error is None, error
        assert sorted(ids) == data.ids, f"{len(ids)} records, {len(data.ids)} events"

    def fails(self, config, environment, failure_type=None):
        """The sentence with which `check` fails; with a failure type, `read` fails by it with the same one."""
        message = self.check(config, environment)
        assert message is not None, "check succeeded"
        if failure_type:
            ids, error = self.read(config, environment)
            assert ids == [] and error is not None, f"read gave {len(ids)} records, {error}"
            assert (error["failure_type"], error["message"]) == (failure_type, message), (error, message)
        return message


class Data:
    """Where a running emulator is, and the ids of its events."""

    def __init__(self, url, ids):
        self.url, self.ids = url, ids


@contextlib.contextmanager
def emulator(program, *arguments):
    with tempfile.TemporaryDirectory() as folder:
        dump = os.path.join(folder, "events.jsonl")
        command = [program, "--events", "120", "--days", "30", "--rate", "0", "--dump", dump, *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            url = process.stdout.readline().removeprefix("listening on ").strip()
            with open(dump, encoding="utf-8") as lines:
                yield Data(url, sorted(json.loads(line)["body"]["EventId"] for line in lines))
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def forms(secret):
    """The forms in which a secret could get out; in base64 at each of the three places where it may begin."""
    plain = secret.encode()
    yield from {secret, json.dumps(secret)[1:-1], urllib.parse.quote(secret), urllib.parse.quote(secret, safe="")}
    for before in range(3):
        # Leaves out the characters that depend on what stands around it.
        first, last = -(-before * 8 // 6), (before + len(plain)) * 8 // 6
        for encode in [base64.b64encode, base64.urlsafe_b64encode]:
            yield encode(b"\0" * before + plain + b"\0\0").decode()[first:last]
