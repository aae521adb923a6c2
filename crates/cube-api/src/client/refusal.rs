//! What an HTTP status other than 200 means. Owns the few of Cube's texts that change the meaning of a status:
//! it answers some mistakes of the caller with 500.

use reqwest::StatusCode;
use serde::Deserialize;

use crate::error::Error;

/// Mistakes of the caller that Cube answers with 500.
const USER_MISTAKES: [&str; 3] = ["You requested hidden member", "Granularity \"", "is not a valid timezone"];

#[derive(Deserialize)]
pub(super) struct ErrorBody {
    pub(super) error: String,
}

pub(super) fn of(status: StatusCode, body: &str) -> Error {
    let message = words(body);
    match status.as_u16() {
        401 | 403 => Error::Auth { message: message.unwrap_or_else(|| format!("HTTP {}", status.as_u16())) },
        status @ (408 | 429 | 502..=504) => Error::Unavailable { status, attempts: 1 },
        status @ (300..=399 | 404 | 405 | 410) => Error::NoApi { status },
        500 => of_500(message.unwrap_or_default()),
        status => match message {
            Some(message) if status < 500 => Error::user(message),
            message => Error::Failed { status, message: message.unwrap_or_default() },
        },
    }
}

fn of_500(message: String) -> Error {
    if message.contains("The query limit has been exceeded") {
        return Error::PageRefused;
    }
    if USER_MISTAKES.iter().any(|mistake| message.contains(mistake)) {
        return Error::user(message);
    }
    Error::Failed { status: 500, message }
}

/// Cube's own words; what a proxy says in HTML is nobody's.
fn words(body: &str) -> Option<String> {
    serde_json::from_str(body).ok().map(|ErrorBody { error }| error)
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::error::ErrorKind;
    use reqwest::StatusCode;

    #[test]
    fn statuses() {
        let hidden = r#"{"error":"Error: You requested hidden member: 'users__email'."}"#;
        let granularity =
            r#"{"error":"Error: Granularity \"fortnight\" does not exist in dimension orders.t"}"#;
        for (status, body, kind) in [
            (
                400,
                r#"{"type":"UserError","error":"'nope' not found for path 'orders.nope'"}"#,
                ErrorKind::User,
            ),
            (400, "<html>Bad Request</html>", ErrorKind::Failed),
            (401, "", ErrorKind::Auth),
            (403, r#"{"error":"Invalid token"}"#, ErrorKind::Auth),
            (301, "", ErrorKind::Config),
            (404, "<html>Cannot POST</html>", ErrorKind::Config),
            (413, r#"{"error":"request entity too large"}"#, ErrorKind::User),
            (429, "", ErrorKind::Unavailable),
            (500, r#"{"error":"Error: The query limit has been exceeded."}"#, ErrorKind::Config),
            (500, hidden, ErrorKind::User),
            (500, granularity, ErrorKind::User),
            (500, r#"{"error":"TypeError: array?.some is not a function"}"#, ErrorKind::Failed),
            (500, "", ErrorKind::Failed),
            (502, "<html>Bad Gateway</html>", ErrorKind::Unavailable),
            (503, "", ErrorKind::Unavailable),
            (504, "", ErrorKind::Unavailable),
            (204, "", ErrorKind::Failed),
        ] {
            assert_eq!(of(StatusCode::from_u16(status).unwrap(), body).kind(), kind, "{status} {body}");
        }
    }

    #[test]
    fn words_of_a_failure_are_for_the_log() {
        let error = of(StatusCode::INTERNAL_SERVER_ERROR, r#"{"error":"Error: secret table"}"#);
        assert!(!error.to_string().contains("secret") && error.detail().contains("secret"));
    }
}
