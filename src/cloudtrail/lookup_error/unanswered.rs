//! What it means when no answer comes that can be read: told apart by the words of the layers below, hyper's, rustls' and
//! the system's, because they have no codes.

use super::{Remedy, RequestContext, stop};
use crate::failure::Failure;

/// What hyper says of an answer that it can't read, and of one that comes before it is asked for.
const NOT_HTTP: [&str; 4] = [
    "invalid HTTP",
    "invalid content-length parsed",
    "message head is too large",
    "received unexpected message from connection",
];
/// What rustls says of an answer that it can't read.
const NOT_TLS: [&str; 1] = ["corrupt message of type"];

pub(super) fn meaning(causes: &str, place: &RequestContext) -> (Remedy, Failure) {
    let region = &place.region;
    let has = |any: &[&str]| any.iter().any(|words| causes.contains(words));
    // A request in plain HTTP goes through a proxy without a tunnel, of which errors would speak.
    let is_plain = place.endpoint_url.as_ref().is_some_and(|url| url.to_ascii_lowercase().starts_with("http:"));
    let proxy = if is_plain { ", HTTP_PROXY if it is set" } else { "" };
    // In the words of glibc and of musl.
    if has(&["Temporary failure in name resolution", "Try again"]) {
        let sentence = format!(
            "The name service does not answer, so that {place} can't be found: check this machine's network and DNS."
        );
        return (Remedy::TryAgain, Failure::transient(sentence));
    }
    if has(&["tunnel error"]) {
        return proxied(causes, place);
    }
    if has(&["failed to lookup address information", "Name or service not known", "dns error"]) {
        let sentence = match &place.endpoint_url {
            Some(url) => format!(
                "There is no host of the name in the endpoint {url}: check endpoint_url, or the environment's AWS_ENDPOINT_URL{proxy}, and the network's name service."
            ),
            None => format!(
                "There is no host for {} in a Region named {region}: check the name of the Region or, if that is right, this machine's network and name service.",
                place.service
            ),
        };
        return (Remedy::StopAtFirst, Failure::config(sentence));
    }
    if has(&["CaUsedAsEndEntity"]) {
        return untrusted(format!(
            "{place} presented a CA certificate as its server certificate. Install a server certificate that is signed by that CA, and set SSL_CERT_FILE to the CA's certificate."
        ));
    }
    if has(&["invalid peer certificate", "UnknownIssuer", "certificate"]) {
        return untrusted(format!(
            "The certificate of {place} is not trusted here: add the certificate of the authority that signed it to this machine, or name a file that has it in SSL_CERT_FILE; if that is set, check that the file is there and has it."
        ));
    }
    for (protocol, words) in [("HTTP", &NOT_HTTP[..]), ("TLS", &NOT_TLS[..])] {
        if has(words) {
            return (
                Remedy::TryAgain,
                Failure::transient(format!(
                    "The answer of {place} is not {protocol}: something else listens there. Check the host, port and scheme of the endpoint{proxy}, and what stands in between."
                )),
            );
        }
    }
    (
        Remedy::TryAgain,
        Failure::transient(format!(
            "{place} can't be reached: check the network between here and there{proxy}{}.",
            place.endpoint_url.as_ref().map_or("", |_| ", and the endpoint")
        )),
    )
}

/// A certificate that is not accepted. Once pages have come, it is that of something else, such as a network's sign-in
/// page, and may go away.
fn untrusted(sentence: String) -> (Remedy, Failure) {
    (Remedy::StopAtFirst, Failure::config(sentence))
}

/// The proxy did not let the request through.
fn proxied(causes: &str, place: &RequestContext) -> (Remedy, Failure) {
    if causes.contains("authorization required") {
        return stop(
            "The proxy in HTTPS_PROXY demands a user name and a password, or refuses those that it was given: write them into the variable, as http://user:password@host:port, with special characters as %XX.".to_owned(),
        );
    }
    if causes.contains("dns error") {
        let sentence = "There is no host of the name of the proxy in HTTPS_PROXY: check the variable and this machine's name service.";
        return (Remedy::StopAtFirst, Failure::config(sentence));
    }
    let what = if causes.contains("underlying connection") { "can't be reached" } else { "opens no way there" };
    (
        Remedy::TryAgain,
        Failure::transient(format!(
            "{place} can't be reached because the proxy in HTTPS_PROXY {what}: check the variable, with any user and password in it, what the proxy allows, and whether the host belongs into NO_PROXY."
        )),
    )
}
