"""The emulator's program: commands that it runs, and events that become visible late."""
import os
import subprocess
import sys
import time

from .check import KEY, REGION, SECRET, Check, follow

READ = ("pages = boto3.client('cloudtrail', region_name='us-east-1').get_paginator('lookup_events').paginate();"
        "print(sum(len(page['Events']) for page in pages))")
FAULTS = ("--random-faults", "0.5", "--seed", "3")


class Running(Check):
    def run_command(self, script, *arguments):
        """Has the emulator run a Python script, which finds it by its environment."""
        environment = os.environ | {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": REGION}
        command = [self.program, "--events", "120", "--rate", "0", *arguments, "--", sys.executable, "-c", script]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)

    def test_a_command_reads_and_a_summary_follows(self):
        result = self.run_command("import boto3;" + READ)
        self.assertEqual((result.returncode, result.stdout), (0, "120\n"))
        self.assertRegex(
            result.stderr,
            r"^emulator: 3 requests, 120 events served, 0 throttled, 0 errors, \d+\.\d s, \d+\.\d\d requests/s\n$")
        result = self.run_command("import boto3;" + READ, *FAULTS)
        self.assertEqual((result.returncode, result.stdout), (0, "120\n"), result.stderr)
        self.assertNotIn(" 0 errors", result.stderr)

    def test_a_command_trusts_the_emulator_even_after_broken_connections(self):
        script = "import boto3, ssl; assert len(ssl.create_default_context().get_ca_certs()) == 1;" + READ
        for faults in [(), FAULTS]:
            result = self.run_command(script, "--tls", *faults)
            self.assertEqual((result.returncode, result.stdout), (0, "120\n"), result.stderr)
            self.assertEqual(" 0 errors" in result.stderr, not faults, result.stderr)

    def test_the_exit_code_is_that_of_the_command(self):
        self.assertEqual(self.run_command("raise SystemExit(7)").returncode, 7)
        self.assertEqual(self.run_command("import os; os.kill(os.getpid(), 9)").returncode, 137)
        missing = subprocess.run([self.program, "--", "./no-such-command"], capture_output=True, text=True)
        self.assertEqual((missing.returncode, missing.stderr.count("\n")), (1, 1), missing.stderr)

    def test_events_can_become_visible_late(self):
        with self.emulator("--events", 100, "--rate", 0, "--late", 2) as emulator:
            visible_at = [event["visible_at"] for event in emulator.events if event["visible_at"]]
            self.assertEqual(len(visible_at), 5)
            pages = follow(emulator.client())
            self.assertLess(sum(len(page["Events"]) for page in pages), 100)
            time.sleep(max(visible_at) - time.time() + 0.1)
            self.assert_events(follow(emulator.client()), emulator.events)
