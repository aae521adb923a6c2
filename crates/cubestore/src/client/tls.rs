//! TLS to the store: one provider, built here, so that no process-wide default is needed or changed.

use std::path::Path;
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsConnector;

use crate::config::Tls;
use crate::error::{Error, Result};

/// Reads the certificates that the settings name.
pub(super) fn connector(tls: &Tls) -> Result<TlsConnector> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider supports the versions that rustls calls safe")
        .with_root_certificates(roots(tls)?);
    let config = match (&tls.certificate, &tls.key) {
        (None, None) => builder.with_no_client_auth(),
        (Some(certificate), Some(key)) => {
            let chain = certificates("tls.certificate", certificate)?;
            builder
                .with_client_auth_cert(chain, private_key(key)?)
                .map_err(|error| Error::config_by("tls.key", "it does not go with the certificate", error))?
        }
        (Some(_), None) => return Err(Error::config("tls.key", "it is missing beside the certificate")),
        (None, Some(_)) => return Err(Error::config("tls.certificate", "it is missing beside the key")),
    };
    Ok(TlsConnector::from(Arc::new(config)))
}

fn roots(tls: &Tls) -> Result<RootCertStore> {
    let Some(ca) = &tls.ca else {
        return Ok(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates("tls.ca", ca)? {
        roots
            .add(certificate)
            .map_err(|error| Error::config_by("tls.ca", "a certificate in the file is unusable", error))?;
    }
    Ok(roots)
}

fn certificates(setting: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let unreadable = |error| Error::config_by(setting, "the file cannot be read", error);
    let all: Vec<_> = CertificateDer::pem_file_iter(path)
        .map_err(unreadable)?
        .collect::<Result<_, _>>()
        .map_err(unreadable)?;
    if all.is_empty() { Err(Error::config(setting, "the file has no certificate")) } else { Ok(all) }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_file(path)
        .map_err(|error| Error::config_by("tls.key", "the file cannot be read", error))
}
