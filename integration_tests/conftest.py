"""What the tests with Airbyte's Python packages share: the connector, the emulator, and two rules.

No test is skipped, and nothing but the connector uses the network. Each line that the connector writes is also written
to target/ci/clients, where check_protocol.py reads it, because Airbyte's packages ignore lines that they can't parse.
"""
import contextlib
import os
import pathlib
import shutil
import sys

import pytest
from running_emulator import running_emulator

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


# These fixtures replace those of airbyte-cdk's plugin for pytest, whose defaults skip most scenarios.


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
    """The path of a script that becomes the connector's process, so that signals and exit codes are the connector's."""
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
    """The URL of a running emulator, and its events by ID: those that are visible, and those that will be."""

    def __init__(self, url, events):
        self.url = url
        self.visible = {event["body"]["EventId"]: event for event in events if event["visible_at"] is None}
        self.late = {event["body"]["EventId"]: event for event in events if event["visible_at"] is not None}


@pytest.fixture
def emulator():
    """A function that runs an emulator in a `with` statement."""

    @contextlib.contextmanager
    def run(*arguments):
        with running_emulator(TARGET / "debug/cloudtrail-emulator", *arguments) as (url, events):
            yield Data(url, events)

    return run
