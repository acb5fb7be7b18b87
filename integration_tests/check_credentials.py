"""Checks the connector's credentials with moto, whose STS, IAM and instance metadata service are not part of this
project.

    pip install --requirement requirements.txt --constraint constraints.txt
    python3 check_credentials.py EMULATOR CONNECTOR

moto's server runs in this process and verifies signatures and policies. The events come from the emulator, which knows
the access keys that moto issues: moto is seeded, so the keys of a session are known before it is requested.
"""
import json
import random
import sys
import tempfile
import threading
import types
import urllib.request

import boto3
import moto.sts.utils
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.sts.models import sts_backends
from werkzeug.serving import WSGIRequestHandler, make_server

from connector import REGION, Connector, emulator

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/reader"
EXTERNAL_ID = "tenant-7"
SESSION_NAME = "source-aws-cloudtrail"
WEB_IDENTITY = "a.web.identity.of/a+pod"
# The credentials that moto's instance metadata service always returns.
INSTANCE = ("test-key", "test-secret-key", "test-session-token")


class Quiet(WSGIRequestHandler):
    def log(self, *_):
        pass


class Moto:
    """moto's server on a free port. Two of its responses are changed, because they differ from AWS's."""

    def __init__(self):
        self.application = DomainDispatcherApplication(create_backend_app)
        self.paths, self.tokens = [], random.Random()
        # Session tokens come from the system's random number generator, which moto's seed does not affect.
        moto.sts.utils.os = types.SimpleNamespace(urandom=self.tokens.randbytes)
        server = make_server("127.0.0.1", 0, self.respond, threaded=True, request_handler=Quiet)
        self.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def respond(self, environ, start_response):
        self.paths.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        response = []
        body = b"".join(self.application(environ, lambda status, headers, *_: response.extend([status, headers])))
        status, headers = response
        # In STS, ErrorResponse contains Error directly, without Errors. Source: AWS STS API Reference, "Common errors".
        if body.startswith(b"<?xml") and b"<ErrorResponse><Errors>" in body:
            body = body.replace(b"<Errors>", b"").replace(b"</Errors>", b"")
        headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
        # Clients reject a metadata token without its lifetime. Source: EC2 User Guide, "Use IMDSv2".
        if lifetime := environ.get("HTTP_X_AWS_EC2_METADATA_TOKEN_TTL_SECONDS"):
            headers.append(("X-aws-ec2-metadata-token-ttl-seconds", lifetime))
        start_response(status, [*headers, ("Content-Length", str(len(body)))])
        return [body]

    def post(self, path, body=b""):
        request = urllib.request.Request(self.url + path, data=body, headers={"Content-Type": "text/plain"})
        urllib.request.urlopen(request).close()

    def seed(self):
        """Makes the next session always the same."""
        self.tokens.seed(7)
        self.post("/moto-api/seed?a=7")

    def check_policies(self, enabled):
        """Sets whether moto rejects wrong signatures and denies what no policy allows."""
        self.post("/moto-api/reset-auth", b"0" if enabled else b"inf")

    def client(self, service, key, secret):
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, aws_access_key_id=key,
                            aws_secret_access_key=secret)

    def user(self, name, *policies):
        """Creates a user with these policies and returns its access key and secret key."""
        iam = self.client("iam", "anyone", "anything")
        iam.create_user(UserName=name)
        for policy in policies:
            iam.put_user_policy(UserName=name, PolicyName="policy", PolicyDocument=document(policy))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def role(self, statement):
        """Creates the role with this trust policy."""
        iam = self.client("iam", "anyone", "anything")
        iam.create_role(RoleName=ROLE.split("/")[-1], AssumeRolePolicyDocument=document(statement))

    def first_session(self, key):
        """The credentials of the session that is always the same."""
        self.seed()
        request = {"RoleArn": ROLE, "RoleSessionName": SESSION_NAME, "ExternalId": EXTERNAL_ID}
        session = self.client("sts", *key).assume_role(**request)["Credentials"]
        return session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]

    def assumed(self):
        return sts_backends[ACCOUNT]["aws"].assumed_roles


def document(statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | statement]})


def key_in_config(key):
    return {"aws_key_id": key[0], "aws_secret_key": key[1]}


def key_in_environment(key):
    return {"AWS_ACCESS_KEY_ID": key[0], "AWS_SECRET_ACCESS_KEY": key[1]}


