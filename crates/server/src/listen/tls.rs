//! Encryption: certificates that are read again when their files change, and client certificates.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwap;
use rustls::{
    RootCertStore, ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier, danger::ClientCertVerifier},
    sign::CertifiedKey,
};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

use crate::error::{Result, ServerError};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// Whether clients show certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ClientAuth {
    /// They are not asked for one.
    #[default]
    Off,
    /// They may show one; a wrong one is refused.
    Optional,
    /// Nobody is let in without one.
    Required,
}

/// The files.
#[derive(Debug, Clone)]
pub(crate) struct Tls {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) client_auth: ClientAuth,
    /// The authorities whose client certificates are taken.
    pub(crate) client_ca: Option<PathBuf>,
}

/// The certificate that is shown now.
#[derive(Debug)]
struct Shown(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

impl Tls {
    /// Reads the files. The future reads them again whenever they change, as long as it is polled.
    pub(crate) fn open(self) -> Result<(TlsAcceptor, impl Future<Output = ()> + Send + 'static)> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let files = self.files()?;
        let shown = Arc::new(Shown(ArcSwap::from_pointee(certified(&files, &provider)?)));
        let builder =
            ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| unusable("flight.tls_certificate", &error))?;
        let builder = match self.verifier(&provider)? {
            Some(verifier) => builder.with_client_cert_verifier(verifier),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_cert_resolver(shown.clone());
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok((TlsAcceptor::from(Arc::new(config)), self.follow(files, shown, provider)))
    }

    async fn follow(self, mut files: (Vec<u8>, Vec<u8>), shown: Arc<Shown>, provider: Arc<CryptoProvider>) {
        loop {
            sleep(LOOK).await;
            // A file that is not there is about to be replaced.
            let Ok(found) = self.files() else { continue };
            if found == files {
                continue;
            }
            match certified(&found, &provider) {
                Ok(certified) => {
                    shown.0.store(Arc::new(certified));
                    tracing::info!("another certificate is shown to new connections");
                }
                Err(error) => {
                    tracing::warn!(%error, "the new certificate cannot be used, the old one is kept");
                }
            }
            files = found;
        }
    }

    /// Certificate and key.
    fn files(&self) -> Result<(Vec<u8>, Vec<u8>)> {
        Ok((read(&self.certificate)?, read(&self.key)?))
    }

    fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Option<Arc<dyn ClientCertVerifier>>> {
        let Some(path) = self.client_ca.as_ref().filter(|_| self.client_auth != ClientAuth::Off) else {
            return Ok(None);
        };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&read(path)?) {
            let certificate = certificate.map_err(|error| unusable("flight.client_ca", &error))?;
            roots.add(certificate).map_err(|error| unusable("flight.client_ca", &error))?;
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
        let verifier = match self.client_auth {
            ClientAuth::Optional => verifier.allow_unauthenticated(),
            ClientAuth::Required | ClientAuth::Off => verifier,
        };
        verifier.build().map(Some).map_err(|error| unusable("flight.client_ca", &error))
    }
}

fn certified((certificate, key): &(Vec<u8>, Vec<u8>), provider: &CryptoProvider) -> Result<CertifiedKey> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate).collect();
    let chain = chain.map_err(|error| unusable("flight.tls_certificate", &error))?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| unusable("flight.tls_key", &error))?;
    CertifiedKey::from_der(chain, key, provider).map_err(|error| unusable("flight.tls_certificate", &error))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| ServerError::File { path: path.to_owned(), error })
}

fn unusable(setting: &'static str, error: &dyn std::error::Error) -> ServerError {
    ServerError::Setting { setting, why: error.to_string() }
}
