"""Measures what the connector's process costs, beside two versions of Airbyte's Python connector.

    python3 compare.py [PART...] [--connector PROGRAM --emulator PROGRAM] [--python PYTHON]

The parts are `events`, `start`, `reads`, `quota` and `instructions`; by default, all of them are measured, which takes
some ten minutes on a machine that does nothing else. `chart` measures nothing. The figures are saved in comparison/figures.json and
drawn in docs/performance.svg, and the tables for docs/performance.md are printed.

The connector and the emulator are built with `cargo build --release`, unless programs are passed. The Python connector
is installed from PyPI into target/comparison. It requires Python 3.10. `instructions` requires Valgrind, and Linux is
required for all of it.
"""
import argparse
import json
import subprocess

from comparison import chart, tables
from comparison.connectors import ROOT, TARGET, Python, Rust
from comparison.figures import PARTS

FIGURES = ROOT / "integration_tests/comparison/figures.json"
CHART = ROOT / "docs/performance.svg"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", choices=[*PARTS, "chart"])
    parser.add_argument("--connector", help="the connector's program")
    parser.add_argument("--emulator", help="the emulator's program")
    parser.add_argument("--python", help="a Python 3.10, for the Python connector")
    return parser.parse_args()


def measure(parts, given, figures):
    if not (given.connector and given.emulator):
        subprocess.run(["cargo", "build", "--release", "--locked", "--workspace", "--bins"], cwd=ROOT, check=True)
    emulator = given.emulator or TARGET / "release/cloudtrail-emulator"
    connectors = {"rust": Rust(given.connector or TARGET / "release/source-aws-cloudtrail")}
    if parts != ["instructions"]:
        connectors |= {version: Python(version, given.python) for version in ["0.1.12", "1.0.20"]}
    for part in parts:
        PARTS[part](figures, emulator, connectors)


def main():
    given = arguments()
    figures = json.loads(FIGURES.read_text("utf-8")) if FIGURES.exists() else {"rust": {}, "0.1.12": {}, "1.0.20": {}}
    parts = given.parts or list(PARTS)
    if parts != ["chart"]:
        measure([part for part in parts if part != "chart"], given, figures)
        FIGURES.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    CHART.write_text(chart.drawn(figures), "utf-8")
    print(tables.printed(figures))


if __name__ == "__main__":
    main()
