//! The query that Cube says it answered. A `queryRewrite` may add filters, which is its purpose; when it lowers
//! the limit or moves the zone, the rows no longer mean what was asked.

use serde::Deserialize;

use crate::error::{Error, Result};

/// What the echoed query must not have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) limit: u64,
    pub(crate) offset: u64,
    pub(crate) timezone: String,
}

/// The echo, as far as it is looked at.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Echo {
    limit: Option<u64>,
    row_limit: Option<u64>,
    offset: Option<u64>,
    timezone: Option<String>,
}

impl Asked {
    pub(super) fn check(&self, echo: &Echo) -> Result<()> {
        same("limit", &self.limit, echo.limit.as_ref())?;
        same("limit", &self.limit, echo.row_limit.as_ref())?;
        same("offset", &self.offset, echo.offset.as_ref())?;
        same("timezone", &self.timezone, echo.timezone.as_ref())
    }
}

fn same<T: PartialEq + ToString>(what: &'static str, asked: &T, found: Option<&T>) -> Result<()> {
    match found {
        Some(found) if found != asked => {
            Err(Error::Rewritten { what, asked: asked.to_string(), found: found.to_string() })
        }
        _ => Ok(()),
    }
}
