//! The table of sentences: what the user reads about each kind of error, and who can fix it.

use super::{
    context::{CredentialsSource as Source, RequestContext, Service},
    kind::{LookupErrorKind, NoAnswer, NoCredentials, Rejection, RoleRejection},
};
use crate::failure::Failure;

impl LookupErrorKind {
    /// What to tell about an error of this kind that `request` ran into.
    pub(super) fn failure(&self, request: &RequestContext) -> Failure {
        match self {
            Self::Rejected { rejection, message } => rejected(rejection, message, request),
            Self::RoleRejected { rejection, message } => role_rejected(*rejection, message, request),
            Self::NoAnswer(no_answer) => not_answered(*no_answer, request),
            Self::NoCredentials(no_credentials) => without_credentials(no_credentials),
        }
    }
}

fn rejected(rejection: &Rejection, message: &str, request: &RequestContext) -> Failure {
    let endpoint = request.to_string();
    let RequestContext { service, region, credentials, .. } = request;
    match (rejection, credentials) {
        (Rejection::AccessDenied, _) if *service == Service::Organizations => Failure::config(format!(
            "Access denied: the credentials don't allow organizations:ListAccounts. Use credentials of the organization's management account or of a delegated administrator, with a policy that allows organizations:ListAccounts on resource \"*\". AWS says: \"{message}\""
        )),
        (Rejection::AccessDenied, Source::Role(arn)) if *service == Service::AccountManagement => {
            Failure::config(format!(
                "Access denied: the role {arn} does not allow account:ListRegions. Attach a policy that allows account:ListRegions on resource \"*\", or turn off all_enabled_regions and enter the Regions in additional_regions. AWS says: \"{message}\""
            ))
        }
        (Rejection::AccessDenied, _) if *service == Service::AccountManagement => Failure::config(format!(
            "Access denied: the credentials don't allow account:ListRegions. Attach a policy that allows account:ListRegions on resource \"*\", or turn off all_enabled_regions and enter the Regions in additional_regions. AWS says: \"{message}\""
        )),
        (Rejection::NoOrganization, _) => Failure::config(format!(
            "The account of the credentials does not belong to an organization. Use credentials of the organization's management account, or choose another mode in accounts. AWS says: \"{message}\""
        )),
        (Rejection::NotOffered, _) => Failure::config(format!(
            "{endpoint} does not support ListRegions. Turn off all_enabled_regions and enter the Regions in additional_regions."
        )),
        (Rejection::AccessDenied, Source::Role(arn)) => Failure::config(format!(
            "Access denied: the role {arn} does not allow cloudtrail:LookupEvents in {region}. Attach a policy that allows cloudtrail:LookupEvents on resource \"*\". AWS says: \"{message}\""
        )),
        (Rejection::AccessDenied, _) => Failure::config(format!(
            "Access denied: the credentials don't allow cloudtrail:LookupEvents in {region}. Attach a policy that allows cloudtrail:LookupEvents on resource \"*\". AWS says: \"{message}\""
        )),
        (Rejection::NotSubscribed, _) => Failure::config(format!(
            "The AWS account is not signed up for CloudTrail in {region}. Complete the account's registration with AWS. AWS says: \"{message}\""
        )),
        (Rejection::InvalidFilter, _) => Failure::config(format!(
            "CloudTrail rejected the filter. Check lookup_attributes_filter. AWS says: \"{message}\""
        )),
        (Rejection::InvalidEventCategory, _) => Failure::config(format!(
            "CloudTrail in {region} does not return Insights events. Remove the stream insight_events from the connection, or remove {region} from aws_region_name and additional_regions. AWS says: \"{message}\""
        )),
        (Rejection::InvalidPageToken, _) => {
            Failure::transient(format!("{endpoint} keeps rejecting its own page tokens. Try again later."))
        }
        (Rejection::Throttled, _) if *service != Service::CloudTrail => {
            Failure::transient(format!("{endpoint} keeps throttling requests. Try again later."))
        }
        (Rejection::Throttled, _) => Failure::transient(format!(
            "{endpoint} keeps answering \"Rate exceeded\", because another reader uses this account's 2 requests per second in {region}. Stop or slow down the other reader, or run this sync at another time."
        )),
        (Rejection::UnknownKey, Source::Config) => Failure::config(format!(
            "AWS does not know the access key in {region}. Check aws_key_id, aws_session_token if the key is temporary, and that the Region {region} is enabled in the account."
        )),
        (Rejection::UnknownKey, Source::Machine { .. } | Source::WebIdentity) => Failure::config(format!(
            "AWS does not know the access key of this machine's credentials in {region}. Check the credentials, and that the Region {region} is enabled in the account."
        )),
        (Rejection::UnknownKey, Source::Role(arn)) => Failure::config(format!(
            "AWS does not know the credentials of the role {arn} in {region}. Check that the Region {region} is enabled in the role's account."
        )),
        (Rejection::WrongSecretKey, Source::Config) => {
            Failure::config("The secret key does not belong to the access key. Check aws_secret_key.")
        }
        (Rejection::WrongSecretKey, _) => Failure::config(format!(
            "The secret key of this machine's AWS credentials does not belong to the access key, or a proxy changes the requests to {endpoint}. Check both."
        )),
        (Rejection::WrongClock, _) => Failure::config(
            "This machine's clock is off by more than 5 minutes, so AWS rejects its requests. Set the clock, for example with NTP.",
        ),
        (Rejection::WrongRegion, _) => Failure::config(format!(
            "{endpoint} rejected the request because the endpoint is not in {region}. Check the endpoint and the Regions. AWS says: \"{message}\""
        )),
        (Rejection::ExpiredCredentials, Source::Config) => Failure::config(
            "The temporary credentials have expired. Enter a new aws_key_id, aws_secret_key and aws_session_token.",
        ),
        (Rejection::ExpiredCredentials, Source::Machine { are_renewed: false }) => Failure::config(
            "This machine's temporary AWS credentials have expired. Renew them where they are set, in the environment or in a profile.",
        ),
        (Rejection::ExpiredCredentials, _) => Failure::transient(format!(
            "{endpoint} rejected temporary credentials as expired before they were due for renewal. Check this machine's clock."
        )),
        (Rejection::InvalidSignature, _) => Failure::config(format!(
            "{endpoint} received a request without a valid signature. Check for a proxy that strips headers."
        )),
        (Rejection::ServiceFault(status), _) => Failure::transient(format!(
            "{endpoint} answered with HTTP status {status}, which is a fault of the service or of a proxy. Try again later."
        )),
        (Rejection::ThrottledByProxy, _) => Failure::transient(format!(
            "{endpoint} answered with HTTP status 429 and without an AWS error code, so a proxy or a gateway throttles the requests. Configure it to allow 2 requests per second, or try again later."
        )),
        (Rejection::NoErrorCode(status), _) => Failure::config(format!(
            "{endpoint} answered with HTTP status {status} and without an AWS error code, so something other than {service} answers there. Check the endpoint and any proxy."
        )),
        (Rejection::UnexpectedCode(code), _) => Failure::system(format!(
            "{endpoint} rejected a request with the error {code}, which this connector does not expect. Report this error. AWS says: \"{message}\""
        )),
    }
}

