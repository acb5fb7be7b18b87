"""The figures as tables for docs/performance.md."""
from .figures import COUNTED, QUOTA_EVENTS, SIZES

OLD = ["0.1.12", "1.0.20"]


def table(head, rows):
    lines = [head, [":--"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def comparison(figures):
    """This connector and the Python connector. In parentheses: how many times as much as this connector."""
    rust = figures["rust"]

    def row(name, text, value):
        own = value(rust)
        return [name, text(own), *(f"{text(value(figures[old]))} ({value(figures[old]) / own:,.1f}x)" for old in OLD)]

    def plain(name, text, value):
        return [name, *(text(value(figures[key])) for key in ["rust", *OLD])]

    def number(value):
        return f"{value:,}"

    quota = figures["quota"]
    rows = [
        row("Start: `spec`, the whole process", milliseconds, lambda figure: figure["start"]),
        row("CPU time for a million records", lambda cpu: f"{cpu * 1e6:,.1f} s", lambda figure: figure["tls"]["cpu"]),
        row("Peak memory", megabytes, lambda figure: figure["tls"]["memory"][1]),
        plain(f"Requests for {QUOTA_EVENTS:,} events, at least {quota['requests']}", number,
              lambda figure: figure["quota"]["requests"]),
        plain(f"Time for them at AWS's rate, at least {quota['elapsed']:.1f} s", lambda value: f"{value:.1f} s",
              lambda figure: figure["quota"]["elapsed"]),
        plain("Size of the program, or of the Python packages", megabytes, lambda figure: figure["size"]),
    ]
    return table(["", *(figures[key]["name"] for key in ["rust", *OLD])], rows)


def at_full_speed(figures):
    """This connector over TLS and over plain HTTP."""
    rust = figures["rust"]
    few, many = SIZES["rust"]

    def row(name, text):
        return [name, *(text(rust[protocol]) for protocol in ["tls", "http"])]

    rows = [
        row("CPU time for a million records", lambda figure: f"{figure['cpu'] * 1e6:.1f} s"),
        row("Events per second", lambda figure: f"{figure['rate']:,.0f}"),
        row("Processor cores used", lambda figure: f"{figure['cpu'] * figure['rate']:.2f}"),
        row(f"Peak memory, {few:,} events", lambda figure: megabytes(figure["memory"][0])),
        row(f"Peak memory, {many:,} events", lambda figure: megabytes(figure["memory"][1])),
    ]
    if instructions := rust.get("instructions"):
        rows.append(["Instructions for each event", "", f"{instructions['event']:,.0f}"])
        rows.append(["Instructions of `spec`", f"{instructions['spec']:,}", ""])
    return table(["", "TLS", "Plain HTTP"], rows)


def milliseconds(seconds):
    return f"{seconds * 1e3:,.1f} ms"


def megabytes(size):
    return f"{size / 1e6:,.1f} MB"


def printed(figures):
    """All tables, with what the figures are for."""
    event = figures["event"]
    return "\n\n".join([
        f"An event has {event['in_page']:,.0f} bytes of JSON in a page, {event['text']:,.0f} of them in `CloudTrailEvent`.",
        comparison(figures),
        at_full_speed(figures),
    ])
