"""Tests the connector with PyAirbyte, as in docs/pyairbyte.md: a DuckDB file stores records and states.

The emulator runs twice with the same events. The first time, every twentieth event is not visible yet. All events are
within the lookback window, so a later read must find them.
"""
import json
import os
import subprocess
import sys
import time

import airbyte
import duckdb
import pytest
from airbyte.caches import DuckDBCache
from airbyte.exceptions import AirbyteConnectorCheckFailedError, AirbyteConnectorFailedError
from conftest import ROOT

CONFIG = json.loads((ROOT / "integration_tests/sample_config.json").read_text()) | {"lookback_window_minutes": 1440}
STREAM = "management_events"
EVENTS = 200


@pytest.fixture
def start(emulator):
    """A function that runs an emulator with the same events each time."""
    common = ["--events", EVENTS, "--days", 0.5, "--until", int(time.time())]
    return lambda *more: emulator(*common, *more)


@pytest.fixture
def early(start):
    """An emulator in which some events are not visible."""
    with start("--late", 1_000_000) as data:
        assert len(data.late) == EVENTS / 20
        yield data


@pytest.fixture
def source(connector):
    """A function that makes a PyAirbyte source for an emulator."""

    def get(data, **config):
        config = CONFIG | {"endpoint_url": data.url} | config
        return airbyte.get_source("source-aws-cloudtrail", config=config, local_executable=connector, streams="*")

    return get


@pytest.fixture
def cache(tmp_path):
    """A function that opens the same cache again, as another client would."""
    return lambda: DuckDBCache(db_path=tmp_path / "cloudtrail.duckdb")


def ids(result):
    return sorted(record["eventid"] for record in result[STREAM])


def test_check_succeeds_and_the_stream_has_a_cursor_and_a_primary_key(early, source):
    client = source(early)
    client.check()
    assert client.get_available_streams() == [STREAM]
    stream = client.configured_catalog.streams[0]
    assert stream.sync_mode.value == "incremental"
    assert (stream.cursor_field, stream.primary_key) == (["EventTime"], [["EventId"]])


def test_a_read_has_every_event_unchanged(early, source, cache):
    result = source(early).read(cache())
    assert result.processed_records == len(early.visible)
    rows = {row["eventid"]: row for row in result[STREAM]}
    assert rows.keys() == early.visible.keys()
    for key, line in early.visible.items():
        row, body = rows[key], line["body"]
        assert row["eventtime"] == line["second"]
        for name in ["AccessKeyId", "CloudTrailEvent", "EventName", "EventSource", "ReadOnly", "Username"]:
            assert row[name.lower()] == body.get(name), name
        # Like AWS's own clients, the connector treats null as absent.
        resources = [{name: text for name, text in one.items() if text is not None} for one in body.get("Resources", [])]
        assert row["resources"] == (resources if "Resources" in body else None)


def test_a_second_read_has_only_new_events(start, source, cache):
    with start("--late", 1_000_000) as data:
        client = source(data)
        assert client.read(cache()).processed_records == len(data.visible)
        assert client.read(cache()).processed_records == 0
        late = data.late
    with start() as data:
        client.set_config(CONFIG | {"endpoint_url": data.url})
        result = client.read(cache())
        assert result.processed_records == len(late)
        assert ids(result) == sorted(data.visible)


def test_a_new_client_resumes_from_the_cache(early, source, cache):
    assert source(early, records_limit=70).read(cache()).processed_records == 70
    result = source(early).read(cache())
    assert result.processed_records == len(early.visible) - 70
    assert ids(result) == sorted(early.visible)


def test_a_full_refresh_reads_all_events_again(early, source, cache):
    client = source(early)
    client.read(cache())
    result = client.read(cache(), force_full_refresh=True)
    assert result.processed_records == len(early.visible)
    assert ids(result) == sorted(early.visible)


def test_a_wrong_secret_key_is_reported(early, source, cache, capfd):
    client = source(early, aws_secret_key="wrong")
    sentence = "The secret key does not belong to the access key. Check aws_secret_key."
    with pytest.raises(AirbyteConnectorCheckFailedError) as raised:
        client.check()
    assert raised.value.context["failure_reason"] == sentence
    capfd.readouterr()
    with pytest.raises(AirbyteConnectorFailedError):
        client.read(cache())
    assert sentence in " ".join(capfd.readouterr().err.split())


def test_the_documented_script(start, connector, tmp_path):
    script = (ROOT / "docs/pyairbyte.md").read_text().split("```python\n")[1].split("```")[0]
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))

    def run(data):
        path = f"{connector.parent}:{os.environ['PATH']}"
        environment = os.environ | {"PATH": path, "AWS_ENDPOINT_URL_CLOUDTRAIL": data.url}
        command = [sys.executable, "-c", script]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()[-1]

    with start("--late", 1_000_000) as data:
        assert run(data) == f"{EVENTS * 19 // 20} new of {EVENTS * 19 // 20} events"
    with start() as data:
        assert run(data) == f"{EVENTS // 20} new of {EVENTS} events"
    with duckdb.connect(tmp_path / "cloudtrail.duckdb") as database:
        assert database.sql("SELECT count(DISTINCT eventid) FROM main.management_events").fetchall() == [(EVENTS,)]
