"""What is measured, part by part. A part adds its figures to a dictionary, in seconds and bytes."""
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

from .runs import PAGE, read, start

# How often `spec` is run, and the reads: the least of several runs is the figure, because all that disturbs adds to it.
STARTS = {"rust": 100, "0.1.12": 5, "1.0.20": 5}
ROUNDS = {"rust": 5, "0.1.12": 3, "1.0.20": 3}
# The sizes of two reads in events. Their difference is free of what a start costs.
SIZES = {"rust": (10_000, 400_000), "0.1.12": (2_000, 42_000), "1.0.20": (2_000, 12_000)}
TLS, HTTP = ("--tls", "--rate", "0"), ("--rate", "0")

# The read at AWS's rate.
QUOTA_EVENTS, QUOTA_LATENCY, QUOTA_SIGMA, QUOTA_RATE = 2_000, 1.5, 0.5, 2

# The sizes of the reads whose instructions are counted.
COUNTED = (2_000, 12_000)


def measure_events(figures, emulator, _):
    """The average size of an event."""
    with tempfile.TemporaryDirectory() as folder:
        dump = pathlib.Path(folder, "events.jsonl")
        subprocess.run([emulator, "--events", "10000", "--dump", dump, "--", "true"], check=True, stderr=subprocess.DEVNULL)
        bodies = [json.loads(line)["body"] for line in dump.read_text("utf-8").split("\n") if line]
    sizes = [len(body["CloudTrailEvent"].encode()) for body in bodies]
    in_page = [len(json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()) for body in bodies]
    figures["event"] = {"text": sum(sizes) / len(sizes), "in_page": sum(in_page) / len(in_page)}


def measure_start(figures, _, connectors):
    """How long `spec` takes."""
    for key, connector in connectors.items():
        figures[key] |= {"name": connector.name, "size": connector.size(), "start": start(connector, STARTS[key])}


def measure_reads(figures, emulator, connectors):
    """What reads cost that are as fast as possible."""
    series = [(key, "tls", TLS) for key in connectors] + [("rust", "http", HTTP)]
    results = {}
    for number in range(max(ROUNDS.values())):
        for key, protocol, options in series:
            if number < ROUNDS[key]:
                for size in SIZES[key]:
                    result = read(emulator, connectors[key], size, options)
                    results.setdefault((key, protocol, size), []).append(result)
    for key, protocol, _ in series:
        small, large = ({name: min(result[name] for result in results[key, protocol, size])
                         for name in ["cpu", "elapsed"]} for size in SIZES[key])
        few, many = SIZES[key]
        memory = [max(result["memory"] for result in results[key, protocol, size]) for size in SIZES[key]]
        figures[key][protocol] = {
            "cpu": (large["cpu"] - small["cpu"]) / (many - few),
            "rate": (many - few) / (large["elapsed"] - small["elapsed"]),
            "memory": memory,
            "bytes_per_record": results[key, protocol, many][0]["bytes"] / many,
        }


def measure_quota(figures, emulator, connectors):
    """The requests and the time of a read at AWS's rate. All connectors read at the same time, which takes little CPU."""
    pages = -(-QUOTA_EVENTS // PAGE)
    figures["quota"] = {"requests": pages, "elapsed": (pages - 1) / QUOTA_RATE + QUOTA_LATENCY}
    options = ["--tls", "--latency", QUOTA_LATENCY, "--sigma", QUOTA_SIGMA]
    with ThreadPoolExecutor() as threads:
        running = {key: threads.submit(read, emulator, connector, QUOTA_EVENTS, options)
                   for key, connector in connectors.items()}
    for key, ended in running.items():
        figures[key]["quota"] = {name: ended.result()[name] for name in ["requests", "elapsed"]}


def measure_instructions(figures, emulator, connectors):
    """The instructions for each event, over plain HTTP, and those of `spec`, as Callgrind counts them."""
    if not shutil.which("valgrind"):
        print("Instructions are not counted: valgrind is not installed.")
        return
    rust = connectors["rust"]
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder, "callgrind.out")
        callgrind = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={output}"]

        def counted(run):
            run()
            return int(re.search(r"^(?:totals|summary): (\d+)", output.read_text("utf-8"), re.MULTILINE)[1])

        few, many = (counted(lambda: read(emulator, rust, events, HTTP, callgrind)) for events in COUNTED)
        spec = counted(lambda: subprocess.run([*callgrind, rust.program, "spec"], check=True, stdout=subprocess.PIPE))
    figures["rust"]["instructions"] = {"event": (many - few) / (COUNTED[1] - COUNTED[0]), "spec": spec}
    print(f"{figures['rust']['instructions']['event']:,.0f} instructions per event, {spec:,} for spec")


PARTS = {
    "events": measure_events,
    "start": measure_start,
    "reads": measure_reads,
    "quota": measure_quota,
    "instructions": measure_instructions,
}
