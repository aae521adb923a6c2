//! Who may talk to whom: credentials, TLS, versions.

#![expect(clippy::result_large_err, reason = "the answer to an upgrade is the library's type")]

use std::path::Path;
use std::sync::Arc;

use cubestore::{Budget, Client, Config, ErrorKind, Secret, Tls, Version};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::http::StatusCode;

use super::{ask, echoed, run};
use crate::store::{Builder, Peer, Store, Wrap};

#[test]
fn credentials_go_with_the_upgrade() {
    run(async {
        let store = Store::start(Peer::echo).await;
        let config =
            Config { user: Some("cube".into()), password: Some(Secret::new("pass:word")), ..store.config() };
        let client = Client::new(config, Budget::new(1 << 20)).expect("usable settings");
        ask(&client, "a").await.expect("an answer");
        ask(&store.client(), "b").await.expect("an answer");
        assert_eq!(store.upgrades(), [Some("Basic Y3ViZTpwYXNzOndvcmQ=".to_owned()), None]);
    });
}

#[test]
fn refused_credentials_are_not_tried_again() {
    run(async {
        let refuse = Builder::default().on_upgrade(|_, _| {
            let mut response = http_response(StatusCode::FORBIDDEN);
            *response.body_mut() = Some("{\"error\":\"Not authorized\"}".to_owned());
            Err(response)
        });
        let store = refuse.start(Peer::echo).await;
        let client = store.client();
        assert_eq!(ask(&client, "a").await.expect_err("refused").kind(), ErrorKind::Auth);
        assert_eq!(store.upgrades().len(), 1);
        assert_eq!(client.capabilities().await.expect_err("refused").kind(), ErrorKind::Auth);
    });
}

#[test]
fn another_refusal_of_the_upgrade_is_not_about_credentials() {
    run(async {
        let busy = Builder::default().on_upgrade(|_, _| Err(http_response(StatusCode::SERVICE_UNAVAILABLE)));
        let store = busy.start(Peer::echo).await;
        let error = ask(&store.client(), "a").await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.detail().contains("503"), "{}", error.detail());
        assert_eq!(store.upgrades().len(), 3);
    });
}

fn http_response(status: StatusCode) -> tokio_tungstenite::tungstenite::handshake::server::ErrorResponse {
    let mut response = tokio_tungstenite::tungstenite::http::Response::new(None);
    *response.status_mut() = status;
    response
}

#[test]
fn the_version_tells_what_the_store_can_do() {
    run(async {
        let versioned = Builder::default().on_upgrade(|_, mut response| {
            response.headers_mut().insert("X-CubeStore-Version", "1.6.50".parse().expect("a header"));
            Ok(response)
        });
        let store = versioned.start(Peer::echo).await;
        let capabilities = store.client().capabilities().await.expect("a connection");
        assert_eq!(capabilities.version, Some(Version { major: 1, minor: 6, patch: 50 }));
        assert!(capabilities.parameters() && !capabilities.arrow());

        let old = Store::start(Peer::echo).await;
        let client = old.client();
        assert_eq!(client.capabilities().await.expect("a connection").version, None);
        ask(&client, "a").await.expect("an answer");
        client.capabilities().await.expect("it is known");
        assert_eq!(old.upgrades().len(), 1, "asking makes one connection, which queries then use");
    });
}

/// A certificate authority, a server and a client that it vouches for, as PEM files.
struct Authority {
    directory: tempfile::TempDir,
    server: Arc<ServerConfig>,
}

impl Authority {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca =
            CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority");
        let write = |name: &str, pem: &str| std::fs::write(directory.path().join(name), pem).expect("a file");
        let vouch = |name: &str| {
            let key = KeyPair::generate().expect("a key");
            let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
            let certificate =
                CertificateParams::new(names).expect("names").signed_by(&key, &ca).expect("a certificate");
            write(&format!("{name}.pem"), &certificate.pem());
            write(&format!("{name}.key"), &key.serialize_pem());
        };
        write("ca.pem", &ca.pem());
        vouch("server");
        vouch("client");
        let server = server(directory.path());
        Self { directory, server }
    }

    fn file(&self, name: &str) -> Option<std::path::PathBuf> {
        Some(self.directory.path().join(name))
    }

    fn wrap(&self) -> Wrap {
        let acceptor = TlsAcceptor::from(self.server.clone());
        Arc::new(move |stream| {
            let acceptor = acceptor.clone();
            Box::pin(async move { Some(Box::new(acceptor.accept(stream).await.ok()?) as _) })
        })
    }
}

/// A server that asks its clients for a certificate.
fn server(directory: &Path) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let read = |name: &str| CertificateDer::from_pem_file(directory.join(name)).expect("a certificate");
    let mut roots = RootCertStore::empty();
    roots.add(read("ca.pem")).expect("an authority");
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
    let key = PrivateKeyDer::from_pem_file(directory.join("server.key")).expect("a key");
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_client_cert_verifier(verifier.expect("a verifier"))
        .with_single_cert(vec![read("server.pem")], key);
    Arc::new(config.expect("a server"))
}

#[test]
fn tls_needs_the_right_authority_and_certificate() {
    run(async {
        let authority = Authority::new();
        let store = Builder::default().wrap(authority.wrap()).start(Peer::echo).await;
        let url = |host: &str| format!("wss://{host}:{}", store.address.port()).parse().expect("an address");
        let own = Tls { ca: authority.file("ca.pem"), ..Tls::default() };
        let both = Tls {
            certificate: authority.file("client.pem"),
            key: authority.file("client.key"),
            ..own.clone()
        };
        let cases = [("localhost", &both, true), ("127.0.0.1", &both, true), ("localhost", &own, false)];
        for (host, tls, is_let_in) in cases.into_iter().chain([("localhost", &Tls::default(), false)]) {
            let config = Config { url: url(host), tls: tls.clone(), ..store.config() };
            let client = Client::new(config, Budget::new(1 << 20)).expect("usable settings");
            match ask(&client, "a").await {
                Ok(rows) => assert!(is_let_in && rows == echoed("a"), "{host} {tls:?}"),
                Err(error) => {
                    assert!(!is_let_in && error.kind() == ErrorKind::Unavailable, "{host}: {error}");
                }
            }
        }
    });
}

#[test]
fn unusable_certificates_are_settings_errors() {
    run(async {
        let authority = Authority::new();
        let store = Store::start(Peer::echo).await;
        let tls = |ca: &str, certificate: &str, key: &str| Tls {
            ca: authority.file(ca).filter(|_| !ca.is_empty()),
            certificate: authority.file(certificate).filter(|_| !certificate.is_empty()),
            key: authority.file(key).filter(|_| !key.is_empty()),
        };
        let cases = [
            (tls("absent.pem", "", ""), "tls.ca"),
            (tls("client.key", "", ""), "tls.ca"),
            (tls("", "client.pem", ""), "tls.key"),
            (tls("", "", "client.key"), "tls.certificate"),
            (tls("", "client.pem", "server.key"), "tls.key"),
            (tls("", "client.pem", "client.pem"), "tls.key"),
        ];
        for (tls, setting) in cases {
            let config =
                Config { url: "wss://localhost".parse().expect("an address"), tls, ..store.config() };
            let error = Client::new(config, Budget::new(1)).err().expect(setting);
            assert!(error.kind() == ErrorKind::Config && error.to_string().contains(setting), "{error}");
        }
    });
}
