"""What is measured, part by part. Each part adds its figures to a dictionary, in seconds and bytes."""
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

from .runs import PAGE, read, start

# How often `spec` and the reads are run. The least of several runs counts, because whatever disturbs them adds to them.
STARTS = {"rust": 100, "0.1.12": 5, "1.0.20": 5}
ROUNDS = {"rust": 5, "0.1.12": 3, "1.0.20": 3}
# The events of a small and of a large read. The difference between them is free of what a start costs.
SIZES = {"rust": (10_000, 400_000), "0.1.12": (2_000, 42_000), "1.0.20": (2_000, 12_000)}
FULL_SPEED = ("--rate", "0")

# The read at AWS's rate of 2 requests per second.
QUOTA_EVENTS = 2_000
QUOTA_RATE = 2
LATENCY, SIGMA = 1.5, 0.5

# How much faster than AWS the emulator is while the memory of a long read is measured. The latency is shorter by the
# same factor, so as many requests are in flight.
MEMORY_SPEED = 50
MEMORY_SIZES = (10_000, 400_000)

# The events of the reads whose instructions are counted.
COUNTED_SIZES = (2_000, 12_000)
# So slow that requests don't wait for Callgrind. The plan would take that for latency, and send more of them.
COUNTED_SPEED = ("--requests-per-second", "10")


def measure_events(figures, emulator, _):
    """The average size of an event."""
    with tempfile.TemporaryDirectory() as folder:
        dump = pathlib.Path(folder, "events.jsonl")
        command = [emulator, "--events", "10000", "--dump", dump, "--", "true"]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        with dump.open(encoding="utf-8", newline="\n") as lines:
            bodies = [json.loads(line)["body"] for line in lines]
    texts = [len(body["CloudTrailEvent"].encode()) for body in bodies]
    whole = [len(json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()) for body in bodies]
    figures["event"] = {"text": sum(texts) / len(texts), "whole": sum(whole) / len(whole)}


def measure_start(figures, _, connectors):
    """The time that the whole process of `spec` takes, and the size of the program."""
    for key, connector in connectors.items():
        figures[key] |= {"name": connector.name, "size": connector.size(), "start": start(connector, STARTS[key])}


def measure_reads(figures, emulator, connectors):
    """The CPU time for each record, the events per second, and the memory, as fast as possible."""
    series = [(key, "tls", ["--tls"]) for key in connectors] + [("rust", "http", [])]
    results = {}
    for number in range(max(ROUNDS.values())):
        for key, protocol, options in series:
            for size in SIZES[key] if number < ROUNDS[key] else []:
                connector = connectors[key]
                result = read(emulator, connector, size, [*options, *FULL_SPEED], connector.full_speed)
                results.setdefault((key, protocol, size), []).append(result)
    for key, protocol, _ in series:
        few, many = SIZES[key]

        def difference(figure):
            small, large = (min(result[figure] for result in results[key, protocol, size]) for size in SIZES[key])
            return (large - small) / (many - few)

        figures[key][protocol] = {
            "cpu": difference("cpu"),
            "elapsed": difference("elapsed"),
            "memory": max(result["memory"] for result in results[key, protocol, many]),
            "record": results[key, protocol, many][0]["bytes"] / many,
        }


def measure_quota(figures, emulator, connectors):
    """The requests and the time of a read at AWS's rate. It takes little CPU time, so all connectors read at once."""
    pages = -(-QUOTA_EVENTS // PAGE)
    figures["quota"] = {"requests": pages, "elapsed": (pages - 1) / QUOTA_RATE + LATENCY}
    options = ["--tls", "--latency", LATENCY, "--sigma", SIGMA]
    with ThreadPoolExecutor() as threads:
        reads = {key: threads.submit(read, emulator, connector, QUOTA_EVENTS, options)
                 for key, connector in connectors.items()}
    for key, ended in reads.items():
        figures[key]["quota"] = {figure: ended.result()[figure] for figure in ["requests", "elapsed"]}


def measure_memory(figures, emulator, connectors):
    """The peak memory of short and long reads, with as many requests in flight as at AWS's rate."""
    options = ["--tls", "--rate", QUOTA_RATE * MEMORY_SPEED, "--latency", LATENCY / MEMORY_SPEED, "--sigma", SIGMA]
    # As much less than the quota as at AWS's rate.
    arguments = ["--requests-per-second", MEMORY_SPEED / 0.505]
    figures["rust"]["memory"] = [read(emulator, connectors["rust"], size, options, arguments)["memory"]
                                 for size in MEMORY_SIZES]


def measure_instructions(figures, emulator, connectors):
    """The instructions for each event, over plain HTTP, and those of `spec`, as Callgrind counts them."""
    if not shutil.which("valgrind"):
        print("Instructions are not counted, because Valgrind is not installed.\n")
        return
    rust = connectors["rust"]
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder, "callgrind.out")
        callgrind = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={output}"]

        def instructions():
            return int(re.search(r"^totals: (\d+)", output.read_text("utf-8"), re.MULTILINE)[1])

        subprocess.run([*callgrind, rust.program, "spec"], check=True, stdout=subprocess.PIPE)
        spec, counts = instructions(), []
        for size in COUNTED_SIZES:
            read(emulator, rust, size, FULL_SPEED, COUNTED_SPEED, callgrind)
            counts.append(instructions())
    (few, many), (small, large) = COUNTED_SIZES, counts
    figures["rust"]["instructions"] = {"event": (large - small) / (many - few), "spec": spec}
    print(f"{(large - small) / (many - few):,.0f} instructions for each event, {spec:,} of spec\n")


PARTS = {
    "events": measure_events,
    "start": measure_start,
    "reads": measure_reads,
    "quota": measure_quota,
    "memory": measure_memory,
    "instructions": measure_instructions,
}
