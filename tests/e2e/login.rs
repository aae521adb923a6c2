//! Who is let in, and what belongs to whom.

use argon2::{
    Argon2, PasswordHasher,
    password_hash::{SaltString, rand_core::OsRng},
};
use arrow_flight::{Action, Ticket};
use bytes::Bytes;
use tonic::{Code, metadata::MetadataValue};

use crate::harness::{Client, Gateway, SECRET, Settings, said, stacks, status_said, token};

const ONE: &str = "SELECT MEASURE(count) FROM orders";

#[tokio::test(flavor = "multi_thread")]
async fn only_good_credentials_are_let_in() {
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow));
    let other_secret = auth::mint(
        &auth::Secret::new("another-secret-that-is-long-enough-0123"),
        &serde_json::Map::new(),
        chrono::Utc::now() + chrono::TimeDelta::seconds(600),
    );
    let good = token("ann", 600);
    let mut turned = good.clone().into_bytes();
    turned[good.len() / 2] ^= 1;
    let turned = String::from_utf8(turned).unwrap();
    for (name, bad) in [
        ("none", ""),
        ("no token", "nonsense"),
        ("another secret", other_secret.expose()),
        ("expired", &token("ann", -60)),
        ("changed", &turned),
        ("cubeflight1", "cubeflight1.AAAA"),
    ] {
        let (code, text) = gateway.client_with(bad).await.query(ONE).await.unwrap_err();
        assert_eq!(code, Code::Unauthenticated, "{name}: {text}");
        assert!(!text.contains(SECRET) && (bad.is_empty() || !text.contains(bad)), "{name}: {text}");
    }
    assert_eq!(gateway.client_with(&good).await.value(ONE).await, "15000");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_opens_a_session_and_a_wrong_one_does_not() {
    let salt = SaltString::generate(&mut OsRng);
    let hash = Argon2::default().hash_password(b"open sesame", &salt).unwrap();
    let user = format!("auth.users.ann = {{ password_hash = \"{hash}\", context = {{ tenant = 7 }} }}");
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow).with(&user));
    let mut ann = gateway.client_with("").await;
    ann.sql.handshake("ann", "open sesame").await.unwrap();
    let session = ann.sql.token().cloned().unwrap();
    assert!(session.starts_with("cubeflight1."), "{session}");
    assert_eq!(ann.value(ONE).await, "15000");

    // A bearer token is taken for a session too, which ends no later than the token.
    let mut again = gateway.client_with(&session).await;
    assert_eq!(again.value(ONE).await, "15000");

    for (user, password) in [("ann", "wrong"), ("bob", "open sesame"), ("", "")] {
        let error = gateway.client_with("").await.sql.handshake(user, password).await.unwrap_err();
        assert!(error.to_string().contains("credential"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_its_owners_alone_and_nobody_elses() {
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow));
    let mut ann = gateway.client_with(&token("ann", 600)).await;
    let mut bob = gateway.client_with(&token("bob", 600)).await;
    let ticket = ticket(&mut ann).await;
    let (code, text) = bob.rows_of(ticket.clone()).await.unwrap_err();
    assert_eq!(code, Code::NotFound, "{text}");
    // The same person with another token is the same person.
    let mut ann_again = gateway.client_with(&token("ann", 500)).await;
    assert_eq!(ann_again.rows_of(ticket.clone()).await.unwrap().1[0].num_rows(), 1);
    assert_eq!(ann.rows_of(ticket).await.unwrap().1[0].num_rows(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_with_any_bit_turned_opens_nothing() {
    let mut gateway = Gateway::start(&Settings::both_roads(&stacks().arrow));
    let mut client = gateway.client().await;
    let good = ticket(&mut client).await;
    for position in 0..good.ticket.len() {
        let mut bytes = good.ticket.to_vec();
        bytes[position] ^= 1 << (position % 8);
        let result = client.rows_of(Ticket { ticket: Bytes::from(bytes) }).await;
        let (code, text) = result.expect_err(&format!("byte {position} may be anything"));
        let known = [Code::NotFound, Code::InvalidArgument, Code::Unimplemented];
        assert!(known.contains(&code), "byte {position}: {code:?} {text}");
    }
    assert!(gateway.lives());
    assert_eq!(client.rows_of(good).await.unwrap().1[0].num_rows(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_with_one_key_take_each_others_tickets() {
    let key = "auth.keys = [\"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\"]";
    let settings = Settings::both_roads(&stacks().arrow).with(key);
    let (first, second) = (Gateway::start(&settings), Gateway::start(&settings));
    let ticket = ticket(&mut first.client().await).await;
    assert_eq!(second.client().await.rows_of(ticket.clone()).await.unwrap().1[0].num_rows(), 1);
    let stranger = Gateway::start(&Settings::both_roads(&stacks().arrow));
    assert_eq!(stranger.client().await.rows_of(ticket).await.unwrap_err().0, Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_served_says_so() {
    let mut gateway = Gateway::start(&Settings::both_roads(&stacks().arrow));
    let mut client = gateway.client().await;
    let (code, text) = said(client.sql.begin_transaction().await.unwrap_err());
    assert_eq!(code, Code::Unimplemented, "{text}");
    let action = Action { r#type: "NoSuchAction".to_owned(), body: Bytes::new() };
    let mut request = tonic::Request::new(action);
    let bearer = format!("Bearer {}", token("ann", 60));
    request.metadata_mut().insert("authorization", MetadataValue::try_from(bearer).unwrap());
    let status = client.sql.inner_mut().do_action(request).await.unwrap_err();
    assert_eq!(status_said(&status), (Code::InvalidArgument, "there is no action `NoSuchAction`".to_owned()));
    assert!(gateway.lives());
}

async fn ticket(client: &mut Client) -> Ticket {
    client.info(ONE).await.unwrap().endpoint[0].ticket.clone().unwrap()
}
