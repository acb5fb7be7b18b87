"""Runs a program and measures its process. What it writes is read, counted and discarded.

    python3 measured.py FILE PROGRAM [ARGUMENT...]

The measurements go to FILE, as JSON. The CPU time is the user and system time of the process. The peak memory is
VmHWM, read while the process writes its last lines: the `ru_maxrss` of a process is never less than the memory of the
process that started it.
"""
import json
import os
import subprocess
import sys
import time

# What each record has once: its type. In the text of an event, quotation marks are escaped.
RECORD = b'"RECORD"'
CHUNK = 1 << 20
# How often the memory is read while much is written, in seconds.
MEMORY_INTERVAL = 0.02


def measured(command):
    """What a process costs that runs `command`."""
    began = last = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    records = size = peak = 0
    tail = b""
    while chunk := os.read(process.stdout.fileno(), CHUNK):
        now = time.perf_counter()
        if now - last > MEMORY_INTERVAL or len(chunk) < 4096:
            peak, last = peak_memory(process.pid) or peak, now
        size += len(chunk)
        text = tail + chunk
        records += text.count(RECORD)
        # It may be continued in the next chunk.
        tail = text[1 - len(RECORD):]
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return {
        "code": process.returncode,
        "elapsed": time.perf_counter() - began,
        "cpu": usage.ru_utime + usage.ru_stime,
        "memory": peak,
        "records": records,
        "bytes": size,
    }


def peak_memory(pid):
    """The peak memory of a process in bytes; none if it has ended."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as lines:
        for line in lines:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None


if __name__ == "__main__":
    result = measured(sys.argv[2:])
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(result, file)
    sys.exit(0 if result["code"] == 0 else 1)
