"""Python imports this file when it starts. It sends the requests of the Python connector to the emulator.

It is copied into the virtual environments, because the connectors have no setting for an endpoint: 0.1.12 uses a boto3
that does not read AWS_ENDPOINT_URL_CLOUDTRAIL yet, and 1.0.20 makes its requests without boto3. Unless that variable is
set, nothing is changed.
"""
import datetime
import functools
import os


def redirect(url, authority):
    try:
        import boto3
    except ImportError:
        redirect_requests(url, authority)
    else:
        boto3.client = functools.partial(boto3.client, endpoint_url=url)


def redirect_requests(url, authority):
    import requests
    from source_aws_cloudtrail.components import CustomAuthenticator

    send, sign = requests.Session.send, CustomAuthenticator.sign_aws_request

    def send_to_emulator(session, request, **settings):
        request.url = f"{url}/"
        return send(session, request, **settings | {"verify": authority})

    def sign_date(*arguments):
        """Also signs the date, which the connector does not do, and which the emulator requires."""
        *before, headers, payload, key_id, secret_key = arguments
        while True:
            date = datetime.datetime.utcnow().strftime("%Y%m%dT%H%M%SZ")
            authorization, signed_date = sign(*before, headers | {"X-Amz-Date": date}, payload, key_id, secret_key)
            # Not if a second has passed in between.
            if signed_date == date:
                return authorization, date

    requests.Session.send = send_to_emulator
    CustomAuthenticator.sign_aws_request = sign_date


if "AWS_ENDPOINT_URL_CLOUDTRAIL" in os.environ:
    redirect(os.environ["AWS_ENDPOINT_URL_CLOUDTRAIL"], os.environ["AWS_CA_BUNDLE"])
