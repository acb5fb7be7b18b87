//! Errors of the crates below, as far as they can be made here. Those of real networks are in
//! `integration_tests/networks.rs` and `credentials.rs`.

use super::*;
use hyper_util::rt::TokioIo;
use rustls::{AlertDescription, CertificateError, InvalidMessage, OtherError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// An error with a text and a cause, as the crates below chain them.
#[derive(Debug, Error)]
#[error("{0}")]
struct Chained(&'static str, #[source] Option<Box<dyn Error + Send + Sync>>);

fn chained(texts: &[&'static str]) -> Option<Box<dyn Error + Send + Sync>> {
    let (first, rest) = texts.split_first()?;
    Some(Box::new(Chained(first, chained(rest))))
}

#[test]
fn errors_that_have_only_text_are_told_apart_by_it() {
    let glibc = "failed to lookup address information: Temporary failure in name resolution";
    for (texts, no_answer) in [
        (
            &["client error (Connect)", "dns error", "failed to lookup address information: Name or service not known"]
                [..],
            NoAnswer::HostNotFound,
        ),
        (
            &["client error (Connect)", "dns error", "failed to lookup address information: Name does not resolve"],
            NoAnswer::HostNotFound,
        ),
        (&["client error (Connect)", "dns error", glibc], NoAnswer::DnsUnavailable),
        (
            &["client error (Connect)", "dns error", "failed to lookup address information: Try again"],
            NoAnswer::DnsUnavailable,
        ),
        (
            &["client error (Connect)", "tunnel error: proxy authorization required"],
            NoAnswer::ProxyAuthenticationRequired,
        ),
        (&["client error (Connect)", "tunnel error: unsuccessful"], NoAnswer::ProxyRefused),
        (
            &["client error (Connect)", "tunnel error: failed to create underlying connection", "tcp connect error"],
            NoAnswer::ProxyUnreachable,
        ),
        (
            &["client error (Connect)", "tunnel error: failed to create underlying connection", "dns error", "no host"],
            NoAnswer::ProxyHostNotFound,
        ),
        (
            &["client error (Connect)", "tunnel error: failed to create underlying connection", "dns error", glibc],
            NoAnswer::DnsUnavailable,
        ),
        (&["client error (Connect)", "tcp connect error", "Connection refused (os error 111)"], NoAnswer::Unreachable),
    ] {
        assert_eq!(super::no_answer(chained(texts).unwrap().as_ref()), no_answer, "{texts:?}");
    }
}

/// hyper-rustls wraps rustls' errors into two errors of `io`.
#[test]
fn errors_of_tls_are_told_apart_by_their_type() {
    #[derive(Debug, Error)]
    #[error("CaUsedAsEndEntity")]
    struct CaUsedAsEndEntity;

    let ca = CertificateError::Other(OtherError(Arc::new(CaUsedAsEndEntity)));
    for (error, no_answer) in [
        (rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer), NoAnswer::UntrustedCertificate),
        (rustls::Error::InvalidCertificate(CertificateError::Expired), NoAnswer::UntrustedCertificate),
        (rustls::Error::NoCertificatesPresented, NoAnswer::UntrustedCertificate),
        (rustls::Error::InvalidCertificate(ca), NoAnswer::CaAsServerCertificate),
        (rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType), NoAnswer::NotTls),
        (rustls::Error::AlertReceived(AlertDescription::HandshakeFailure), NoAnswer::Unreachable),
    ] {
        let outer = Chained("client error (Connect)", Some(io::Error::other(io::Error::other(error.clone())).into()));
        assert_eq!(super::no_answer(&outer), no_answer, "{error:?}");
    }
}

/// Whether it arrives before the request is sent, or after it.
#[tokio::test]
async fn an_answer_that_is_not_http_is_recognized_whenever_it_arrives() {
    for is_sent_first in [false, true] {
        let (client, mut server) = tokio::io::duplex(1024);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(client)).await.unwrap();
        let request = sender.send_request(http::Request::new(String::new()));
        if !is_sent_first {
            server.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await.unwrap();
        }
        let answer = async {
            if is_sent_first {
                let _ = server.read(&mut [0; 1]).await;
                server.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await.unwrap();
            }
        };
        let (error, ..) = tokio::join!(request, connection, answer);
        assert_eq!(super::no_answer(&error.unwrap_err()), NoAnswer::NotHttp, "{is_sent_first}");
    }
}

#[test]
fn problems_with_the_machines_credentials_are_told_apart() {
    let missing = || io::Error::from(ErrorKind::NotFound);
    for (error, no_credentials) in [
        (CredentialsError::not_loaded_no_source(), NoCredentials::NotFound),
        (CredentialsError::not_loaded("AWS_ROLE_ARN must be set"), NoCredentials::NotFound),
        (
            CredentialsError::not_loaded("profile `a` was not defined: b"),
            NoCredentials::Misconfigured("profile `a` was not defined: b".to_owned()),
        ),
        (CredentialsError::invalid_configuration("bad"), NoCredentials::Misconfigured("bad".to_owned())),
        (
            CredentialsError::invalid_configuration("requires following cargo feature(s) enabled: sso"),
            NoCredentials::UnsupportedProfile,
        ),
        (CredentialsError::provider_error(missing()), NoCredentials::UnreadableFile("entity not found".to_owned())),
        (
            CredentialsError::provider_error(io::Error::from(ErrorKind::TimedOut)),
            NoCredentials::Unavailable("timed out".to_owned()),
        ),
    ] {
        assert_eq!(super::no_credentials(&error), no_credentials, "{error:?}");
    }
}
