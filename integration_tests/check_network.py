#!/usr/bin/env python3
"""Checks the connector behind a proxy that is not ours: tinyproxy.

    python3 check_network.py PATH_TO/cloudtrail-emulator PATH_TO/source-aws-cloudtrail

tinyproxy connects from an address of its own, 127.0.0.2, and a gate before the emulator records where connections come
from. So the checks see whether a request bypassed the proxy, or used it although it should not.
"""
import contextlib
import os
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

from connector import Connector, emulator

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEYS = {"aws_key_id": KEY, "aws_secret_key": SECRET}
DIRECT, PROXIED = "127.0.0.1", "127.0.0.2"
# tinyproxy accepts letters and digits only.
USER, PASSWORD, WRONG = "airbyte", "Hidden7Password", "Hidden8Guess"


class Gate(socketserver.ThreadingTCPServer):
    """Forwards connections to a port unchanged, and records the addresses that they come from. Each case has a gate of its
    own, because the proxy may still connect for a client that has left."""

    daemon_threads, allow_reuse_address = True, True

    def __init__(self, url):
        self.behind, self.seen = urllib.parse.urlsplit(url), []
        super().__init__((DIRECT, 0), None)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def url(self, host=DIRECT):
        return f"{self.behind.scheme}://{host}:{self.port}"

    def finish_request(self, client, address):
        self.seen.append(address[0])
        with socket.create_connection((self.behind.hostname, self.behind.port)) as server:
            back = threading.Thread(target=copy, args=(server, client), daemon=True)
            back.start()
            copy(client, server)
            back.join()


