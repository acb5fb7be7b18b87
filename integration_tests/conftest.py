"""What the tests with Airbyte's own Python packages share: the real connector, the emulator, and two rules.

Nothing is skipped, and nobody but the connector uses the network. Each line that the connector writes is also kept in
target/ci/clients, where check_protocol.py reads it: clients pass over lines that they can't read.
"""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).absolute()
CI = ROOT / "target/ci"

for name in list(os.environ):
    if name.startswith("AWS_") or name.lower().endswith("_proxy"):
        del os.environ[name]
# PyAirbyte reads these when it is imported.
os.environ |= {
    "AIRBYTE_OFFLINE_MODE": "1", "DO_NOT_TRACK": "1", "NO_LIVE_PROGRESS": "1",
    "AIRBYTE_LOGGING_ROOT": str(CI / "pyairbyte/logs"), "AIRBYTE_CACHE_ROOT": str(CI / "pyairbyte/cache")}

connections = []


def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        connections.append(arguments)


sys.addaudithook(watch)


def pytest_addoption(parser):
    parser.addoption("--connector-image", help="the image to test, with -m image_tests")


# What the suite's own plugin would ask the command line for. It would skip most of the scenarios.


@pytest.fixture
def connector_image_override(request):
    return request.config.getoption("--connector-image")


@pytest.fixture
def connector_base_image_override():
    return None


@pytest.fixture
def read_from_streams():
    return "all"


@pytest.fixture
def read_scenarios():
    return "all"


@pytest.fixture(autouse=True)
def no_network():
    connections.clear()
    yield
    assert not connections


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    report = yield
    if report.skipped:
        report.outcome = "failed"
    return report


@pytest.fixture(scope="session")
def connector(tmp_path_factory):
    """The path of a program that becomes the connector, so that signals and the exit code are its own."""
    lines = CI / "clients"
    shutil.rmtree(lines, ignore_errors=True)
    lines.mkdir(parents=True)
    program = tmp_path_factory.mktemp("bin") / "source-aws-cloudtrail"
    program.write_text(
        "#!/bin/bash\n"
        f"exec '{TARGET}/debug/source-aws-cloudtrail' \"$@\" > >(exec tee -a -p '{lines}/'$$.jsonl)\n")
    program.chmod(0o755)
    return program


class Data:
    """A running emulator and its events."""

    def __init__(self, url, lines):
        self.url = url
        self.seen = {line["body"]["EventId"]: line for line in lines if line["visible_at"] is None}
        self.late = {line["body"]["EventId"]: line for line in lines if line["visible_at"] is not None}


@pytest.fixture
def emulator(tmp_path):
    """A function that starts an emulator, which runs inside of a `with`."""

    @contextlib.contextmanager
    def start(*arguments):
        dump = tmp_path / "events.jsonl"
        command = [TARGET / "debug/cloudtrail-emulator", "--dump", dump, *arguments]
        with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True) as process:
            try:
                url = process.stdout.readline().removeprefix("listening on ").strip()
                yield Data(url, [json.loads(line) for line in dump.read_text().split("\n")[:-1]])
            finally:
                process.kill()

    return start
