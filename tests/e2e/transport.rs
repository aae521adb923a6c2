//! Connections: encrypted, by certificates that change and that clients show, through sockets, and for long headers.

use std::{fs, path::Path, time::Duration};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    SanType,
};
use tonic::{
    Code,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity},
};

use crate::harness::{Client, Gateway, Settings, binary, stacks, token};

const ONE: &str = "SELECT MEASURE(count) FROM orders";

/// An authority and what it signs.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    /// Certificate and key of the server on this machine.
    fn server(&self) -> (String, String) {
        self.signed(CertificateParams::new(vec!["localhost".to_owned()]).unwrap())
    }

    /// Certificate and key of a client with this URI or DNS name.
    fn client(&self, name: &str) -> Identity {
        let written = name.try_into().unwrap();
        let name = if name.contains("://") { SanType::URI(written) } else { SanType::DnsName(written) };
        self.named(vec![name], "a client")
    }

    fn named(&self, names: Vec<SanType>, common: &str) -> Identity {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.subject_alt_names = names;
        params.distinguished_name.push(DnType::CommonName, common);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let (certificate, key) = self.signed(params);
        Identity::from_pem(certificate, key)
    }

    fn signed(&self, params: CertificateParams) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }
}

fn write(dir: &Path, (certificate, key): &(String, String)) -> String {
    fs::write(dir.join("server.key"), key).unwrap();
    fs::write(dir.join("server.pem"), certificate).unwrap();
    let dir = dir.display();
    format!("flight.tls_certificate = \"{dir}/server.pem\"\nflight.tls_key = \"{dir}/server.key\"\n")
}

async fn connected(gateway: &Gateway, tls: ClientTlsConfig) -> Result<Channel, tonic::transport::Error> {
    let url = format!("https://{}", gateway.url().trim_start_matches("grpc://"));
    Endpoint::new(url).unwrap().tls_config(tls.domain_name("localhost")).unwrap().connect().await
}

fn trusting(authority: &Authority) -> ClientTlsConfig {
    ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority.pem()))
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_replaced_while_connections_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = (Authority::new(), Authority::new());
    let lines = write(dir.path(), &old.server());
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow).with(&lines));
    let before = connected(&gateway, trusting(&old)).await.unwrap();
    let mut before = Client::over(before, &token("ann", 600));
    assert_eq!(before.value(ONE).await, "15000");
    assert!(connected(&gateway, trusting(&new)).await.is_err());

    // What cannot be used is not shown.
    fs::write(dir.path().join("server.pem"), "half a file").unwrap();
    assert!(!gateway.logged_soon("the new certificate cannot be used").await.is_empty());
    assert!(connected(&gateway, trusting(&old)).await.is_ok());

    write(dir.path(), &new.server());
    assert!(!gateway.logged_soon("another certificate is shown").await.is_empty());
    let after = connected(&gateway, trusting(&new)).await.unwrap();
    assert_eq!(Client::over(after, &token("ann", 600)).value(ONE).await, "15000");
    assert!(connected(&gateway, trusting(&old)).await.is_err());
    assert_eq!(before.value(ONE).await, "15000");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_is_a_credential() {
    let dir = tempfile::tempdir().unwrap();
    let (authority, stranger) = (Authority::new(), Authority::new());
    fs::write(dir.path().join("ca.pem"), authority.pem()).unwrap();
    let lines = write(dir.path(), &authority.server());
    let clients = format!(
        "{lines}flight.client_ca = \"{}/ca.pem\"\n\
         auth.certificates.\"spiffe://tests/bi\" = {{ context = {{ tenant = 7 }} }}\n\
         auth.certificates.\"bi.tests\" = {{ context = {{ tenant = 7 }} }}\n",
        dir.path().display()
    );
    let settings = Settings::both_roads(&stacks().arrow);
    let optional = Gateway::start(&settings.clone().with(&clients).with("flight.client_auth = \"optional\""));
    let known = trusting(&authority).identity(authority.client("spiffe://tests/bi"));
    let unknown = trusting(&authority).identity(authority.client("spiffe://tests/other"));
    let forged = trusting(&authority).identity(stranger.client("spiffe://tests/bi"));

    let mut bi = Client::over(connected(&optional, known.clone()).await.unwrap(), "");
    assert_eq!(bi.value(ONE).await, "15000");
    // A ticket of one is not good for another, however they came in.
    let ticket = bi.info(ONE).await.unwrap().endpoint[0].ticket.clone().unwrap();
    let mut ann = Client::over(connected(&optional, trusting(&authority)).await.unwrap(), &token("ann", 600));
    assert_eq!(ann.rows_of(ticket).await.unwrap_err().0, Code::NotFound);
    assert_eq!(ann.value(ONE).await, "15000");
    let dns = trusting(&authority).identity(authority.client("bi.tests"));
    assert_eq!(Client::over(connected(&optional, dns).await.unwrap(), "").value(ONE).await, "15000");
    // Nobody checks what a common name says.
    let common = trusting(&authority).identity(authority.named(Vec::new(), "bi.tests"));
    for tls in [unknown.clone(), common, trusting(&authority)] {
        let mut nobody = Client::over(connected(&optional, tls).await.unwrap(), "");
        assert_eq!(nobody.query(ONE).await.unwrap_err().0, Code::Unauthenticated);
    }
    assert!(!is_served(&optional, forged.clone()).await);

    let required = Gateway::start(&settings.with(&clients).with("flight.client_auth = \"required\""));
    assert!(is_served(&required, known).await);
    assert!(!is_served(&required, trusting(&authority)).await);
    assert!(!is_served(&required, forged).await);
}

