//! Which credentials are accepted, and that a token never outlives the credential that it was given for.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::Authenticator;
use crate::{AuthError, Config, ConfigError, KeyRing, Secret, Upstream, User};

const SECRET: &str = "an-hs256-secret-of-more-than-32-bytes";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

fn config() -> Config {
    Config { jwt_secret: Some(Secret::new(SECRET)), ..Config::default() }
}

fn authenticator(config: &Config) -> Authenticator {
    Authenticator::new(config, Arc::new(KeyRing::new(&[]).unwrap())).unwrap()
}

fn signed(algorithm: Algorithm, secret: &str, claims: &Value) -> String {
    encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

/// A token put together by hand, with a signature of nothing.
fn forged(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(header), part(claims))
}

#[test]
fn bearer_tokens() {
    let good = json!({"sub": "ann", "exp": 1_700_000_001, "nbf": 1_700_000_000, "tenant": 7});
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        signed(Algorithm::HS256, SECRET, &claims)
    };
    let own = signed(Algorithm::HS256, SECRET, &good);
    let accepted =
        [own.clone(), with("exp", json!(1_700_000_001.5)), signed(Algorithm::HS256, SECRET, &json!({}))];
    let mut critical = Header::new(Algorithm::HS256);
    critical.crit = Some(vec!["exp".to_owned()]);
    let refused = [
        String::new(),
        "garbage".to_owned(),
        own[..own.len() - 1].to_owned(),
        format!("{own}."),
        format!(" {own}"),
        signed(Algorithm::HS256, "another-secret-of-more-than-32-bytes!", &good),
        signed(Algorithm::HS384, SECRET, &good),
        signed(Algorithm::HS512, SECRET, &good),
        forged(&json!({"alg": "none"}), &good),
        forged(&json!({"alg": "None"}), &good),
        forged(&json!({"alg": "HS256"}), &good),
        encode(&critical, &good, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap(),
        with("exp", json!(1_700_000_000)),
        with("exp", json!("tomorrow")),
        with("exp", json!(1e300)),
        with("exp", Value::Null),
        with("nbf", json!(1_700_000_001)),
        with("nbf", json!([])),
    ];
    let authenticator = authenticator(&config());
    for token in accepted {
        authenticator.bearer(&token, now()).unwrap();
    }
    for token in refused {
        let error = authenticator.bearer(&token, now()).expect_err(&token);
        assert_eq!(error.told(), "the credential is not accepted", "{token}");
    }
    let caller = authenticator.bearer(&own, now()).unwrap();
    assert_eq!((caller.principal.as_str(), &caller.context.claims()["tenant"]), ("ann", &json!(7)));
    assert_eq!(authenticator.upstream(&caller, now()).unwrap().expose(), own);
}

#[test]
fn audience_and_issuer_are_required_when_configured() {
    let config = Config { audience: Some("bi".to_owned()), issuer: Some("idp".to_owned()), ..config() };
    let authenticator = authenticator(&config);
    let check =
        |claims: Value| authenticator.bearer(&signed(Algorithm::HS256, SECRET, &claims), now()).is_ok();
    assert!(check(json!({"aud": "bi", "iss": "idp"})));
    assert!(check(json!({"aud": ["x", "bi"], "iss": "idp"})));
    for claims in
        [json!({}), json!({"aud": "bi"}), json!({"aud": "x", "iss": "idp"}), json!({"aud": "bi", "iss": "x"})]
    {
        assert!(!check(claims.clone()), "{claims}");
    }
}

