"""Checks what the commands that need no network open when they start, with strace.

    python3 check_start.py CONNECTOR

`spec`, `discover`, `--help`, `--version`, and what fails before the first request start no thread and no process, open
no socket, no epoll instance and no pipe, and look at no file except those in FILES and those on their command line.
`check` does all of that, which shows that it would be seen.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

# What looks at a file, uses the network, starts a thread or a process, or opens a descriptor of another kind.
TRACED = ["%file", "%network", *(f"?/{name}" for name in [
    "clone", "epoll", "eventfd", "fanotify", "fork", "inotify", "io_uring", "memfd", "pipe", "signalfd", "timerfd",
    "userfaultfd"])]
# The files of the loader, the one that Rust's standard library reads to find the end of the stack, and the one that
# `stdout.rs` compares stdout with.
FILES = re.compile(r"/etc/ld\.so\.(cache|preload)|/(usr/)?lib(64)?/.*\.so[.\d]*|/proc/self/maps|/dev/null")
# A process, its system call, and the first string in it: the path, which is empty for a descriptor.
CALL = re.compile(r'\d+ +(\w+)\((?:[^"]*"([^"]*)")?.*\n')
# The name is resolved by a thread, and nothing listens on the port.
CONFIG = {
    "aws_key_id": "AKIAIOSFODNN7EXAMPLE",
    "aws_secret_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "aws_region_name": "us-east-1",
    "endpoint_url": "https://localhost:1",
}
# Variables that name files which `check` opens.
VARIABLES = ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "SSL_CERT_FILE"]


def opened(program, folder, code, *arguments):
    """Runs the program, which must end with this exit code. Returns the calls that are not about files in FILES."""
    trace = os.path.join(folder, "trace")
    environment = {"HOME": folder} | {name: os.path.join(folder, name) for name in VARIABLES}
    command = ["strace", "-f", "-qq", "-o", trace, "-e", f"trace={','.join(TRACED)}", program, *arguments]
    result = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=120)
    assert result.returncode == code, f"{arguments}: {result.returncode}: {result.stdout}{result.stderr}"
    with open(trace, encoding="utf-8") as lines:
        # The rest of a call that another thread interrupted has no match.
        calls = [call for line in lines if (call := CALL.fullmatch(line))]
    assert calls[0].group(1, 2) == ("execve", program), calls[0]
    usual = {"", *arguments}
    return [call for call in calls[1:] if call[2] not in usual and not FILES.fullmatch(call[2] or "")]


def main(program):
    program = os.path.abspath(program)
    with tempfile.TemporaryDirectory() as folder:
        config, broken = os.path.join(folder, "config.json"), os.path.join(folder, "broken.json")
        for path, text in [(config, json.dumps(CONFIG)), (broken, "{")]:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        for code, arguments in [
            (0, ["spec"]),
            (0, ["discover", "--config", config]),
            (1, ["discover", "--config", broken]),
            (0, ["check", "--config", broken]),
            (1, ["read", "--config", config, "--catalog", broken]),
            (0, ["--help"]),
            (0, ["read", "--help"]),
            (0, ["--version"]),
            (2, []),
            (2, ["read", "--config", config]),
        ]:
            calls = opened(program, folder, code, *arguments)
            name = " ".join(map(os.path.basename, arguments)) or "no arguments"
            assert not calls, "".join([f"{name}:\n", *(call[0] for call in calls)])
            print(f"ok: {name}", flush=True)
        seen = {name for call in opened(program, folder, 0, "check", "--config", config)
                for name in [call[1], os.path.basename(call[2] or "")]}
        expected = {"socket", "epoll_create1", *VARIABLES}
        assert expected <= seen and seen & {"clone", "clone3"}, f"check: {seen}"
        print("ok: check opens more", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
