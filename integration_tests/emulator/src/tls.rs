//! What the emulator shows of itself over HTTPS: a server certificate, and the certificate authority behind it, both
//! made anew for every emulator. Nobody trusts them who was not given the authority, which is how a client's own trust
//! is put to the test.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// The means to prove who the emulator is.
pub(crate) struct Identity {
    /// What takes connections.
    pub(crate) acceptor: TlsAcceptor,
    /// The authority's certificate, as PEM.
    pub(crate) certificate_authority: String,
}

impl Identity {
    /// For localhost, 127.0.0.1, `::1` and these DNS names.
    ///
    /// # Errors
    /// When a name is not ASCII or the system has no randomness.
    pub(crate) fn new(names: &[String]) -> io::Result<Self> {
        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::CommonName, "CloudTrail emulator CA");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority_key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate_authority = authority.self_signed(&authority_key).map_err(io::Error::other)?.pem();

        let always = ["localhost".to_owned(), Ipv4Addr::LOCALHOST.to_string(), Ipv6Addr::LOCALHOST.to_string()];
        let names: Vec<String> = always.into_iter().chain(names.iter().cloned()).collect();
        let mut server = CertificateParams::new(names).map_err(io::Error::other)?;
        server.distinguished_name.push(DnType::CommonName, "CloudTrail emulator");
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        // OpenSSL in its strict mode, which is Python's from 3.13 on, refuses a certificate without.
        server.use_authority_key_identifier_extension = true;
        let server_key = KeyPair::generate().map_err(io::Error::other)?;
        let issuer = Issuer::new(authority, authority_key);
        let certificate = server.signed_by(&server_key, &issuer).map_err(io::Error::other)?;

        // The provider is named, because a process that knows two has no default one.
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.into()], PrivateKeyDer::Pkcs8(server_key.serialize_der().into()))
            .map_err(io::Error::other)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), certificate_authority })
    }
}