fn role_rejected(rejection: RoleRejection, message: &str, request: &RequestContext) -> Failure {
    let (endpoint, region) = (request.to_string(), &request.region);
    match rejection {
        RoleRejection::AccessDenied => Failure::config(format!(
            "Access denied: the role does not exist, the credentials don't allow sts:AssumeRole on it, or its trust policy does not allow them. Check that the role exists, attach a policy that allows sts:AssumeRole on it, add the credentials' user or role to its trust policy, and check external_id if the trust policy requires one. AWS says: \"{message}\""
        )),
        RoleRejection::WebIdentityDenied => Failure::config(format!(
            "Access denied: the role's trust policy does not allow this machine's web identity. Add the identity provider to the trust policy, and check the policy's conditions. AWS says: \"{message}\""
        )),
        RoleRejection::InvalidRequest => Failure::config(format!(
            "AWS STS rejected the AssumeRole request. Check external_id, and the role in role_arn, in accounts, or in this machine's profile or environment. AWS says: \"{message}\""
        )),
        RoleRejection::InactiveRegion => Failure::config(format!(
            "AWS STS is not active in {region}. Activate it in the account, or set aws_region_name to another Region. AWS says: \"{message}\""
        )),
        RoleRejection::InvalidWebIdentity => Failure::config(format!(
            "AWS STS rejected this machine's web identity. Check the identity provider and the role's trust policy. AWS says: \"{message}\""
        )),
        RoleRejection::ExpiredWebIdentity => Failure::config(format!(
            "This machine's web identity has expired. Check what renews the file in AWS_WEB_IDENTITY_TOKEN_FILE. AWS says: \"{message}\""
        )),
        RoleRejection::TemporarilyUnavailable => Failure::transient(format!(
            "{endpoint} can't provide the role's credentials now. Try again later. AWS says: \"{message}\""
        )),
    }
}