def copy(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


class Proxy:
    """A running tinyproxy."""

    def __init__(self, port, log):
        self.port, self.log = port, log

    def url(self, user=""):
        return f"http://{user}{DIRECT}:{self.port}"

    def requests(self, gate):
        """The methods and addresses of the requests that came for this gate."""
        with open(self.log, encoding="utf-8", errors="replace") as lines:
            requests = [line.split("): ", 1)[1] for line in lines if "Request (file descriptor" in line]
        return {" ".join(request.split()[:2]) for request in requests if f":{gate.port}" in request}


@contextlib.contextmanager
def proxy(*settings):
    with tempfile.TemporaryDirectory() as folder:
        port, log, config = free_port(), os.path.join(folder, "log"), os.path.join(folder, "config")
        lines = [f"Port {port}", f"Listen {DIRECT}", f"Bind {PROXIED}", "Timeout 60", f'LogFile "{log}"', "LogLevel Info", *settings]
        with open(config, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        # In a session of its own, because it ends its whole process group where it can't start.
        process = subprocess.Popen(["tinyproxy", "-d", "-c", config], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   text=True, start_new_session=True)
        try:
            while not accepts(log):
                if process.poll() is not None:
                    sys.exit(f"tinyproxy does not start: {process.stdout.read()}")
                time.sleep(0.02)
            yield Proxy(port, log)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def accepts(log):
    with contextlib.suppress(FileNotFoundError), open(log, encoding="utf-8", errors="replace") as lines:
        return "Accepting connections" in lines.read()


def free_port():
    with socket.socket() as listener:
        listener.bind((DIRECT, 0))
        return listener.getsockname()[1]


def main(program, binary):
    with tempfile.TemporaryDirectory() as folder:
        authority = os.path.join(folder, "ca.pem")
        with emulator(program) as plain, emulator(program, "--tls", "--ca-file", authority) as secure:
            connector = Connector(binary, folder, "")
            connector.secrets = {KEY, SECRET, PASSWORD, WRONG}
            for scheme, data, trust in [("HTTPS", secure, {"SSL_CERT_FILE": authority}), ("HTTP", plain, {})]:
                reads(connector, scheme, data, trust)
                refusals(connector, scheme, data, trust)


def reads(connector, scheme, data, trust):
    variable = f"{scheme}_PROXY"

    def way_of(name, through, environment, proxied, host=DIRECT):
        gate = Gate(data.url)
        connector.succeeds(data, KEYS | {"endpoint_url": gate.url(host)}, trust | environment)
        asked = f"CONNECT {host}:{gate.port}" if scheme == "HTTPS" else f"POST {gate.url(host)}/"
        assert set(gate.seen) == {PROXIED if proxied else DIRECT}, gate.seen
        assert through.requests(gate) == ({asked} if proxied else set()), through.requests(gate)
        print(f"ok: {scheme}, {name}", flush=True)

    other = "HTTP_PROXY" if scheme == "HTTPS" else "HTTPS_PROXY"
    with proxy() as through:
        way_of(variable, through, {variable: through.url()}, True)
        way_of(variable.lower(), through, {variable.lower(): through.url()}, True)
        way_of(f"{other}, which is not for it", through, {other: through.url()}, False)
        for host, exception in [(DIRECT, DIRECT), (DIRECT, "127.0.0.0/8"), ("localhost", "example.com,localhost"), ("localhost", "*"), (DIRECT, "*")]:
            way_of(f"NO_PROXY={exception}", through, {variable: through.url(), "NO_PROXY": exception}, False, host)
        way_of(f"no_proxy={DIRECT}", through, {variable.lower(): through.url(), "no_proxy": DIRECT}, False)
        way_of("NO_PROXY=example.com", through, {variable: through.url(), "NO_PROXY": "example.com"}, True, "localhost")
    with proxy(f"BasicAuth {USER} {PASSWORD}") as through:
        way_of("a user and a password", through, {variable: through.url(f"{USER}:{PASSWORD}@")}, True)
        escaped = PASSWORD.replace("P", "%50")
        way_of("a password that is escaped", through, {variable: through.url(f"{USER}:{escaped}@")}, True)


def refusals(connector, scheme, data, trust):
    """What the connector reports if a proxy refuses the connection, and that no request bypasses the proxy."""
    with_password = f"{USER}:{PASSWORD}@"

    def refused(name, url, endpoint=None, says=f"{scheme}_PROXY"):
        gate = Gate(data.url)
        message = connector.fails(KEYS | {"endpoint_url": endpoint or gate.url()}, trust | {f"{scheme}_PROXY": url})
        assert says in message and gate.seen == [], (message, gate.seen)
        print(f"ok: {scheme}, {name}: {message}", flush=True)

    # A plain request gets an answer that may be the proxy's; the answer to a tunnel is always the proxy's.
    hint = "proxy" if scheme == "HTTP" else "HTTPS_PROXY"
    with proxy(f"BasicAuth {USER} {PASSWORD}") as strict:
        refused("a proxy that requires a password", strict.url(), says=hint)
        refused("a wrong password", strict.url(f"{USER}:{WRONG}@"), says=hint)
        ids, error = connector.read(KEYS | {"endpoint_url": Gate(data.url).url()}, trust | {f"{scheme}_PROXY": strict.url(f"{USER}:{WRONG}@")})
        assert ids == [] and error, (ids, error)
    with tempfile.NamedTemporaryFile("w", suffix=".filter") as names:
        names.write(r"127\.0\.0\.1")
        names.flush()
        with proxy(f'Filter "{names.name}"') as filtering:
            refused("a proxy that filters the host", filtering.url(with_password), says=hint)
    if scheme == "HTTPS":
        with proxy("ConnectPort 443") as narrow:
            refused("a proxy that refuses the port", narrow.url(with_password))
    with proxy() as open_to_all:
        nowhere = f"{scheme.lower()}://{DIRECT}:{free_port()}"
        refused("an endpoint that the proxy does not reach", open_to_all.url(with_password), nowhere, hint if scheme == "HTTPS" else "")
    refused("a proxy that does not exist", f"http://{with_password}{DIRECT}:{free_port()}")
    refused("a proxy whose name does not resolve", f"http://{with_password}proxy.invalid:3128")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
