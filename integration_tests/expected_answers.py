"""The rows that the queries of docs/queries.md have for the emulator's samples. They were written by hand, from the
files in integration_tests/emulator/src/generate/samples."""
import pytest

REGION = "us-east-1"
ACCOUNT = "123456789012"
ROOT_USER, ALICE, BOB = (f"arn:aws:iam::{ACCOUNT}:{name}" for name in ("root", "user/alice", "user/bob"))
ALICE_DEPLOY, ALICE_PLATFORM, BUILD_7, BOB_ADMIN, ANALYTICS, BLUE, CANARY, GREEN = (
    f"arn:aws:sts::{ACCOUNT}:assumed-role/{session}" for session in (
        "deploy/alice-deploy", "platform/alice-platform", "ci/build-7", "admin/bob", "Analytics/i-0a1b2c3d4e5f60718",
        "CodeDeployBlue", "CodeDeployCanary", "CodeDeployGreen"))
ALICES_ADDRESS, BOBS_ADDRESS = "203.0.113.21", "198.51.100.23"
GROUP = "sg-0a1b2c3d4e5f67890"
SSO_ROLE = "aws-reserved/sso.amazonaws.com/AWSReservedSSO_AdministratorAccess_0123456789abcdef"


def role(name):
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def expected_answers(when):
    """The rows of each query, by its heading. `when` returns the time of the event whose ID starts so."""

    def by_alice(start, service, name, identity=ALICE):
        return when(start), REGION, f"{service}.amazonaws.com", name, identity, ALICES_ADDRESS, None

    def trail(start, name):
        return when(start), name, "management-events", BOB_ADMIN, BOBS_ADDRESS, None

    unauthorized = "Client.UnauthorizedOperation"
    return {
        "Logins of the root user": [[
            (when("b43456cd"), ACCOUNT, "198.51.100.7", "No", "Success"),
            (when("d29e0f54"), ACCOUNT, "203.0.113.4", "Yes", "Success"),
            (when("36ca19c4"), ACCOUNT, "192.0.2.12", "Yes", "Success"),
        ]],
        "Console logins without MFA": [[
            (when("4a2e6d17"), BOB, BOBS_ADDRESS),
            (when("b43456cd"), ROOT_USER, "198.51.100.7"),
            (when("29128dc3"), f"arn:aws:iam::{ACCOUNT}:user/anna", "192.0.2.10"),
        ]],
        "Denied calls": [[
            (BUILD_7, "ec2.amazonaws.com", "TerminateInstances", unauthorized, 3, when("3094bdaf")),
            (BOB, "s3.amazonaws.com", "GetBucketPolicy", "AccessDenied", 2, when("c992a9b7")),
            (BUILD_7, "secretsmanager.amazonaws.com", "GetSecretValue", "AccessDenied", 1, when("7e92f260")),
            (BOB, "ec2.amazonaws.com", "RunInstances", unauthorized, 1, when("29854f14")),
            (BOB, "iam.amazonaws.com", "CreateUser", "AccessDenied", 1, when("48a88c4f")),
            (ANALYTICS, "glue.amazonaws.com", "GetTable", "AccessDeniedException", 1, when("5326d19a")),
        ]],
        "Changes by a user": [[
            by_alice("6c42b8e7", "iam", "AttachRolePolicy", ALICE_PLATFORM),
            by_alice("4fba48da", "ec2", "RevokeSecurityGroupIngress"),
            by_alice("0daa3072", "ec2", "AuthorizeSecurityGroupIngress"),
            by_alice("e1be6e67", "ec2", "CreateSecurityGroup"),
            by_alice("9b820b8e", "iam", "DeleteAccessKey"),
            by_alice("35e782af", "iam", "CreateAccessKey"),
            by_alice("52f623f9", "s3", "PutBucketVersioning"),
            by_alice("96a4e9af", "s3", "CreateBucket"),
            by_alice("4ed44710", "ec2", "StopInstances"),
            by_alice("7dc73109", "signin", "ConsoleLogin"),
        ]],
        "New access keys": [[
            (when("35e782af"), ALICE, "bob", "AKIABOBNEWXXXEXAMPLE", ALICES_ADDRESS),
        ]],
        "Changes to security groups": [[
            (when("4fba48da"), REGION, "RevokeSecurityGroupIngress", ALICE, GROUP),
            (when("5e73cc43"), REGION, "AuthorizeSecurityGroupIngress", BUILD_7, GROUP),
            (when("0daa3072"), REGION, "AuthorizeSecurityGroupIngress", ALICE, GROUP),
            (when("e1be6e67"), REGION, "CreateSecurityGroup", ALICE, GROUP),
        ], [
            (when("0daa3072"), REGION, ALICE, GROUP, "tcp", 22, 22, "0.0.0.0/0"),
        ]],
        "Trails that were turned off or changed": [[
            trail("ed5fb6a6", "DeleteTrail"),
            trail("ec92abfd", "StopLogging"),
            trail("9e78d757", "UpdateTrail"),
            trail("95392afb", "PutEventSelectors"),
            (when("ca00fccf"), "UpdateTrail", "no-such-trail", f"arn:aws:iam::{ACCOUNT}:user/ines", "192.0.2.16",
             "TrailNotFoundException"),
        ]],
        "Who assumed which role": [[
            (when("47f1d0f2"), ALICE_DEPLOY, ACCOUNT, role("platform"), "alice-platform", ALICES_ADDRESS),
            (when("70b8af40"), ALICE, ACCOUNT, role("deploy"), "alice-deploy", ALICES_ADDRESS),
            (when("202500d3"), "carol@example.com", None, role(SSO_ROLE), "carol@example.com", "203.0.113.33"),
            (when("b69a579a"), "AIDAJONASXXXXEXAMPLE", "210987654321", role("Support"), "jonas-support", "192.0.2.17"),
            (when("5e8adf70"), "pipeline", None, role("Pipeline"), "run-42", "192.0.2.18"),
            (when("78e43414"), "erik", None, role("Accounting"), "erik@example.com", "192.0.2.14"),
        ]],
        "Unusual activity": [[
            (when("4d58b258"), when("c450211f"), REGION, "ApiErrorRateInsight", "iam.amazonaws.com", "PassRole",
             "AccessDenied", 0.02, 10.1, 505.0),
            (when("02def450"), when("9fb00123"), REGION, "ApiCallRateInsight", "autoscaling.amazonaws.com",
             "CompleteLifecycleAction", None, nine_places(8.82145e-05), 0.6, 6801.6),
            (when("39624147"), when("75fc0065"), REGION, "ApiCallRateInsight", "ssm.amazonaws.com",
             "UpdateInstanceInformation", None, nine_places(85.4202380952), 664.0, 7.8),
        ], [
            (when("4d58b258"), "iam.amazonaws.com", "PassRole", BUILD_7, 11.5),
            (when("4d58b258"), "iam.amazonaws.com", "PassRole", BOB, 0.9),
            (when("02def450"), "autoscaling.amazonaws.com", "CompleteLifecycleAction", BLUE, 0.2),
            (when("02def450"), "autoscaling.amazonaws.com", "CompleteLifecycleAction", CANARY, 0.2),
            (when("02def450"), "autoscaling.amazonaws.com", "CompleteLifecycleAction", GREEN, 0.2),
        ]],
    }


def nine_places(number):
    """PyAirbyte rounds numbers to nine decimal places."""
    return pytest.approx(number, rel=0, abs=0.5e-9)
