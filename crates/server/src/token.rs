//! `cubeflight token`: signs claims with the secret that the gateway checks.

use auth::Secret;
use chrono::{TimeDelta, Utc};
use serde_json::{Map, Value};

use crate::{
    cli::TokenArgs,
    config, demo,
    error::{Result, ServerError},
};

pub(crate) fn run(args: &TokenArgs) -> Result<()> {
    let secret = if args.demo { demo::secret(&args.data_dir)? } else { configured(args)? };
    println!("{}", token(&secret, &args.claims, args.ttl)?.expose());
    Ok(())
}

/// A token with the claims, for so many seconds.
pub(crate) fn token(secret: &Secret, claims: &str, ttl: u32) -> Result<Secret> {
    let claims: Map<String, Value> = serde_json::from_str(claims).map_err(|error| ServerError::Setting {
        setting: "--claims",
        why: format!("no JSON object: {error}"),
    })?;
    Ok(auth::mint(secret, &claims, Utc::now() + TimeDelta::seconds(ttl.into())))
}

fn configured(args: &TokenArgs) -> Result<Secret> {
    let settings = config::load(args.config.as_deref())?;
    settings.auth.jwt_secret.ok_or(ServerError::Missing {
        setting: "auth.jwt_secret",
        why: "the secret that tokens are signed with; or --demo for the demo in this folder",
    })
}
