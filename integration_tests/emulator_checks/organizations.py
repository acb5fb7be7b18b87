"""Organizations: their accounts, the Regions of each, and sessions of the members' roles."""
import json
import os
import subprocess
import sys

from .check import KEY, REGION, SECRET, Check, follow
from .roles import arguments_of

MANAGEMENT = "123456789012"
ENABLED = ["ENABLED", "ENABLED_BY_DEFAULT"]


class Organizations(Check):
    def accounts(self, emulator, **credentials):
        pages = emulator.client("organizations", **credentials).get_paginator("list_accounts").paginate()
        return [account for page in pages for account in page["Accounts"]]

    def session(self, emulator, account, **credentials):
        role = f"arn:aws:iam::{account}:role/cloudtrail-reader"
        sts = emulator.client("sts", **credentials)
        return arguments_of(sts.assume_role(RoleArn=role, RoleSessionName="check")["Credentials"])

    def test_boto3_reads_every_account(self):
        regions = ["us-east-1", "me-south-1"]
        options = ["--region", regions[0], "--region", regions[1]]
        with self.emulator("--events", 60, "--rate", 0, "--organization", 25, *options) as emulator:
            accounts = self.accounts(emulator)
            self.assertEqual((len(accounts), accounts[0]["Id"]), (26, MANAGEMENT))
            for account in [accounts[0], accounts[1], accounts[25]]:
                is_own = account["Id"] == MANAGEMENT
                session = {} if is_own else self.session(emulator, account["Id"])
                identity = emulator.client("sts", **session).get_caller_identity()
                self.assertEqual(identity["Account"], account["Id"])
                pages = emulator.client("account", **session).get_paginator("list_regions")
                pages = list(pages.paginate(RegionOptStatusContains=ENABLED, PaginationConfig={"PageSize": 5}))
                self.assertEqual([len(page["Regions"]) for page in pages], [5, 5, 5, 3])
                enabled = [region["RegionName"] for page in pages for region in page["Regions"]]
                self.assertIn("me-south-1", enabled)
                for region in enabled:
                    events = [event for event in emulator.events
                              if (event["account"], event["region"]) == (account["Id"], region)]
                    self.assertEqual(len(events), 60 if region in regions else 0)
                    read = follow(emulator.client(region=region, **session))
                    self.assert_events(read, events)
                    for page in read:
                        for record in (json.loads(event["CloudTrailEvent"]) for event in page["Events"]):
                            self.assertEqual((record["recipientAccountId"], record["awsRegion"]), (account["Id"], region))
                self.assert_code(
                    "UnrecognizedClientException", emulator.client(region="ap-east-1", **session).lookup_events)

    def test_an_account_has_its_members(self):
        with self.emulator("--events", 1, "--organization", 1) as emulator:
            account = self.accounts(emulator)[1]
            self.assertEqual(
                set(account),
                {"Id", "Arn", "Email", "Name", "State", "Status", "JoinedMethod", "JoinedTimestamp"})
            self.assertEqual((account["State"], account["Status"], account["JoinedMethod"]),
                             ("ACTIVE", "ACTIVE", "CREATED"))
            self.assertEqual(account["Arn"], f"arn:aws:organizations::{MANAGEMENT}:account/o-exampleorgid/{account['Id']}")
            self.assertEqual(account["JoinedTimestamp"].timestamp(), 1631121728)

    def test_boto3_sees_the_errors_of_organizations(self):
        with self.emulator("--events", 1, "--organization", 25) as emulator:
            client = emulator.client("organizations")
            for request in [{"MaxResults": 21}, {"NextToken": "x"}]:
                self.assert_code("InvalidInputException", client.list_accounts, **request)
            member = self.session(emulator, self.accounts(emulator)[1]["Id"])
            message = self.assert_code(
                "AccessDeniedException", emulator.client("organizations", **member).list_accounts)
            self.assertEqual(message, "You don't have permissions to access this resource.")
            message = self.assert_code(
                "InvalidSignatureException", emulator.client("organizations", region="eu-west-1").list_accounts)
            self.assertEqual(message, "Credential should be scoped to a valid region.")
            china = emulator.client("organizations", region="cn-northwest-1").list_accounts()
            self.assertEqual(len(china["Accounts"]), 20)
        with self.emulator("--events", 1) as emulator:
            message = self.assert_code(
                "AWSOrganizationsNotInUseException", emulator.client("organizations").list_accounts)
            self.assertEqual(message, "Your account is not a member of an organization.")

    def test_boto3_sees_the_errors_of_account_management(self):
        with self.emulator("--events", 1, "--organization", 2) as emulator:
            members = [account["Id"] for account in self.accounts(emulator)[1:]]
            client = emulator.client("account")
            self.assertEqual(len(client.list_regions(AccountId=members[0])["Regions"]), 20)
            denied = [emulator.client("account", **self.session(emulator, members[0])), members[1]], [client, MANAGEMENT]
            for caller, account in denied:
                self.assert_code("AccessDeniedException", caller.list_regions, AccountId=account, status=403)
            for request in [{"MaxResults": 51}, {"NextToken": "x"}, {"RegionOptStatusContains": ["ON"]}]:
                self.assert_code("ValidationException", client.list_regions, **request)
            for code, credentials in [("UnrecognizedClientException", {"key": "AKIAUNKNOWNXXEXAMPLE"}),
                                      ("InvalidSignatureException", {"secret": "wrong"}),
                                      ("InvalidSignatureException", {"region": "eu-west-1"})]:
                self.assert_code(code, emulator.client("account", **credentials).list_regions, status=403)

    def test_the_aws_cli_lists_accounts_and_regions(self):
        with self.emulator("--events", 1, "--organization", 30) as emulator:
            def run(*command):
                result = emulator.cli(command=command)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                return json.loads(result.stdout)

            self.assertEqual(len(run("organizations", "list-accounts")["Accounts"]), 31)
            self.assertEqual(len(run("account", "list-regions")["Regions"]), 34)
            self.assertEqual(run("sts", "get-caller-identity")["Account"], MANAGEMENT)

    def test_a_command_finds_every_api(self):
        script = (
            "import boto3; session = boto3.Session();"
            "accounts = session.client('organizations').list_accounts()['Accounts'];"
            "regions = session.client('account').list_regions()['Regions'];"
            "role = f'arn:aws:iam::{accounts[3][\"Id\"]}:role/cloudtrail-reader';"
            "sts = session.client('sts'); sts.get_caller_identity();"
            "c = sts.assume_role(RoleArn=role, RoleSessionName='check')['Credentials'];"
            "keys = dict(aws_access_key_id=c['AccessKeyId'], aws_secret_access_key=c['SecretAccessKey'],"
            " aws_session_token=c['SessionToken']);"
            "events = session.client('cloudtrail', **keys).lookup_events()['Events'];"
            "print(len(accounts), len(regions), len(events))")
        environment = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": REGION}
        command = [self.program, "--events", "10", "--organization", "3", "--", sys.executable, "-c", script]
        result = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=300)
        self.assertEqual((result.returncode, result.stdout), (0, "4 20 10\n"), result.stderr)
