"""Runs the emulator's program, for all checks and tests in Python."""
import contextlib
import json
import os
import subprocess
import tempfile


@contextlib.contextmanager
def running_emulator(program, *arguments):
    """Runs an emulator. Yields its URL, and its events as it writes them to a file."""
    with tempfile.TemporaryDirectory() as folder:
        dump = os.path.join(folder, "events.jsonl")
        command = [program, "--dump", dump, *arguments]
        with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True) as process:
            try:
                url = process.stdout.readline().removeprefix("listening on ").strip()
                with open(dump, encoding="utf-8", newline="\n") as lines:
                    events = [json.loads(line) for line in lines]
                yield url, events
            finally:
                process.kill()
