"""Runs each query of docs/queries.md, word by word, and compares its rows with the answers in expected_answers.py.

The emulator has the samples, whose answers are known, and generated events with edge cases. The tables are those that
PyAirbyte writes, and the views on the files of the command line, each in both formats of CloudTrailEvent.
"""
import datetime
import json
import re
import subprocess
import time

import airbyte
import duckdb
import pytest
from airbyte.caches import DuckDBCache
from conftest import ROOT, TARGET
from expected_answers import expected_answers
from running_emulator import running_emulator

STREAMS = ["management_events", "insight_events"]
FILES = "Files of the command line"


def blocks():
    """The SQL in docs/queries.md, by the heading above it."""
    found = {}
    for section in re.split(r"^##+ ", (ROOT / "docs/queries.md").read_text(), flags=re.MULTILINE)[1:]:
        heading, text = section.split("\n", 1)
        if sql := re.findall(r"```sql\n(.*?)```", text, re.DOTALL):
            found[heading] = sql
    return found


BLOCKS = blocks()
VIEWS = BLOCKS.pop(FILES)
QUERIES = [(heading, number) for heading, queries in BLOCKS.items() for number in range(len(queries))]


def sample_ids():
    samples = ROOT / "integration_tests/emulator/src/generate/samples"
    return [sample["record"]["eventID"] for file in samples.rglob("*.json") for sample in json.loads(file.read_text())]


def with_pyairbyte(connector, config, folder):
    """The tables that PyAirbyte writes."""
    source = airbyte.get_source("source-aws-cloudtrail", config=config, local_executable=connector, streams="*")
    cache = DuckDBCache(db_path=folder / "cloudtrail.duckdb")
    source.read(cache)
    cache.close()
    return duckdb.connect(folder / "cloudtrail.duckdb")


def with_files(connector, config, folder):
    """The views on a file that the connector writes, which are made into tables, so that events can be deleted."""
    (folder / "config.json").write_text(json.dumps(config))

    def run(*command):
        command = [connector, *command, "--config", "config.json"]
        return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout

    messages = map(json.loads, run("discover").splitlines())
    [catalog] = [message["catalog"] for message in messages if message["type"] == "CATALOG"]
    streams = [{"stream": stream, "sync_mode": "incremental", "destination_sync_mode": "append_dedup"}
               for stream in catalog["streams"]]
    (folder / "catalog.json").write_text(json.dumps({"streams": streams}))
    (folder / "events-00000001.jsonl").write_text(run("read", "--catalog", "catalog.json"))
    database = duckdb.connect()
    database.execute(f"SET file_search_path = '{folder}'")
    for sql in VIEWS:
        database.execute(sql)
    declared = {name for stream in catalog["streams"] for name in stream["json_schema"]["properties"]}
    for stream in STREAMS:
        assert set(database.table(stream).columns) == declared
        database.execute(f"CREATE TABLE copy AS FROM {stream}; DROP VIEW {stream}; ALTER TABLE copy RENAME TO {stream}")
    return database


@pytest.fixture(scope="module", params=[
    (read, event_format) for read in (with_pyairbyte, with_files) for event_format in ("string", "object")
], ids=lambda param: f"{param[0].__name__}-{param[1]}")
def answers(request, connector, tmp_path_factory):
    """The answers of each query, on all events and on the samples only, and the expected ones."""
    read, event_format = request.param
    arguments = ["--samples", "--events", 1000, "--insights", 120, "--rate", 50, "--until", int(time.time())]
    with running_emulator(TARGET / "debug/cloudtrail-emulator", *arguments) as (url, events):
        config = json.loads((ROOT / "integration_tests/sample_config.json").read_text())
        config |= {"endpoint_url": url, "cloudtrail_event_format": event_format}
        database = read(connector, config, tmp_path_factory.mktemp("queries"))
    seconds = {event["body"]["EventId"]: event["second"] for event in events}

    def when(start):
        [second] = [second for key, second in seconds.items() if key.startswith(start)]
        return datetime.datetime.fromtimestamp(second, datetime.timezone.utc)

    def run():
        return {query: database.execute(BLOCKS[query[0]][query[1]]).fetchall() for query in QUERIES}

    with database:
        database.execute("SET TimeZone = 'UTC'")
        of_all = run()
        for stream in STREAMS:
            database.execute(f"DELETE FROM {stream} WHERE EventId NOT IN (SELECT unnest(?))", [sample_ids()])
        assert sum(len(database.table(stream)) for stream in STREAMS) == len(sample_ids())
        return of_all, run(), expected_answers(when)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: f"{query[0]} {query[1]}")
def test_a_query_has_the_expected_rows(answers, query):
    of_all, of_samples, expected = answers
    heading, number = query
    assert of_samples[query] == expected[heading][number]
    assert [row for row in expected[heading][number] if row not in of_all[query]] == []


def test_each_answer_has_a_query(answers):
    _, _, expected = answers
    assert QUERIES == [(heading, number) for heading, rows in expected.items() for number in range(len(rows))]
