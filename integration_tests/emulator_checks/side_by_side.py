"""Organizations and STS, side by side with moto: the same calls to both, and the same forms of responses.

moto has no Account Management, lets every account list the accounts of an organization, returns an empty list of
accounts where there is none, and has an error of its own for an invalid NextToken. What AWS does instead is checked in
organizations.py.
"""
import logging

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer

from .check import KEY, REGION, SECRET, Check

MANAGEMENT = "123456789012"
ROLE = "cloudtrail-reader"
MEMBERS = 5
# The log of moto's requests would be in the report of the checks.
logging.getLogger("werkzeug").setLevel(logging.ERROR)


class SideBySide(Check):
    @classmethod
    def setUpClass(cls):
        cls.moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        cls.moto.start()
        host, port = cls.moto.get_host_and_port()
        cls.moto_url = f"http://{host}:{port}"

    @classmethod
    def tearDownClass(cls):
        cls.moto.stop()

    def of_moto(self, service, key=KEY, secret=SECRET, token=None):
        return boto3.client(
            service, endpoint_url=self.moto_url, region_name=REGION, aws_access_key_id=key,
            aws_secret_access_key=secret, aws_session_token=token, config=Config(retries={"total_max_attempts": 1}))

    def both(self, emulator, service):
        return [emulator.client(service), self.of_moto(service)]

    def assert_same_form(self, ours, theirs):
        self.assertEqual(form(ours), form(theirs))

    def test_accounts_and_sessions_have_the_same_form(self):
        organizations = self.of_moto("organizations")
        message = self.assert_code("AWSOrganizationsNotInUseException", organizations.describe_organization)
        with self.emulator("--events", 1) as alone:
            ours = self.assert_code("AWSOrganizationsNotInUseException", alone.client("organizations").list_accounts)
            self.assertEqual(ours, message)
        organizations.create_organization(FeatureSet="ALL")
        for number in range(MEMBERS):
            organizations.create_account(
                Email=f"member-{number}@example.com", AccountName=f"Member {number}", RoleName=ROLE)
        with self.emulator("--events", 1, "--organization", MEMBERS) as emulator:
            self.check_accounts(emulator)
            self.check_sessions(emulator)
            self.check_errors(emulator)

    def check_accounts(self, emulator):
        clients = self.both(emulator, "organizations")
        self.assert_same_form(*(client.list_accounts() for client in clients))
        lists = []
        for client in clients:
            pages = list(client.get_paginator("list_accounts").paginate(PaginationConfig={"PageSize": 4}))
            self.assertEqual([len(page["Accounts"]) for page in pages], [4, 2])
            self.assertEqual([bool(page.get("NextToken")) for page in pages], [True, False])
            accounts = [account for page in pages for account in page["Accounts"]]
            self.assertEqual(len({account["Id"] for account in accounts}), MEMBERS + 1)
            arn = f"arn:aws:organizations::{MANAGEMENT}:account/o-[a-z0-9]{{10,32}}/[0-9]{{12}}$"
            for account in accounts:
                self.assertRegex(account["Arn"], arn)
                self.assertEqual((account["State"], account["Status"]), ("ACTIVE", "ACTIVE"))
            lists.append(sorted(account["Id"] == MANAGEMENT for account in accounts))
        self.assertEqual(*lists)

    def check_sessions(self, emulator):
        clients = self.both(emulator, "sts")
        identities = [client.get_caller_identity() for client in clients]
        self.assert_same_form(*identities)
        self.assertEqual([identity["Account"] for identity in identities], [MANAGEMENT] * 2)
        arns = []
        for make, sts in zip([emulator.client, self.of_moto], clients):
            member = make("organizations").list_accounts()["Accounts"][-1]["Id"]
            role = f"arn:aws:iam::{member}:role/{ROLE}"
            session = sts.assume_role(RoleArn=role, RoleSessionName="check", DurationSeconds=900)
            credentials = session["Credentials"]
            own = make("sts", key=credentials["AccessKeyId"], secret=credentials["SecretAccessKey"],
                       token=credentials["SessionToken"]).get_caller_identity()
            arn = f"arn:aws:sts::{member}:assumed-role/{ROLE}/check"
            self.assertEqual((own["Account"], own["Arn"]), (member, arn))
            self.assertEqual(session["AssumedRoleUser"]["Arn"], arn)
            self.assertEqual(own["UserId"], session["AssumedRoleUser"]["AssumedRoleId"])
            self.assertRegex(own["UserId"], "^AROA[A-Z0-9]{17}:check$")
            arns.append((own, {name: session[name] for name in ["Credentials", "AssumedRoleUser"]}))
        self.assert_same_form(*arns)

    def check_errors(self, emulator):
        request = {"RoleArn": f"arn:aws:iam::{MANAGEMENT}:role/{ROLE}", "RoleSessionName": "s" * 65}
        messages = [self.assert_code("ValidationError", sts.assume_role, **request)
                    for sts in self.both(emulator, "sts")]
        # moto has a double space in it.
        self.assertEqual(*(" ".join(message.split()) for message in messages))


def form(value):
    """The names and types in a response, without the metadata of the transport, for lists of their first item."""
    if isinstance(value, dict):
        return {name: form(member) for name, member in value.items() if name not in ["ResponseMetadata", "NextToken"]}
    if isinstance(value, (list, tuple)):
        return [form(item) for item in (value[:1] if isinstance(value, list) else value)]
    return type(value).__name__