#[test]
fn a_gateway_token_stands_for_its_caller_and_dies_first() {
    let config = Config { token_ttl: std::time::Duration::from_secs(60), ..config() };
    let authenticator = authenticator(&config);
    for (credential_ends, token_ends) in [(1_700_000_010, 10), (1_700_009_999, 60)] {
        let jwt = signed(Algorithm::HS256, SECRET, &json!({"sub": "ann", "exp": credential_ends}));
        let caller = authenticator.bearer(&jwt, now()).unwrap();
        let issued = authenticator.issue(&caller, now());
        assert_eq!(issued.expires, now() + TimeDelta::seconds(token_ends));
        let before = issued.expires - TimeDelta::seconds(1);
        let again = authenticator.bearer(issued.token.expose(), before).unwrap();
        assert_eq!((&again.principal, &again.context), (&caller.principal, &caller.context));
        assert_eq!(again.upstream, Upstream::Own(Secret::new(jwt)));
        assert_eq!(authenticator.bearer(issued.token.expose(), issued.expires), Err(AuthError::Expired));
        // A token got for a token does not live longer.
        assert_eq!(authenticator.issue(&again, before).expires, issued.expires);
    }
    let other = super::Authenticator::new(&config, Arc::new(KeyRing::new(&[]).unwrap())).unwrap();
    let token = authenticator.issue(&authenticator.nobody(), now()).token;
    assert!(other.bearer(token.expose(), now()).is_err());
}

#[tokio::test]
async fn passwords() {
    let user = User {
        password_hash: Secret::new(hash("open sesame")),
        context: json!({"role": "bi"}).as_object().unwrap().clone(),
    };
    let config = Config { users: [("ann".to_owned(), user)].into(), ..config() };
    let authenticator = authenticator(&config);
    let caller = authenticator.basic("ann", "open sesame").await.unwrap();
    assert_eq!((caller.principal.as_str(), &caller.context.claims()["role"]), ("ann", &json!("bi")));
    let minted = authenticator.upstream(&caller, now()).unwrap();
    let seen = authenticator.bearer(minted.expose(), now()).unwrap();
    assert_eq!(seen.context.claims()["role"], json!("bi"));
    assert_eq!(seen.expires, Some(now() + TimeDelta::minutes(5)));
    for (name, password) in [("ann", "open"), ("ann", ""), ("bob", "open sesame"), ("", "")] {
        assert_eq!(authenticator.basic(name, password).await, Err(AuthError::Password), "{name}");
    }
}

#[test]
fn settings_that_are_refused() {
    let check = |config: Config| Authenticator::new(&config, Arc::new(KeyRing::new(&[]).unwrap())).err();
    assert_eq!(check(Config::default()), Some(ConfigError::Nobody));
    let short = Config { jwt_secret: Some(Secret::new("short")), ..Config::default() };
    assert_eq!(check(short), Some(ConfigError::ShortSecret(5)));
    let user = |hash: &str| {
        let user = User { password_hash: Secret::new(hash), context: serde_json::Map::new() };
        Config { users: [("ann".to_owned(), user)].into(), ..Config::default() }
    };
    assert_eq!(check(user("open sesame")), Some(ConfigError::PasswordHash("ann".to_owned())));
    assert_eq!(
        check(user(&hash("x").replace("argon2id", "argon2d"))),
        Some(ConfigError::PasswordHash("ann".to_owned()))
    );
    let text = format!("{:?}", config());
    assert!(!text.contains(SECRET), "{text}");
}

#[tokio::test]
async fn nobody_gets_in_without_the_switch() {
    let open = authenticator(&Config { insecure_no_auth: true, ..Config::default() });
    assert_eq!(open.anonymous().unwrap().principal, "nobody");
    assert_eq!(open.basic("any", "thing").await.unwrap().upstream, Upstream::None);
    let closed = authenticator(&config());
    assert_eq!(closed.anonymous(), Err(AuthError::Missing));
    assert!(closed.basic("any", "thing").await.is_err());
}

fn hash(password: &str) -> String {
    use argon2::{Argon2, Params, PasswordHasher, password_hash::SaltString};
    let params = Params::new(64, 1, 1, None).unwrap();
    let hasher = Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let salt = SaltString::from_b64("c29tZXNhbHRzb21lc2FsdA").unwrap();
    hasher.hash_password(password.as_bytes(), &salt).unwrap().to_string()
}
