"""Checks the release's software bill of materials, which `.ci/sbom` writes.

    python3 check_sbom.py FILE

It has to be valid by CycloneDX's own schema, to have all direct dependencies, and to have the versions and checksums of
Cargo.lock. Crates that only tests use must not be in it.
"""
import json
import pathlib
import sys
import tomllib

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = pathlib.Path(__file__).parent.parent


def read_toml(name):
    return tomllib.loads((ROOT / name).read_text(encoding="utf-8"))


def main(path):
    text = pathlib.Path(path).read_text(encoding="utf-8")
    error = JsonStrictValidator(SchemaVersion.V1_5).validate_str(text)
    assert error is None, error

    packages = read_toml("Cargo.lock")["package"]
    locked = {(package["name"], package["version"], package.get("checksum")) for package in packages}
    components = json.loads(text)["components"]
    listed = {(crate["name"], crate["version"], crate["hashes"][0]["content"]) for crate in components}
    assert listed <= locked, listed - locked

    names = {name for name, _, _ in listed}
    missing = read_toml("Cargo.toml")["dependencies"].keys() - names
    assert not missing, missing
    # Only tests use them, or enable them in other crates.
    unexpected = names & {"cloudtrail-emulator", "insta", "jsonschema", "proptest", "ring", "tempfile", "vt100"}
    assert not unexpected, unexpected
    print(f"{path} is valid, with {len(components)} crates of Cargo.lock")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
