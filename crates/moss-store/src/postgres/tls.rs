//! How connections are encrypted.

use std::borrow::Cow;
use std::error::Error;
use std::sync::Arc;

use moss_graph::checkpoint::StoreError;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

/// The URL with libpq's strictest modes as `require`, which is as strict here.
pub(super) fn known_mode(url: &str) -> Cow<'_, str> {
    ["sslmode=verify-full", "sslmode=verify-ca"]
        .into_iter()
        .find(|strict| url.contains(strict))
        .map_or(Cow::Borrowed(url), |strict| url.replace(strict, "sslmode=require").into())
}

/// rustls with ring, Mozilla's roots and the caller's own. The provider is passed and not installed, so that a host with a
/// rustls of its own is left alone.
pub(super) fn encryption(extra_roots: Option<&[u8]>) -> Result<MakeRustlsConnect, StoreError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(pem) = extra_roots {
        let known = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            roots.add(certificate.map_err(refused)?).map_err(refused)?;
        }
        if roots.len() == known {
            return Err(refused(std::io::Error::other(
                "there is no certificate in PEM among them",
            )));
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(refused)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn refused(error: impl Error + Send + Sync + 'static) -> StoreError {
    StoreError::Unavailable { doing: "reading the root certificates", source: Box::new(error) }
}