/// Whether a call gets through; in TLS 1.3 a client learns only then that its certificate was refused.
async fn is_served(gateway: &Gateway, tls: ClientTlsConfig) -> bool {
    let Ok(channel) = connected(gateway, tls).await else { return false };
    Client::over(channel, &token("ann", 600)).query(ONE).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn long_tokens_pass_and_longer_ones_are_refused() {
    let mut gateway = Gateway::start(&Settings::both_roads(&stacks().arrow));
    let long = |bytes: usize| {
        let claims = serde_json::json!({"sub": "ann", "groups": "x".repeat(bytes)});
        let expires = chrono::Utc::now() + chrono::TimeDelta::seconds(600);
        let secret = auth::Secret::new(crate::harness::SECRET);
        auth::mint(&secret, claims.as_object().unwrap(), expires).expose().to_owned()
    };
    assert_eq!(gateway.client_with(&long(16 << 10)).await.value(ONE).await, "15000");
    let refused = gateway.client_with(&long(200 << 10)).await.query(ONE).await;
    assert!(refused.is_err());
    assert!(gateway.lives());
    assert_eq!(gateway.client().await.value(ONE).await, "15000");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unix_socket_is_served_too_and_health_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cubeflight.sock");
    // What a process left that was killed.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let line = format!("flight.unix_socket = \"{}\"", path.display());
    let _gateway = Gateway::start(&Settings::both_roads(&stacks().arrow).with(&line));
    let url = format!("unix://{}", path.display());
    let channel = Endpoint::new(url).unwrap().connect().await.unwrap();
    assert_eq!(Client::over(channel.clone(), &token("ann", 600)).value(ONE).await, "15000");
    let mut health = tonic_health::pb::health_client::HealthClient::new(channel);
    for service in ["", "arrow.flight.protocol.FlightService"] {
        let request = tonic_health::pb::HealthCheckRequest { service: service.to_owned() };
        let status = health.check(request).await.unwrap().into_inner().status;
        assert_eq!(status, tonic_health::pb::health_check_response::ServingStatus::Serving as i32);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_connection_begins_anew_and_no_call_is_lost() {
    let settings = Settings::both_roads(&stacks().arrow).with("flight.max_connection_age = \"300ms\"");
    let gateway = Gateway::start(&settings);
    let mut client = gateway.client().await;
    let until = std::time::Instant::now() + Duration::from_secs(2);
    let (mut answered, mut unsent) = (0.0, 0);
    while std::time::Instant::now() < until {
        // A call that the gateway never saw is this client's own affair: others send it again.
        let Ok(info) = client.info(ONE).await else {
            unsent += 1;
            continue;
        };
        answered += 1.0;
        if let Ok(rows) = client.read(info).await {
            assert_eq!(rows.values[0][0].to_string(), "15000");
            answered += 1.0;
        }
    }
    let calls = async |code: &str| gateway.metric("cubeflight_flight_calls_total", code).await;
    assert_eq!((calls("").await, calls("code=\"ok\"").await), (answered, answered), "{unsent} were not sent");
    assert!(answered > 10.0);
}

#[test]
fn half_of_a_setting_is_refused() {
    for (lines, what) in [
        ("flight.client_auth = \"required\"", "flight.client_ca"),
        ("flight.client_ca = \"ca.pem\"", "flight.client_auth"),
        ("flight.tls_key = \"server.key\"", "flight.tls_certificate"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("cubeflight.toml");
        fs::write(&config, lines).unwrap();
        let output = binary().arg("serve").arg("--config").arg(&config).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(what), "{lines}: {said}");
    }
}
