"""The figures as text for docs/performance.md."""
import re

from .figures import MEMORY_SIZES, QUOTA_EVENTS

KEYS = ["rust", "0.1.12", "1.0.20"]


def table(head, rows):
    lines = [head, [":--"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def comparison(figures):
    """This connector and the Python connector. In parentheses: how many times as much as this connector."""
    quota = figures["quota"]

    def row(name, text, value):
        own, *others = (value(figures[key]) for key in KEYS)
        return [name, text(own), *(f"{text(other)} ({times(other / own)})" for other in others)]

    def plain(name, text, value):
        return [name, *(text(value(figures[key])) for key in KEYS)]

    rows = [
        row("Start: the whole process of `spec`", milliseconds, lambda of: of["start"]),
        row("CPU time for a million records", seconds, lambda of: of["tls"]["cpu"] * 1e6),
        row("Peak memory", megabytes, peak_memory),
        plain(f"Requests for {QUOTA_EVENTS:,} events, at least {quota['requests']}", str,
              lambda of: of["quota"]["requests"]),
        plain(f"Time for them at AWS's rate, at least {seconds(quota['elapsed'])}", seconds,
              lambda of: of["quota"]["elapsed"]),
        plain("Bytes of output for each record", "{:,.0f}".format, lambda of: of["tls"]["record"]),
        plain("Size: of the program, or of the Python packages", megabytes, lambda of: of["size"]),
    ]
    return table(["", *(figures[key]["name"] for key in KEYS)], rows)


def by_itself(figures):
    """This connector over TLS and over plain HTTP."""
    rust = figures["rust"]

    def row(name, text):
        return [name, *(text(rust[protocol]) for protocol in ["tls", "http"])]

    instructions = rust["instructions"]
    rows = [
        row("CPU time for a million records", lambda of: seconds(of["cpu"] * 1e6)),
        row("Events per second, as fast as possible", lambda of: f"{1 / of['elapsed']:,.0f}"),
        row("Processor cores that this takes", lambda of: f"{of['cpu'] / of['elapsed']:.2f}"),
        row("Peak memory meanwhile", lambda of: megabytes(of["memory"])),
        *([f"Peak memory, {size:,} events", megabytes(peak), "-"] for size, peak in zip(MEMORY_SIZES, rust["memory"])),
        ["Instructions for each event", "-", f"{instructions['event']:,.0f}"],
        ["Instructions of `spec`", f"{instructions['spec']:,}", "-"],
    ]
    return table(["", "TLS", "Plain HTTP"], rows)


def peak_memory(of):
    """That of a long read; for this connector, with as many requests in flight as at AWS's rate."""
    return of["memory"][-1] if "memory" in of else of["tls"]["memory"]


def times(ratio):
    return f"{ratio:,.0f}x" if ratio >= 10 else f"{ratio:.1f}x"


def milliseconds(value):
    return f"{value * 1e3:,.1f} ms" if value < 0.1 else f"{value * 1e3:,.0f} ms"


def seconds(value):
    return f"{value:,.1f} s" if value < 100 else f"{value:,.0f} s"


def megabytes(value):
    return f"{value / 1e6:,.1f} MB"


def in_page(page, figures):
    """The text of the `page` with all tables replaced, which are marked in it."""
    event = figures["event"]
    sizes = f"On average, an event has {event['whole']:,.0f} bytes of JSON, its `CloudTrailEvent` {event['text']:,.0f}."
    for name, text in [("comparison", f"{sizes}\n\n{comparison(figures)}"), ("by itself", by_itself(figures))]:
        start, end = f"<!-- compare.py: {name} -->", "<!-- compare.py: end -->"
        page, found = re.subn(f"{start}\n.*?{end}", lambda _: f"{start}\n\n{text}\n\n{end}", page, flags=re.DOTALL)
        assert found == 1, f"the page has no {start}"
    return page
