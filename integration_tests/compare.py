"""Measures what the connector's process costs, next to two versions of Airbyte's Python connector.

    python3 compare.py [PART...] [--connector PROGRAM --emulator PROGRAM] [--python PYTHON]

The parts are events, start, reads, quota, memory and instructions. By default, all of them are measured, which takes
some ten minutes on a machine that does nothing else. A part replaces its figures in comparison/figures.json. From that
file, the tables in docs/performance.md are written, and docs/performance.svg is drawn. With the part "none", nothing is
measured.

The connector and the emulator are built with `cargo build --release`, unless programs are passed. The Python
connectors are installed from PyPI into target/comparison, which requires Python 3.10. The part "instructions" requires
Valgrind.
"""
import argparse
import json
import subprocess

from comparison import chart, tables
from comparison.connectors import ROOT, TARGET, Python, Rust
from comparison.figures import PARTS

FIGURES = ROOT / "integration_tests/comparison/figures.json"
PAGE = ROOT / "docs/performance.md"
CHART = PAGE.with_suffix(".svg")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help="what to measure")
    parser.add_argument("--connector", help="the connector's program")
    parser.add_argument("--emulator", help="the emulator's program")
    parser.add_argument("--python", help="a Python 3.10, for the Python connectors")
    given = parser.parse_args()
    given.parts = [part for part in given.parts or PARTS if part != "none"]
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(unknown)}")
    return given


def measure(given, figures):
    if not (given.connector and given.emulator):
        subprocess.run(["cargo", "build", "--release", "--locked", "--workspace", "--bins"], cwd=ROOT, check=True)
    emulator = given.emulator or TARGET / "release/cloudtrail-emulator"
    connectors = {"rust": Rust(given.connector or TARGET / "release/source-aws-cloudtrail")}
    if set(given.parts) - {"events", "memory", "instructions"}:
        connectors |= {version: Python(version, given.python) for version in ["0.1.12", "1.0.20"]}
    for part in given.parts:
        PARTS[part](figures, emulator, connectors)


def main():
    given = arguments()
    figures = json.loads(FIGURES.read_text("utf-8")) if FIGURES.exists() else {key: {} for key in tables.KEYS}
    if given.parts:
        measure(given, figures)
        FIGURES.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    CHART.write_text(chart.drawn(figures), "utf-8")
    PAGE.write_text(tables.in_page(PAGE.read_text("utf-8"), figures), "utf-8")


if __name__ == "__main__":
    main()