fn not_answered(no_answer: NoAnswer, request: &RequestContext) -> Failure {
    let endpoint = request.to_string();
    let RequestContext { service, region, endpoint_url, .. } = request;
    match (no_answer, endpoint_url) {
        (NoAnswer::InvalidRequest, _) => Failure::config(format!(
            "The request to {endpoint} can't be built from the configuration. Check the credentials and the endpoint for invalid characters."
        )),
        (NoAnswer::TimedOut, _) => Failure::transient(format!(
            "{endpoint} did not answer in time. Check the network connection to the endpoint, or try again later."
        )),
        (NoAnswer::Garbled, _) => Failure::transient(format!(
            "{endpoint} sent an answer that is cut off, larger than any page, or not from {service}. Check any proxy, or try again later."
        )),
        (NoAnswer::DnsUnavailable, _) => Failure::transient(format!(
            "The DNS server does not answer, so the host name of {endpoint} can't be resolved. Check this machine's network and DNS."
        )),
        (NoAnswer::HostNotFound, Some(url)) if request.is_plain_http() => Failure::config(format!(
            "The host name in the endpoint {url} does not resolve. Check endpoint_url or AWS_ENDPOINT_URL, HTTP_PROXY if it is set, and this machine's DNS."
        )),
        (NoAnswer::HostNotFound, Some(url)) => Failure::config(format!(
            "The host name in the endpoint {url} does not resolve. Check endpoint_url or AWS_ENDPOINT_URL, and this machine's DNS."
        )),
        (NoAnswer::HostNotFound, None) if *service == Service::AccountManagement => Failure::config(format!(
            "The AWS Account Management endpoint for Region {region} does not resolve. Turn off all_enabled_regions and enter the Regions in additional_regions, or check this machine's DNS."
        )),
        (NoAnswer::HostNotFound, None) => Failure::config(format!(
            "The {service} endpoint for Region {region} does not resolve. Check the Region name and this machine's DNS."
        )),
        (NoAnswer::ProxyHostNotFound, _) => Failure::config(
            "The host name of the proxy in HTTPS_PROXY does not resolve. Check the variable and this machine's DNS.",
        ),
        (NoAnswer::ProxyUnreachable, _) => Failure::transient(format!(
            "{endpoint} can't be reached because the proxy in HTTPS_PROXY can't be reached. Check the proxy URL, and whether the host should be in NO_PROXY."
        )),
        (NoAnswer::ProxyRefused, _) => Failure::transient(format!(
            "{endpoint} can't be reached because the proxy in HTTPS_PROXY refused the connection. Check the proxy URL and its credentials, the proxy's allow list, and whether the host should be in NO_PROXY."
        )),
        (NoAnswer::ProxyAuthenticationRequired, _) => Failure::config(
            "The proxy in HTTPS_PROXY requires a user name and a password, or rejected those in the variable. Write them into the variable as http://user:password@host:port, with special characters as %XX.",
        ),
        (NoAnswer::CaAsServerCertificate, _) => Failure::config(format!(
            "{endpoint} presented a CA certificate as its server certificate. Install a server certificate that is signed by that CA, and set SSL_CERT_FILE to the CA's certificate."
        )),
        (NoAnswer::UntrustedCertificate, _) => Failure::config(format!(
            "The certificate of {endpoint} is not trusted. Install the certificate of the CA that signed it on this machine, or set SSL_CERT_FILE to a file that contains it. If SSL_CERT_FILE is set, check that the file exists and contains it."
        )),
        (NoAnswer::NotHttp, _) => Failure::transient(format!(
            "The answer of {endpoint} is not HTTP, so something else listens there. Check the host, port and scheme of the endpoint, and any proxy."
        )),
        (NoAnswer::NotTls, _) => Failure::transient(format!(
            "The answer of {endpoint} is not TLS, so something else listens there. Check the host, port and scheme of the endpoint, and any proxy."
        )),
        (NoAnswer::Unreachable, Some(_)) if request.is_plain_http() => Failure::transient(format!(
            "{endpoint} can't be reached. Check the endpoint, the network connection to it, and HTTP_PROXY if it is set."
        )),
        (NoAnswer::Unreachable, _) => {
            Failure::transient(format!("{endpoint} can't be reached. Check the network connection to the endpoint."))
        }
    }
}

fn without_credentials(no_credentials: &NoCredentials) -> Failure {
    match no_credentials {
        NoCredentials::NotFound => Failure::config(
            "No AWS credentials found. Enter aws_key_id and aws_secret_key, or run the connector where the default credentials chain finds credentials (environment, profile, web identity, container or instance role).",
        ),
        NoCredentials::Misconfigured(reason) => Failure::config(format!(
            "This machine's AWS credentials are misconfigured ({reason}). Fix the configuration, or enter aws_key_id and aws_secret_key."
        )),
        NoCredentials::UnsupportedProfile => Failure::config(
            "The AWS profile signs in with a browser or runs a program, which this connector does not support. Export its credentials with \"aws configure export-credentials\", or enter aws_key_id and aws_secret_key.",
        ),
        NoCredentials::UnreadableFile(reason) => Failure::config(format!(
            "A file that this machine's AWS credentials depend on can't be read ({reason}). Check AWS_WEB_IDENTITY_TOKEN_FILE and AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, or enter aws_key_id and aws_secret_key."
        )),
        NoCredentials::Unavailable(reason) => Failure::transient(format!(
            "This machine's AWS credentials can't be fetched ({reason}). Check where they come from, or enter aws_key_id and aws_secret_key."
        )),
    }
}
