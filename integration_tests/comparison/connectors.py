"""The connectors that are compared: this one, and two versions of Airbyte's Python connector from PyPI."""
import glob
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).absolute()
# With a later Python, the dependencies of 0.1.12 can't be installed.
PYTHON = "python3.10"
# What a virtual environment has besides the connector and its dependencies.
TOOLS = {"_distutils_hack", "distutils", "pip", "pkg_resources", "setuptools", "sitecustomize"}


class Connector:
    """A connector's program."""

    # The arguments with which `read` does not keep to AWS's quota.
    full_speed = ()

    def __init__(self, name, program):
        self.name, self.program = name, program


class Rust(Connector):
    """This connector."""

    full_speed = ("--requests-per-second", "4000")

    def __init__(self, program):
        version = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
        super().__init__(f"This connector, {version}", program)

    def size(self):
        """The size of the program, in bytes."""
        return os.path.getsize(self.program)


class Python(Connector):
    """A version of the Python connector, in a virtual environment in target/, which is made if it does not exist."""

    def __init__(self, version, python):
        environment = TARGET / "comparison" / version
        super().__init__(f"Python connector, {version}", environment / "bin/source-aws-cloudtrail")
        if not self.program.exists():
            print(f"Installing airbyte-source-aws-cloudtrail {version}", file=sys.stderr)
            subprocess.run([python or find_python(), "-m", "venv", "--clear", environment], check=True)
            subprocess.run([environment / "bin/pip", "install", "--quiet", "--disable-pip-version-check",
                            f"airbyte-source-aws-cloudtrail=={version}"], check=True)
        self.packages = environment / "lib" / PYTHON / "site-packages"
        shutil.copy(pathlib.Path(__file__).with_name("sitecustomize.py"), self.packages)

    def size(self):
        """The size in bytes of the connector and the packages that it depends on, without compiled code."""
        names = {file: file.relative_to(self.packages).parts[0] for file in self.packages.rglob("*") if file.is_file()}
        return sum(file.stat().st_size for file, name in names.items()
                   if file.suffix != ".pyc" and name.split("-")[0].split(".")[0] not in TOOLS)


def find_python():
    """A Python of the version that the Python connector requires."""
    for python in [PYTHON, *glob.glob(os.path.expanduser(f"~/.pyenv/versions/*/bin/{PYTHON}"))]:
        # A shim of pyenv may be there, and fail.
        if shutil.which(python) and subprocess.run([python, "--version"], capture_output=True).returncode == 0:
            return python
    sys.exit(f"{PYTHON} is not installed. Install it, or pass its path with --python.")
