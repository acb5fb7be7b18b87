"""Runs of a connector: the start of its process, and reads from an emulator that runs for that read alone."""
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from .connectors import ROOT

MEASURED = pathlib.Path(__file__).with_name("measured.py")
TESTS = ROOT / "integration_tests"
PAGE = 50
# How many days contain the events. 0.1.12 makes at least one request for each day.
DAYS = 7
# None of AWS's variables, no proxies, and nothing that is meant for this Python.
ENVIRONMENT = {"PATH": os.environ["PATH"], "TZ": "UTC"}


def start(connector, runs):
    """The least time in seconds of the whole process of `spec`. A first run, which fills caches, is left out."""
    times = []
    with open(os.devnull, "wb") as null:
        for _ in range(runs + 1):
            began = time.perf_counter()
            process = os.posix_spawn(connector.program, [connector.program, "spec"], ENVIRONMENT,
                                     file_actions=[(os.POSIX_SPAWN_DUP2, null.fileno(), 1)])
            _, status = os.waitpid(process, 0)
            times.append(time.perf_counter() - began)
            assert status == 0, f"{connector.name}: spec ended with {os.waitstatus_to_exitcode(status)}"
    return min(times[1:])


def read(emulator, connector, events, options=(), arguments=(), prefix=()):
    """Reads `events` with these `arguments` from an emulator with these `options`.

    The `prefix` is before the connector's command. Returns what the process cost, and how many requests it made.
    """
    start_date = datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(days=DAYS)
    config = json.loads((TESTS / "sample_config.json").read_text("utf-8")) | {"start_date": str(start_date)}
    with tempfile.TemporaryDirectory() as folder:
        result, config_file = pathlib.Path(folder, "result.json"), pathlib.Path(folder, "config.json")
        config_file.write_text(json.dumps(config), "utf-8")
        command = [
            emulator, "--events", events, "--days", DAYS, *options, "--",
            sys.executable, MEASURED, result, *prefix,
            connector.program, "read", "--config", config_file, "--catalog", TESTS / "configured_catalog.json",
            *arguments,
        ]
        ended = subprocess.run(list(map(str, command)), env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
        summary = re.search(r"^emulator: (\d+) requests, ", ended.stderr, re.MULTILINE)
        assert ended.returncode == 0 and summary, f"{connector.name} failed: {ended.stderr}"
        measured = json.loads(result.read_text("utf-8"))
    print(f"{connector.name}: {events:,} events in {measured['elapsed']:.1f} s", file=sys.stderr)
    assert measured["records"] == events, f"{connector.name} wrote {measured['records']} records of {events} events"
    return measured | {"requests": int(summary[1])}