def check_successes(service, connector, data, reader):
    role = {"role_arn": ROLE, "external_id": EXTERNAL_ID}
    token = connector.write("token", WEB_IDENTITY)
    profiles = connector.write("profiles", (
        f"[profile assumed]\nrole_arn = {ROLE}\nexternal_id = {EXTERNAL_ID}\nsource_profile = plain\n"
        f"[profile plain]\naws_access_key_id = {reader[0]}\naws_secret_access_key = {reader[1]}\n"
        f"[profile instance]\nrole_arn = {ROLE}\ncredential_source = Ec2InstanceMetadata\n"))
    instance = {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": service.url}
    web_identity = {"AWS_ROLE_ARN": ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": token}
    profile = {"AWS_CONFIG_FILE": profiles}

    # moto can't verify the signatures of its instance metadata's credentials, and a web identity signs nothing.
    for name, checks_policies, config, environment, external_id, session_name in [
        ("an access key in the config assumes a role", True, key_in_config(reader) | role, {}, EXTERNAL_ID, SESSION_NAME),
        ("an access key in the environment assumes a role", True, role, key_in_environment(reader), EXTERNAL_ID, SESSION_NAME),
        ("a profile assumes a role", True, {}, profile | {"AWS_PROFILE": "assumed"}, EXTERNAL_ID, None),
        ("a web identity assumes a role", False, {}, web_identity, None, None),
        ("a web identity assumes a role with a session name", False, {}, web_identity | {"AWS_ROLE_SESSION_NAME": "pod"}, None, "pod"),
        ("a profile assumes a role with instance metadata", False, {}, profile | instance | {"AWS_PROFILE": "instance"}, None, None),
        ("instance metadata assumes a role", False, role, instance, EXTERNAL_ID, SESSION_NAME),
    ]:
        service.check_policies(checks_policies)
        for command in [connector.check, connector.read]:
            service.seed()
            service.assumed().clear()
            service.paths.clear()
            result = command(config, {"AWS_ENDPOINT_URL_STS": service.url} | environment)
            [session] = service.assumed()
            assert (session.role_arn, session.external_id) == (ROLE, external_id), vars(session)
            assert session_name in [None, session.session_name], session.session_name
            if "AWS_EC2_METADATA_SERVICE_ENDPOINT" in environment:
                assert "PUT /latest/api/token" in service.paths, service.paths
            if command == connector.read:
                ids, error = result
                assert error is None and sorted(ids) == data.ids, (error, len(ids))
            else:
                assert result is None, result
        print(f"ok: {name}", flush=True)
    service.assumed().clear()
    connector.succeeds(data, {}, {"AWS_ENDPOINT_URL_STS": service.url} | instance)
    assert service.assumed() == []
    print("ok: instance metadata has credentials", flush=True)


def check_failures(service, connector, reader, unprivileged):
    """Checks the connector's message if moto or the emulator rejects the credentials."""
    role = {"role_arn": ROLE, "external_id": EXTERNAL_ID}
    unknown, wrong = ("AKIAUNKNOWNXXEXAMPLE", reader[1]), (reader[0], "hush+hush/hush")
    denied = "Access denied: the role does not exist, the credentials don't allow sts:AssumeRole on it, or its trust policy does not allow them."
    long_name = (f"[profile long]\nrole_arn = {ROLE}\nsource_profile = plain\nrole_session_name = {'s' * 65}\n"
                 f"[profile plain]\naws_access_key_id = {reader[0]}\naws_secret_access_key = {reader[1]}\n")
    profile = {"AWS_CONFIG_FILE": connector.write("long", long_name), "AWS_PROFILE": "long"}
    connector.secrets.add(unknown[0])
    service.check_policies(True)
    for name, config, environment, expected in [
        ("an unknown access key", key_in_config(unknown) | role, {}, "AWS does not know the access key in us-east-1. Check aws_key_id"),
        ("an unknown access key in the environment", role, key_in_environment(unknown), "AWS does not know the access key of this machine's credentials"),
        ("a wrong secret key", key_in_config(wrong) | role, {}, "The secret key does not belong to the access key. Check aws_secret_key."),
        ("a wrong secret key in the environment", role, key_in_environment(wrong), "The secret key of this machine's AWS credentials does not belong"),
        ("a session token for another access key", key_in_config(reader) | role | {"aws_session_token": "hush+hush/hush"}, {}, "AWS does not know the access key in us-east-1"),
        ("a user without a policy", key_in_config(unprivileged) | role, {}, denied),
        ("a wrong external ID", key_in_config(reader) | role | {"external_id": "tenant-8"}, {}, denied),
        ("another role", key_in_config(reader) | role | {"role_arn": ROLE + "s"}, {}, denied),
        ("a session name that is too long", {}, profile, "at 'roleSessionName' failed to satisfy constraint"),
    ]:
        service.assumed().clear()
        message = connector.fails(config, {"AWS_ENDPOINT_URL_STS": service.url} | environment, "config_error")
        assert expected in message, message
        assert service.assumed() == [], "moto issued a session"
        print(f"ok: {name}: {message}", flush=True)

    # moto accepts every web identity, so these fail before it is asked.
    for name, environment in [
        ("a web identity without a token file", {"AWS_ROLE_ARN": ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": "nowhere"}),
        ("a web identity without a role", {"AWS_WEB_IDENTITY_TOKEN_FILE": "token"}),
    ]:
        message = connector.fails({}, {"AWS_ENDPOINT_URL_STS": service.url} | environment)
        assert "credentials" in message, message
        print(f"ok: {name}: {message}", flush=True)

    # moto has no LookupEvents. Its error does not look like one of CloudTrail's.
    message = connector.fails(key_in_config(unknown) | {"endpoint_url": service.url}, {}, "config_error")
    assert "something other than CloudTrail answers there. Check the endpoint" in message, message
    print(f"ok: an endpoint that is not CloudTrail's: {message}")


def main(emulator_program, connector_program):
    service = Moto()
    reader = service.user("airbyte", {"Action": "sts:AssumeRole", "Resource": ROLE})
    unprivileged = service.user("unprivileged")
    service.role({"Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/airbyte"},
                  "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}})
    service.check_policies(True)
    session = service.first_session(reader)
    callers = [word for caller in [session, INSTANCE] for word in ["--caller", ":".join(caller)]]
    with emulator(emulator_program, *callers) as data, tempfile.TemporaryDirectory() as folder:
        connector = Connector(connector_program, folder, data.url)
        connector.secrets = {*session, *INSTANCE, *reader, *unprivileged, WEB_IDENTITY, "hush+hush/hush"}
        check_successes(service, connector, data, reader)
        check_failures(service, connector, reader, unprivileged)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
