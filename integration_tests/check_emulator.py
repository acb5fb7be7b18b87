"""Checks the emulator with clients that are not part of this project: boto3, the AWS CLI, and moto.

    pip install --requirement requirements.txt --constraint constraints.txt
    python3 check_emulator.py EMULATOR

What the clients read is compared with the events that the emulator writes to a file, every error with AWS's code for
it, and the responses of Organizations and STS with those of moto, another emulator. The checks are in emulator_checks.
"""
import os
import sys
import unittest

from emulator_checks import errors, organizations, reading, roles, running, side_by_side
from emulator_checks.check import Check


def main(program):
    Check.program = os.path.abspath(program)
    load = unittest.defaultTestLoader.loadTestsFromModule
    suite = unittest.TestSuite(load(module) for module in [reading, errors, roles, organizations, side_by_side, running])
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    failed = len({str(test).split(" (")[0] for test, _ in result.failures + result.errors})
    print(f"{result.testsRun - failed} passed, {failed} failed")
    return 0 if result.wasSuccessful() and result.testsRun else 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
