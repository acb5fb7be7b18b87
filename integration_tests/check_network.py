"""Checks how the connector uses proxies, with tinyproxy, which is not part of this project.

    python3 check_network.py EMULATOR CONNECTOR

tinyproxy connects from an address of its own, 127.0.0.2, and a gate in front of the emulator records where connections
come from. So the checks can tell whether a request was sent through the proxy.
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
USER, PASSWORD, WRONG_PASSWORD = "airbyte", "Hidden7Password", "Hidden8Guess"


class Gate(socketserver.ThreadingTCPServer):
    """Forwards connections to the host and port of a URL, and records which addresses they come from. Each case has its
    own gate, because the proxy may still connect for a client that has disconnected."""

    daemon_threads, allow_reuse_address = True, True

    def __init__(self, url):
        self.target, self.sources = urllib.parse.urlsplit(url), []
        super().__init__((DIRECT, 0), None)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def url(self, host=DIRECT):
        return f"{self.target.scheme}://{host}:{self.port}"

    def finish_request(self, client, address):
        self.sources.append(address[0])
        with socket.create_connection((self.target.hostname, self.target.port)) as server:
            responses = threading.Thread(target=copy, args=(server, client), daemon=True)
            responses.start()
            copy(client, server)
            responses.join()


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
        """The methods and addresses of the requests for this gate, from the log."""
        with open(self.log, encoding="utf-8", errors="replace") as lines:
            requests = [line.split("): ", 1)[1] for line in lines if "Request (file descriptor" in line]
        return {" ".join(request.split()[:2]) for request in requests if f":{gate.port}" in request}


@contextlib.contextmanager
def tinyproxy(*settings):
    with tempfile.TemporaryDirectory() as folder:
        port, log, config = free_port(), os.path.join(folder, "log"), os.path.join(folder, "config")
        lines = [f"Port {port}", f"Listen {DIRECT}", f"Bind {PROXIED}", "Timeout 60", f'LogFile "{log}"',
                 "LogLevel Info", *settings]
        with open(config, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        # In a session of its own, because tinyproxy ends its whole process group if it can't start.
        process = subprocess.Popen(["tinyproxy", "-d", "-c", config], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   text=True, start_new_session=True)
        try:
            while not accepts_connections(log):
                if process.poll() is not None:
                    sys.exit(f"tinyproxy does not start: {process.stdout.read()}")
                time.sleep(0.02)
            yield Proxy(port, log)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def accepts_connections(log):
    with contextlib.suppress(FileNotFoundError), open(log, encoding="utf-8", errors="replace") as lines:
        return "Accepting connections" in lines.read()


def free_port():
    with socket.socket() as listener:
        listener.bind((DIRECT, 0))
        return listener.getsockname()[1]


def check_successes(connector, scheme, data, trust):
    """Checks which requests go through a proxy."""
    variable = f"{scheme}_PROXY"

    def succeeds(name, proxy, environment, proxied, host=DIRECT):
        gate = Gate(data.url)
        connector.succeeds(data, KEYS | {"endpoint_url": gate.url(host)}, trust | environment)
        request = f"CONNECT {host}:{gate.port}" if scheme == "HTTPS" else f"POST {gate.url(host)}/"
        assert set(gate.sources) == {PROXIED if proxied else DIRECT}, gate.sources
        assert proxy.requests(gate) == ({request} if proxied else set()), proxy.requests(gate)
        print(f"ok: {scheme}, {name}", flush=True)

    other = "HTTP_PROXY" if scheme == "HTTPS" else "HTTPS_PROXY"
    with tinyproxy() as proxy:
        succeeds(variable, proxy, {variable: proxy.url()}, True)
        succeeds(variable.lower(), proxy, {variable.lower(): proxy.url()}, True)
        succeeds(f"{other}, which does not apply", proxy, {other: proxy.url()}, False)
        for host, exception in [(DIRECT, DIRECT), (DIRECT, "127.0.0.0/8"), ("localhost", "example.com,localhost"),
                                ("localhost", "*"), (DIRECT, "*")]:
            succeeds(f"NO_PROXY={exception}", proxy, {variable: proxy.url(), "NO_PROXY": exception}, False, host)
        succeeds(f"no_proxy={DIRECT}", proxy, {variable.lower(): proxy.url(), "no_proxy": DIRECT}, False)
        succeeds("NO_PROXY=example.com", proxy, {variable: proxy.url(), "NO_PROXY": "example.com"}, True, "localhost")
    with tinyproxy(f"BasicAuth {USER} {PASSWORD}") as proxy:
        succeeds("a user and a password", proxy, {variable: proxy.url(f"{USER}:{PASSWORD}@")}, True)
        escaped = PASSWORD.replace("P", "%50")
        succeeds("a password that is escaped", proxy, {variable: proxy.url(f"{USER}:{escaped}@")}, True)


def check_failures(connector, scheme, data, trust):
    """Checks the connector's message if a proxy fails, and that no request reaches the emulator."""
    with_password = f"{USER}:{PASSWORD}@"

    def fails(name, url, endpoint=None, expected=f"{scheme}_PROXY"):
        gate = Gate(data.url)
        message = connector.fails(KEYS | {"endpoint_url": endpoint or gate.url()}, trust | {f"{scheme}_PROXY": url})
        assert expected in message and gate.sources == [], (message, gate.sources)
        print(f"ok: {scheme}, {name}: {message}", flush=True)

    # Without a tunnel, the connector can't tell whether a response is from the proxy.
    hint = "proxy" if scheme == "HTTP" else "HTTPS_PROXY"
    with tinyproxy(f"BasicAuth {USER} {PASSWORD}") as proxy:
        fails("a proxy that requires a password", proxy.url(), expected=hint)
        url = proxy.url(f"{USER}:{WRONG_PASSWORD}@")
        fails("a wrong password", url, expected=hint)
        ids, error = connector.read(KEYS | {"endpoint_url": Gate(data.url).url()}, trust | {f"{scheme}_PROXY": url})
        assert ids == [] and error, (ids, error)
    with tempfile.NamedTemporaryFile("w", suffix=".filter") as names:
        names.write(r"127\.0\.0\.1")
        names.flush()
        with tinyproxy(f'Filter "{names.name}"') as proxy:
            fails("a proxy that filters the host", proxy.url(with_password), expected=hint)
    if scheme == "HTTPS":
        with tinyproxy("ConnectPort 443") as proxy:
            fails("a proxy that rejects the port", proxy.url(with_password))
    with tinyproxy() as proxy:
        unreachable = f"{scheme.lower()}://{DIRECT}:{free_port()}"
        hint = "HTTPS_PROXY" if scheme == "HTTPS" else ""
        fails("an endpoint that the proxy can't reach", proxy.url(with_password), unreachable, hint)
    fails("a proxy that does not run", f"http://{with_password}{DIRECT}:{free_port()}")
    fails("a proxy whose name does not resolve", f"http://{with_password}proxy.invalid:3128")


def main(emulator_program, connector_program):
    with tempfile.TemporaryDirectory() as folder:
        authority = os.path.join(folder, "ca.pem")
        with emulator(emulator_program) as plain, emulator(emulator_program, "--tls", "--ca-file", authority) as secure:
            connector = Connector(connector_program, folder, "")
            connector.secrets = {KEY, SECRET, PASSWORD, WRONG_PASSWORD}
            for scheme, data, trust in [("HTTPS", secure, {"SSL_CERT_FILE": authority}), ("HTTP", plain, {})]:
                check_successes(connector, scheme, data, trust)
                check_failures(connector, scheme, data, trust)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
