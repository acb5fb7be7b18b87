"""Airbyte's standard tests for sources, from airbyte-cdk, with the scenarios in acceptance-test-config.yml.

The suite is for connectors in Python, which it runs in its own process. Here, it runs the connector's program instead;
its assertions are unchanged. It ignores the section `incremental`, so the tests for that are here, as in Airbyte's
Connector Acceptance Tests.

With `-m image_tests --connector-image IMAGE`, the suite runs the image instead, with the `docker` in PATH. `.ci/image`
does that.
"""
import json
import subprocess

import pytest
from airbyte_cdk.models import AirbyteStateMessageSerializer
from airbyte_cdk.test import entrypoint_wrapper
from airbyte_cdk.test.entrypoint_wrapper import EntrypointOutput
from airbyte_cdk.test.standard_tests import SourceTestSuiteBase
from conftest import ROOT

# The command that each test of the suite runs. The suite skips scenarios that don't run it; here, they are left out.
COMMANDS = {
    "test_config_matches_spec": "spec", "test_check": "check", "test_discover": "discover", "test_basic_read": "read",
    "test_fail_read_with_bad_catalog": "read", "test_docker_image_build_and_check": "check",
    "test_docker_image_build_and_config_matches_spec": "spec", "test_docker_image_build_and_discover": "discover",
    "test_docker_image_build_and_read": "read"}


def pytest_generate_tests(metafunc):
    if "scenario" in metafunc.fixturenames:
        command = COMMANDS[metafunc.function.__name__]
        scenarios = [scenario for scenario in metafunc.cls.get_scenarios() if scenario.runs(command)]
        metafunc.parametrize("scenario", scenarios, ids=str)
    if "entry" in metafunc.fixturenames:
        entries = metafunc.cls.acceptance_test_config["acceptance_tests"]["incremental"]["tests"]
        metafunc.parametrize("entry", entries, ids=lambda entry: entry["config_path"])


class TestConnector(SourceTestSuiteBase):
    connector_name = "source-aws-cloudtrail"

    @classmethod
    def get_connector_root_dir(cls):
        return ROOT

    @classmethod
    def create_connector(cls, scenario):
        return cls()

    def spec(self, logger):
        """The suite recognizes a connector by this method, and does not call it."""
        raise NotImplementedError

    @pytest.fixture(autouse=True)
    def connector_program(self, monkeypatch, connector, emulator, tmp_path):
        self.program, self.state = connector, tmp_path / "state.json"
        monkeypatch.setattr(entrypoint_wrapper, "_run_command", lambda source, args, expected_outcome: self.run(args))
        with emulator("--events", 250, "--insights", 50) as self.data:
            monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", self.data.url)
            monkeypatch.setenv("RUN_FLAGS", f"--env AWS_ENDPOINT_URL_CLOUDTRAIL={self.data.url}")
            yield

    def run(self, arguments):
        process = subprocess.run([self.program, *arguments], capture_output=True, encoding="utf-8")
        output = EntrypointOutput(process.stdout.split("\n")[:-1], command=arguments)
        # The suite sees only messages, so a failure without one would be missed.
        assert (process.returncode, process.stderr) == (1 if output.errors else 0, "")
        return output

    def read(self, entry, states):
        """The event IDs of the records that a read from these states returns, and its states."""
        self.state.write_text(json.dumps(states))
        config, catalog = ROOT / entry["config_path"], ROOT / entry["configured_catalog_path"]
        output = self.run(["read", "--config", config, "--catalog", catalog, "--state", self.state])
        output.raise_if_errors()
        ids = [message.record.data["EventId"] for message in output.records]
        return ids, [AirbyteStateMessageSerializer.dump(message.state) for message in output.state_messages]

    def test_a_second_read_has_no_records(self, entry):
        ids, states = self.read(entry, [])
        assert sorted(ids) == sorted(self.data.visible)
        last = {state["stream"]["stream_descriptor"]["name"]: state for state in states}
        assert len(last) == 2
        ids, states = self.read(entry, list(last.values()))
        assert not ids and len(states) == 2

    def test_a_state_in_the_future_has_no_records(self, entry):
        future = json.loads((ROOT / entry["future_state"]["future_state_path"]).read_text())
        ids, states = self.read(entry, future)
        assert not ids
        assert [state["stream"] for state in states] == [state["stream"] for state in future]
