//! TLS settings.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::ModelSetupError;

/// rustls with ring, Mozilla's roots and the caller's own. The provider is passed and not installed, so
/// that a host with a rustls of its own is left alone.
pub(super) fn config(extra_roots: Option<&[u8]>) -> Result<ClientConfig, ModelSetupError> {
    let problem = |problem: String| ModelSetupError::HttpClient { problem };
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(pem) = extra_roots {
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate
                .map_err(|error| problem(format!("the extra root certificates: {error}")))?;
            roots
                .add(certificate)
                .map_err(|error| problem(format!("an extra root certificate: {error}")))?;
        }
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| problem(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
