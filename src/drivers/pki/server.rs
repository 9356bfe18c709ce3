//! What a server of mutual TLS needs: its certificate and key, and whose clients it lets in.

use super::PkiError;
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, pem::PemObject},
    server::{VerifierBuilderError, WebPkiClientVerifier},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// PEM files of a server that takes only clients of one authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MutualTls {
    pub cert: PathBuf,
    pub key: PathBuf,
    pub client_ca: PathBuf,
    /// Whom it lets in no more.
    pub crl: Option<PathBuf>,
}

impl MutualTls {
    /// HTTP/1.1 over TLS 1.2 or 1.3. A client without a certificate of this authority, or with one
    /// that is revoked, gets no further.
    pub fn server_config(&self) -> Result<Arc<ServerConfig>, PkiError> {
        let refused =
            |path: &Path, reason: String| PkiError::Unreadable { path: path.to_owned(), reason };
        let mut roots = RootCertStore::empty();
        for authority in certificates(&self.client_ca)? {
            roots.add(authority).map_err(|error| refused(&self.client_ca, error.to_string()))?;
        }
        let mut builder = WebPkiClientVerifier::builder(Arc::new(roots));
        // A list past its end still names whom it names.
        if let Some(crl) = &self.crl {
            let list = CertificateRevocationListDer::from_pem_file(crl)
                .map_err(|error| refused(crl, error.to_string()))?;
            builder = builder.with_crls([list]);
        }
        let verifier = builder.build().map_err(|error| match (error, &self.crl) {
            (error @ VerifierBuilderError::InvalidCrl(_), Some(crl)) => {
                refused(crl, error.to_string())
            }
            (error, _) => refused(&self.client_ca, error.to_string()),
        })?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| refused(&self.key, error.to_string()))?;
        let mut config = ServerConfig::builder()
            .with_client_cert_verifier(verifier)
            .with_single_cert(certificates(&self.cert)?, key)
            .map_err(|error| refused(&self.cert, error.to_string()))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, PkiError> {
    let refused = |reason: String| PkiError::Unreadable { path: path.to_owned(), reason };
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    match found {
        Ok(found) if found.is_empty() => Err(refused("holds no PEM certificate".to_owned())),
        other => other.map_err(|error| refused(error.to_string())),
    }
}
