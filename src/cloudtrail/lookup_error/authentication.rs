//! What it means when the credentials are not accepted, or can't be had: by any service of AWS, by AWS STS, which gives
//! out those of roles, or on the machine itself.

use super::{Remedy, RequestContext, Signer, answers::unexpected, stop};
use crate::failure::Failure;

/// What to say where there are none.
pub(super) const NONE: &str = "There are no AWS credentials: put in aws_key_id and aws_secret_key, or run the connector where AWS's default chain finds credentials, which are the environment, a profile, a web identity, a container's or an instance's role.";

/// What to say where the machine's are set up wrongly.
pub(super) fn wrong(said: &str) -> String {
    format!(
        "The AWS credentials of this machine are not set up in a way that can be used ({said}): mend that, or put in aws_key_id and aws_secret_key."
    )
}

/// What to say where the machine's can't be fetched.
pub(super) fn lost(said: &str) -> String {
    format!(
        "The AWS credentials of this machine can't be fetched ({said}): check where they come from, or put in aws_key_id and aws_secret_key."
    )
}

/// What any service answers to credentials that it does not accept. Source: AWS, "Common error types".
pub(super) fn meaning(code: Option<&str>, message: &str, place: &RequestContext) -> Option<(Remedy, Failure)> {
    let (region, signer) = (&place.region, &place.signer);
    let meaning = match code? {
        "UnrecognizedClientException" | "InvalidClientTokenId" => {
            let mut failure = Failure::config(match signer {
                Signer::Key => format!(
                    "AWS does not know the access key in {region}: check aws_key_id, aws_session_token if the key is a temporary one, and that the Region {region} is enabled in the account."
                ),
                Signer::Machine { .. } | Signer::WebIdentity => format!(
                    "AWS does not know the access key of this machine's credentials in {region}: check them, and that the Region {region} is enabled in the account."
                ),
                Signer::Role(arn) => format!(
                    "AWS does not know the credentials of the role {arn} in {region}: check that the Region {region} is enabled in the role's account."
                ),
            });
            failure.if_others_work = Some(format!(
                "The Region {region} is not enabled in the account, because the same credentials work in another one: enable it, or take it out of aws_region_name and additional_regions."
            ));
            (Remedy::Stop, failure)
        }
        "InvalidSignatureException" | "SignatureDoesNotMatch" if is_about_time(message) => stop(wrong_clock()),
        "RequestExpired" | "RequestTimeTooSkewed" => stop(wrong_clock()),
        "InvalidSignatureException" | "SignatureDoesNotMatch" if message.contains("Credential should be scoped") => {
            stop(format!("{place} is not of the Region {region}: check the endpoint and the Regions. AWS says: \"{message}\""))
        }
        "InvalidSignatureException" | "SignatureDoesNotMatch" => stop(match signer {
            Signer::Key => "The secret key does not belong to the access key: check aws_secret_key.".to_owned(),
            Signer::Machine { .. } | Signer::Role(_) | Signer::WebIdentity => format!(
                "The secret key of this machine's AWS credentials does not belong to its access key, or something between here and {place} changes requests: check both."
            ),
        }),
        "ExpiredTokenException" | "ExpiredToken" => match signer {
            Signer::Key => stop(
                "The temporary credentials have expired: put in a new aws_key_id, aws_secret_key and aws_session_token."
                    .to_owned(),
            ),
            Signer::Machine { are_renewed: false } => stop(
                "The temporary AWS credentials of this machine have expired: renew them where they come from, the environment or a profile."
                    .to_owned(),
            ),
            Signer::Machine { are_renewed: true } | Signer::Role(_) | Signer::WebIdentity => (
                Remedy::TryAgain,
                Failure::transient(format!(
                    "{place} refuses temporary credentials as expired before they were to be renewed: check this machine's clock."
                )),
            ),
        },
        "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignature"
        | "IncompleteSignatureException" => stop(format!(
            "{place} received a request without a valid signature: look at what stands between here and there, such as a proxy that drops headers."
        )),
        _ => return None,
    };
    Some(meaning)
}

/// What STS answers. Source: AWS STS API Reference, the errors of AssumeRole and `AssumeRoleWithWebIdentity`.
pub(super) fn sts_meaning(code: Option<&str>, message: &str, status: u16, place: &RequestContext) -> (Remedy, Failure) {
    let region = &place.region;
    match code {
        Some("AccessDenied" | "AccessDeniedException") if place.signer == Signer::WebIdentity => stop(format!(
            "The role can't be assumed with this machine's web identity: let the role's trust policy name the identity provider, and its conditions fit the token. AWS says: \"{message}\""
        )),
        Some("AccessDenied" | "AccessDeniedException") => stop(format!(
            "The role can't be assumed: allow these credentials the action sts:AssumeRole on it, let the role's trust policy name them, and check external_id if it demands one. AWS says: \"{message}\""
        )),
        Some("ValidationError") => stop(format!(
            "AWS STS refuses the role or how it was asked for: check role_arn and external_id, or what this machine's profile or environment says of the role. AWS says: \"{message}\""
        )),
        Some("RegionDisabledException") => stop(format!(
            "AWS STS is not active in {region}: activate it in the account, or make another Region aws_region_name. AWS says: \"{message}\""
        )),
        Some("InvalidIdentityToken" | "IDPRejectedClaim") => stop(format!(
            "AWS STS refuses this machine's web identity: check the identity provider and the role's trust policy. AWS says: \"{message}\""
        )),
        Some("ExpiredTokenException") if message.contains("Token expired") => stop(format!(
            "This machine's web identity has expired: check what renews the file that AWS_WEB_IDENTITY_TOKEN_FILE names. AWS says: \"{message}\""
        )),
        Some("IDPCommunicationError" | "Throttling" | "ThrottlingException" | "RequestLimitExceeded") => (
            Remedy::TryAgain,
            Failure::transient(format!(
                "{place} can't give out the role's credentials now: try again later. AWS says: \"{message}\""
            )),
        ),
        _ => meaning(code, message, place).unwrap_or_else(|| unexpected(code, message, status, place)),
    }
}

fn is_about_time(message: &str) -> bool {
    ["Signature expired", "Signature not yet current"].iter().any(|words| message.contains(words))
}

fn wrong_clock() -> String {
    "This machine's clock is off by more than 5 minutes, so AWS refuses its requests: set the clock, best by NTP."
        .to_owned()
}
