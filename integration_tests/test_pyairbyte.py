"""Tests the connector with PyAirbyte, as in docs/pyairbyte.md: a DuckDB file stores the records of both streams, and
their states.

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
from event_columns import SCHEMAS, WITHOUT_VALUES, expected_columns

CONFIG = json.loads((ROOT / "integration_tests/sample_config.json").read_text()) | {"lookback_window_minutes": 1440}
STREAMS = {"management_events": "Management", "insight_events": "Insight"}
EVENTS = 200
INSIGHTS = 20


@pytest.fixture
def start(emulator):
    """A function that runs an emulator with the same events each time."""
    common = ["--events", EVENTS, "--insights", INSIGHTS, "--days", 0.5, "--until", int(time.time())]
    return lambda *more: emulator(*common, *more)


@pytest.fixture
def early(start):
    """An emulator in which some events are not visible."""
    with start("--late", 1_000_000) as data:
        assert len(data.late) == (EVENTS + INSIGHTS) / 20
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
    return {stream: sorted(record["eventid"] for record in result[stream]) for stream in STREAMS}


def expected_ids(events):
    """The IDs of these events, by stream."""
    return {stream: sorted(key for key, event in events.items() if event["category"] == category)
            for stream, category in STREAMS.items()}


def test_check_succeeds_and_the_streams_have_cursors_and_primary_keys(early, source):
    client = source(early)
    client.check()
    assert client.get_available_streams() == list(STREAMS)
    for stream in client.configured_catalog.streams:
        assert stream.sync_mode.value == "incremental"
        assert (stream.cursor_field, stream.primary_key) == (["EventTime"], [["EventId"]])


@pytest.mark.parametrize("event_format", ["string", "object"])
def test_a_read_has_every_event_unchanged(start, source, cache, event_format):
    with start("--samples") as data:
        result = source(data, cloudtrail_event_format=event_format).read(cache())
    assert result.processed_records == len(data.visible)
    assert ids(result) == expected_ids(data.visible)
    for stream, columns in SCHEMAS.items():
        without_values = set(columns)
        for row in result[stream]:
            event = data.visible[row["eventid"]]
            body = event["body"]
            text = body.get("CloudTrailEvent")
            # Like AWS's own clients, the connector treats null as absent.
            resources = [{name: text for name, text in one.items() if text is not None}
                         for one in body.get("Resources", [])]
            expected = expected_columns(stream, body) | {
                "CloudTrailEvent": json.loads(text) if text and event_format == "object" else text,
                "EventTime": event["second"],
                "AccountId": event["account"],
                "AwsRegion": event["region"],
                "Resources": resources if "Resources" in body else None}
            assert expected == {name: row[name.lower()] for name in columns}
            without_values -= {name for name, value in expected.items() if value is not None}
        assert without_values == WITHOUT_VALUES[stream]


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
        assert ids(result) == expected_ids(data.visible)


def test_a_new_client_resumes_from_the_cache(early, source, cache):
    # The limit is for each stream.
    assert source(early, records_limit=10).read(cache()).processed_records == 2 * 10
    result = source(early).read(cache())
    assert result.processed_records == len(early.visible) - 2 * 10
    assert ids(result) == expected_ids(early.visible)


def test_a_full_refresh_reads_all_events_again(early, source, cache):
    client = source(early)
    client.read(cache())
    result = client.read(cache(), force_full_refresh=True)
    assert result.processed_records == len(early.visible)
    assert ids(result) == expected_ids(early.visible)


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
        visible = len(data.visible)
        assert run(data) == f"{visible} new of {visible} events"
    with start() as data:
        assert run(data) == f"{EVENTS + INSIGHTS - visible} new of {EVENTS + INSIGHTS} events"
    with duckdb.connect(tmp_path / "cloudtrail.duckdb") as database:
        for stream, expected in expected_ids(data.visible).items():
            rows = database.sql(f"SELECT eventid FROM main.{stream} ORDER BY eventid").fetchall()
            assert rows == [(key,) for key in expected]
