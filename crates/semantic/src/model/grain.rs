//! Granularities by name: the standard ones and those that a time dimension declares for itself.

use std::{fmt, sync::Arc};

use serde::Serialize;

use crate::{granularity::Granularity, model::Interval, template::Template};

/// The granularity that a stored time or a window is kept at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grain {
    /// One that every time dimension has.
    Standard(Granularity),
    /// One that the time dimension declares; it may bear the name of a standard one and then replaces it.
    Custom(Arc<str>),
}

/// An entry of `granularities`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CustomGranularity {
    /// Its name.
    pub name: Arc<str>,
    /// Shown to people.
    pub title: Option<String>,
    /// The length of a bin.
    pub interval: Option<Interval>,
    /// The start of one bin, as written.
    pub origin: Option<String>,
    /// How far bins are moved from where they would start by themselves.
    pub offset: Option<Interval>,
    /// On calendar cubes: the column that holds the start of the bin.
    pub sql: Option<Template>,
}

impl Grain {
    /// The standard granularity, unless it is a custom one.
    pub fn standard(&self) -> Option<Granularity> {
        match self {
            Self::Standard(granularity) => Some(*granularity),
            Self::Custom(_) => None,
        }
    }
}

impl CustomGranularity {
    /// The standard granularity that it replaces: a calendar's own months are no months of anybody else.
    pub fn replaces(&self) -> Option<Granularity> {
        self.name.parse().ok()
    }
}

impl fmt::Display for Grain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standard(granularity) => granularity.fmt(f),
            Self::Custom(name) => f.write_str(name),
        }
    }
}

impl Serialize for Grain {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
