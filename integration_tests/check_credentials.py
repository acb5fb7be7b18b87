#!/usr/bin/env python3
"""Checks the connector's credentials with moto: an STS, an IAM and an instance metadata service that are not ours.

    pip install -r requirements.txt
    python3 check_credentials.py PATH_TO/cloudtrail-emulator PATH_TO/source-aws-cloudtrail

moto's server runs in this process, and checks signatures and policies. The events come from the emulator, which only
accepts the keys that moto provides: moto is seeded, so the sessions are known in advance.
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
# The credentials that moto's instance metadata always provides.
INSTANCE = ("test-key", "test-secret-key", "test-session-token")


class Quiet(WSGIRequestHandler):
    def log(self, *_):
        pass


class Moto:
    """moto's server on a free port. Two of its answers are corrected to AWS's form."""

    def __init__(self):
        self.application = DomainDispatcherApplication(create_backend_app)
        self.paths, self.tokens = [], random.Random()
        # Session tokens come from the system's randomness, which moto does not seed.
        moto.sts.utils.os = types.SimpleNamespace(urandom=self.tokens.randbytes)
        server = make_server("127.0.0.1", 0, self.answer, threaded=True, request_handler=Quiet)
        self.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def answer(self, environ, start_response):
        self.paths.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        started = []
        body = b"".join(self.application(environ, lambda status, headers, *_: started.extend([status, headers])))
        status, headers = started
        # In AWS STS, ErrorResponse contains Error without Errors around it. Source: AWS STS API Reference, "Common errors".
        if body.startswith(b"<?xml") and b"<ErrorResponse><Errors>" in body:
            body = body.replace(b"<Errors>", b"").replace(b"</Errors>", b"")
        headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
        # The lifetime of a metadata token, which clients require. Source: EC2 User Guide, "Use IMDSv2".
        if lifetime := environ.get("HTTP_X_AWS_EC2_METADATA_TOKEN_TTL_SECONDS"):
            headers.append(("X-aws-ec2-metadata-token-ttl-seconds", lifetime))
        start_response(status, [*headers, ("Content-Length", str(len(body)))])
        return [body]

    def post(self, path, body=b""):
        request = urllib.request.Request(self.url + path, data=body, headers={"Content-Type": "text/plain"})
        urllib.request.urlopen(request).close()

    def seed(self):
        """From now on, the first session is always the same."""
        self.tokens.seed(7)
        self.post("/moto-api/seed?a=7")

    def check_policies(self, whether):
        """Whether moto rejects wrong signatures and requests that no policy allows."""
        self.post("/moto-api/reset-auth", b"0" if whether else b"inf")

    def client(self, service, key, secret):
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, aws_access_key_id=key, aws_secret_access_key=secret)

    def user(self, name, *policies):
        """A user with these policies: the access key ID and the secret key."""
        iam = self.client("iam", "anyone", "anything")
        iam.create_user(UserName=name)
        for policy in policies:
            iam.put_user_policy(UserName=name, PolicyName="policy", PolicyDocument=document(policy))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def role(self, statement):
        iam = self.client("iam", "anyone", "anything")
        iam.create_role(RoleName=ROLE.split("/")[-1], AssumeRolePolicyDocument=document(statement))

    def first_session(self, key):
        self.seed()
        request = {"RoleArn": ROLE, "RoleSessionName": SESSION_NAME, "ExternalId": EXTERNAL_ID}
        session = self.client("sts", *key).assume_role(**request)["Credentials"]
        return session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]

    def assumed(self):
        return sts_backends[ACCOUNT]["aws"].assumed_roles


def document(statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | statement]})


def main(program, binary):
    service = Moto()
    reader = service.user("airbyte", {"Action": "sts:AssumeRole", "Resource": ROLE})
    stranger = service.user("stranger")
    service.role({"Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/airbyte"},
                  "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}})
    service.check_policies(True)
    session = service.first_session(reader)
    callers = [word for caller in [session, INSTANCE] for word in ["--caller", ":".join(caller)]]
    with emulator(program, *callers) as data, tempfile.TemporaryDirectory() as folder:
        connector = Connector(binary, folder, data.url)
        connector.secrets = {*session, *INSTANCE, *reader, *stranger, WEB_IDENTITY, "hush+hush/hush"}
        good(service, connector, data, reader)
        bad(service, connector, reader, stranger)


def key_in_config(key):
    return {"aws_key_id": key[0], "aws_secret_key": key[1]}


def key_in_environment(key):
    return {"AWS_ACCESS_KEY_ID": key[0], "AWS_SECRET_ACCESS_KEY": key[1]}


def good(service, connector, data, reader):
    role = {"role_arn": ROLE, "external_id": EXTERNAL_ID}
    token = connector.write("token", WEB_IDENTITY)
    profiles = connector.write("profiles", (
        f"[profile assumed]\nrole_arn = {ROLE}\nexternal_id = {EXTERNAL_ID}\nsource_profile = plain\n"
        f"[profile plain]\naws_access_key_id = {reader[0]}\naws_secret_access_key = {reader[1]}\n"
        f"[profile instance]\nrole_arn = {ROLE}\ncredential_source = Ec2InstanceMetadata\n"))
    instance = {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": service.url}
    web_identity = {"AWS_ROLE_ARN": ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": token}
    profile = {"AWS_CONFIG_FILE": profiles}

    # moto checks the signatures of keys that it knows, which those of instances are not. A web identity has none.
    for name, checked, config, environment, external_id, session_name in [
        ("a key of the config assumes a role", True, key_in_config(reader) | role, {}, EXTERNAL_ID, SESSION_NAME),
        ("a key of the environment assumes a role", True, role, key_in_environment(reader), EXTERNAL_ID, SESSION_NAME),
        ("a profile assumes a role", True, {}, profile | {"AWS_PROFILE": "assumed"}, EXTERNAL_ID, None),
        ("a web identity assumes a role", False, {}, web_identity, None, None),
        ("a web identity assumes a role by its session name", False, {}, web_identity | {"AWS_ROLE_SESSION_NAME": "pod"}, None, "pod"),
        ("a profile assumes a role as an instance", False, {}, profile | instance | {"AWS_PROFILE": "instance"}, None, None),
        ("an instance assumes a role", False, role, instance, EXTERNAL_ID, SESSION_NAME),
    ]:
        service.check_policies(checked)
        for command in [connector.check, connector.read]:
            service.seed()
            service.assumed().clear()
            service.paths.clear()
            answer = command(config, {"AWS_ENDPOINT_URL_STS": service.url} | environment)
            [seen] = service.assumed()
            assert (seen.role_arn, seen.external_id) == (ROLE, external_id), vars(seen)
            assert session_name in [None, seen.session_name], seen.session_name
            if "AWS_EC2_METADATA_SERVICE_ENDPOINT" in environment:
                assert "PUT /latest/api/token" in service.paths, service.paths
            if isinstance(answer, tuple):
                ids, error = answer
                assert error is None and sorted(ids) == data.ids, (error, len(ids))
            else:
                assert answer is None, answer
        print(f"ok: {name}", flush=True)
    service.assumed().clear()
    connector.succeeds(data, {}, {"AWS_ENDPOINT_URL_STS": service.url} | instance)
    assert service.assumed() == []
    print("ok: an instance has credentials", flush=True)


def bad(service, connector, reader, stranger):
    """What moto rejects, and what the connector reports."""
    role = {"role_arn": ROLE, "external_id": EXTERNAL_ID}
    unknown, wrong = ("AKIAUNKNOWNXXEXAMPLE", reader[1]), (reader[0], "hush+hush/hush")
    denied = "Access denied: the credentials don't allow sts:AssumeRole on the role, or the role's trust policy does not allow them."
    long_name = (f"[profile long]\nrole_arn = {ROLE}\nsource_profile = plain\nrole_session_name = {'s' * 65}\n"
                 f"[profile plain]\naws_access_key_id = {reader[0]}\naws_secret_access_key = {reader[1]}\n")
    profile = {"AWS_CONFIG_FILE": connector.write("long", long_name), "AWS_PROFILE": "long"}
    connector.secrets.add(unknown[0])
    service.check_policies(True)
    for name, config, environment, says in [
        ("an unknown key", key_in_config(unknown) | role, {}, "AWS does not know the access key in us-east-1. Check aws_key_id"),
        ("an unknown key of the environment", role, key_in_environment(unknown), "AWS does not know the access key of this machine's credentials"),
        ("a wrong secret", key_in_config(wrong) | role, {}, "The secret key does not belong to the access key. Check aws_secret_key."),
        ("a wrong secret of the environment", role, key_in_environment(wrong), "The secret key of this machine's AWS credentials does not belong"),
        ("a token that the key does not have", key_in_config(reader) | role | {"aws_session_token": "hush+hush/hush"}, {}, "AWS does not know the access key in us-east-1"),
        ("a user without a policy", key_in_config(stranger) | role, {}, denied),
        ("another external id", key_in_config(reader) | role | {"external_id": "tenant-8"}, {}, denied),
        ("another role", key_in_config(reader) | role | {"role_arn": ROLE + "s"}, {}, denied),
        ("a session name that is too long", {}, profile, "at 'roleSessionName' failed to satisfy constraint"),
    ]:
        service.assumed().clear()
        message = connector.fails(config, {"AWS_ENDPOINT_URL_STS": service.url} | environment, "config_error")
        assert says in message, message
        assert service.assumed() == [], "moto provided a session"
        print(f"ok: {name}: {message}", flush=True)

    # moto rejects no web identity: what is wrong here is found before the request.
    for name, environment in [
        ("a web identity without its file", {"AWS_ROLE_ARN": ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": "nowhere"}),
        ("a web identity without its role", {"AWS_WEB_IDENTITY_TOKEN_FILE": "token"}),
    ]:
        message = connector.fails({}, {"AWS_ENDPOINT_URL_STS": service.url} | environment)
        assert "credentials" in message, message
        print(f"ok: {name}: {message}", flush=True)

    # moto has no LookupEvents, and rejects it in a form that is not CloudTrail's.
    message = connector.fails(key_in_config(unknown) | {"endpoint_url": service.url}, {}, "config_error")
    assert "something other than CloudTrail answers there. Check the endpoint" in message, message
    print(f"ok: an endpoint that is not CloudTrail's: {message}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
