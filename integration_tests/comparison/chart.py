"""The figures as a chart: for each of them, a bar for each connector, at a linear scale."""
from xml.sax.saxutils import escape

from .tables import KEYS, peak_memory, times

WIDTH, LEFT, RIGHT = 760, 190, 170
BAR, GAP, BETWEEN, TOP = 16, 6, 46, 44

# Its own background, because a page and the system can differ in whether they are dark.
STYLE = """
  .page { fill: #ffffff; stroke: #d0d7de }
  text { font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328 }
  .title { font-weight: 600 }
  .name { text-anchor: end }
  .bar { fill: #8c959f }
  .own { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; stroke: #3d444d }
    text { fill: #f0f6fc }
    .bar { fill: #6e7681 }
    .own { fill: #4493f8 }
  }
"""


def seconds(value):
    """Three digits, as a person says them."""
    unit, value = ("s", value) if value >= 1 else ("ms", value * 1e3)
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def megabytes(value):
    return f"{value / 1e6:.0f} MB"


PANELS = [
    ("Start: the whole process of spec", seconds, lambda of: of["start"]),
    ("CPU time for a million records", seconds, lambda of: of["tls"]["cpu"] * 1e6),
    ("Peak memory", megabytes, peak_memory),
]


def drawn(figures):
    """The chart, as SVG."""
    parts, y = [], TOP
    for title, text, value in PANELS:
        parts.append(f'<text class="title" x="{LEFT}" y="{y - 12}">{escape(title)}</text>')
        values = [value(figures[key]) for key in KEYS]
        for number, (key, amount) in enumerate(zip(KEYS, values)):
            width = amount / max(values) * (WIDTH - LEFT - RIGHT)
            label = text(amount) + (f" ({times(amount / values[0])})" if number else "")
            kind, line = "own" if number == 0 else "bar", y + BAR - 3.5
            parts.append(f'<text class="name" x="{LEFT - 10}" y="{line}">{escape(figures[key]["name"])}</text>')
            parts.append(f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{max(width, 1):.1f}" height="{BAR}" rx="1"/>')
            parts.append(f'<text x="{LEFT + max(width, 1) + 8:.1f}" y="{line}">{escape(label)}</text>')
            y += BAR + GAP
        y += BETWEEN - GAP
    height = y - BETWEEN + 20
    summary = "; ".join(f"{title}: " + ", ".join(f"{figures[key]['name']} {text(value(figures[key]))}" for key in KEYS)
                        for title, text, value in PANELS)
    lines = "\n".join(f"  {part}" for part in parts)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}">
  <title>{escape(summary)}</title>
  <style>{STYLE}  </style>
  <rect class="page" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="6"/>
{lines}
</svg>
"""
