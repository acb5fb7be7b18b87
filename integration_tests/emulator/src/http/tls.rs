//! The certificates of an emulator that serves HTTPS: a server certificate and the certificate authority that issued
//! it, both new for each emulator. Only clients that are configured to trust the authority accept them, so tests can
//! tell whether a client respects its configuration.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr},
    sync::Arc,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer},
};

/// What proves the identity of a server.
pub(crate) struct ServerIdentity {
    pub(crate) acceptor: TlsAcceptor,
    /// The authority's certificate, in PEM format.
    pub(crate) certificate_authority: String,
}

impl ServerIdentity {
    /// A new identity, valid for localhost, 127.0.0.1, `::1`, and these DNS names.
    ///
    /// # Errors
    ///
    /// A name is not ASCII, or the system's random number generator fails.
    pub(crate) fn new(names: &[String]) -> io::Result<Self> {
        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::CommonName, "CloudTrail emulator CA");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority_key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate_authority = authority.self_signed(&authority_key).map_err(io::Error::other)?.pem();

        let always_valid = ["localhost".to_owned(), Ipv4Addr::LOCALHOST.to_string(), Ipv6Addr::LOCALHOST.to_string()];
        let names: Vec<String> = always_valid.into_iter().chain(names.iter().cloned()).collect();
        let mut server = CertificateParams::new(names).map_err(io::Error::other)?;
        server.distinguished_name.push(DnType::CommonName, "CloudTrail emulator");
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        // OpenSSL's strict mode, which is the default in Python 3.13 and later, requires it.
        server.use_authority_key_identifier_extension = true;
        let server_key = KeyPair::generate().map_err(io::Error::other)?;
        let issuer = Issuer::new(authority, authority_key);
        let certificate = server.signed_by(&server_key, &issuer).map_err(io::Error::other)?;

        // rustls has no default provider if a process links two of them.
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
