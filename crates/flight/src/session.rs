//! The options of a session: their names, what they may be set to, and what they are. Who carries them is not known
//! here.

use std::{ops::RangeInclusive, time::Duration};

use auth::SessionOptions;
use chrono_tz::{TZ_VARIANTS, Tz};
use engine::{Place, Roads};
use humantime_serde::re::humantime;
use semantic::name::{CATALOG, SCHEMA};

use crate::encode::{Compression, Texts};

/// What a session has set. Everything else is as the server has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Session {
    /// The zone whose clock times show.
    pub(crate) zone: Option<Tz>,
    /// How long a query may take.
    pub(crate) query_timeout: Option<Duration>,
    /// The roads that queries may take.
    pub(crate) roads: Roads,
    /// How batches are compressed.
    pub(crate) compression: Compression,
    /// How texts are written.
    pub(crate) texts: Texts,
    /// Endpoints that a result is announced as at most.
    pub(crate) endpoints: Option<usize>,
    /// Where endpoints say that they are.
    pub(crate) location: Location,
    /// Where its temporary tables are. Nobody sets it: it is what a caller got for bringing rows.
    pub(crate) place: Option<Place>,
}

/// Where an endpoint says that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Location {
    /// Nothing: at the server that was asked.
    #[default]
    None,
    /// Where the connection leads that the announcement came over.
    Reuse,
}

/// Why an option is not set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OptionError {
    /// No such option.
    #[error("there is no session option `{name}`; there are {}", names())]
    Name {
        /// As written.
        name: String,
    },
    /// Nothing that it can be set to.
    #[error("`{value}` is no value of the session option `{name}`; it takes {takes}")]
    Value {
        /// The option.
        name: &'static str,
        /// As written.
        value: String,
        /// What would do.
        takes: &'static str,
    },
}

/// An option.
struct SessionOption {
    name: &'static str,
    takes: &'static str,
    /// `None`: the value cannot be read.
    set: fn(&mut Session, Option<&str>) -> Option<()>,
    /// `None`: it is as the server has it.
    get: fn(&Session) -> Option<String>,
}

const OPTIONS: [SessionOption; 9] = [
    SessionOption {
        name: "catalog",
        takes: "the only catalog, `cube`",
        set: |_, value| value.is_none_or(|value| value.eq_ignore_ascii_case(CATALOG)).then_some(()),
        get: |_| Some(CATALOG.to_owned()),
    },
    SessionOption {
        name: "schema",
        takes: "the schema of cubes and views, `public`; write the name of another one before the table's",
        set: |_, value| value.is_none_or(|value| value.eq_ignore_ascii_case(SCHEMA)).then_some(()),
        get: |_| Some(SCHEMA.to_owned()),
    },
    SessionOption {
        name: "timezone",
        takes: "the IANA name of a zone, such as `Europe/Berlin`",
        set: |session, value| {
            session.zone = read(value, zone)?;
            Some(())
        },
        get: |session| session.zone.map(|zone| zone.name().to_owned()),
    },
    SessionOption {
        name: "query_timeout",
        takes: "a number of seconds, or a duration such as `1m 30s`",
        set: |session, value| {
            session.query_timeout = read(value, duration)?;
            Some(())
        },
        get: |session| session.query_timeout.map(|limit| humantime::format_duration(limit).to_string()),
    },
    SessionOption {
        name: "road",
        takes: "`auto`, `rollup` or `cube`",
        set: |session, value| {
            session.roads = read(value, |value| one_of(&ROADS, value))?.unwrap_or_default();
            Some(())
        },
        get: |session| Some(name_of(&ROADS, session.roads)),
    },
    SessionOption {
        name: "compression",
        takes: "`none`, `lz4` or `zstd`",
        set: |session, value| {
            session.compression = read(value, Compression::parse)?.unwrap_or_default();
            Some(())
        },
        get: |session| Some(session.compression.name().to_owned()),
    },
    SessionOption {
        name: "text_encoding",
        takes: "`plain` or `dictionary`",
        set: |session, value| {
            session.texts = read(value, |value| one_of(&TEXTS, value))?.unwrap_or_default();
            Some(())
        },
        get: |session| Some(name_of(&TEXTS, session.texts)),
    },
    SessionOption {
        name: "endpoints",
        takes: "a number from 1 to 64",
        set: |session, value| {
            session.endpoints =
                read(value, |value| value.parse().ok().filter(|most| ENDPOINTS.contains(most)))?;
            Some(())
        },
        get: |session| session.endpoints.map(|most| most.to_string()),
    },
    SessionOption {
        name: "endpoint_location",
        takes: "`none` or `reuse`",
        set: |session, value| {
            session.location = read(value, |value| one_of(&LOCATIONS, value))?.unwrap_or_default();
            Some(())
        },
        get: |session| Some(name_of(&LOCATIONS, session.location)),
    },
];

/// How many endpoints an answer may be announced as at most.
pub const ENDPOINTS: RangeInclusive<usize> = 1..=64;

/// What [`Session::place`] is carried as, beside the options.
const PLACE: &str = "temporary tables";

const LOCATIONS: [(&str, Location); 2] = [("none", Location::None), ("reuse", Location::Reuse)];

const TEXTS: [(&str, Texts); 2] = [("plain", Texts::Plain), ("dictionary", Texts::Dictionary)];

const ROADS: [(&str, Roads); 3] = [("auto", Roads::Auto), ("rollup", Roads::Rollup), ("cube", Roads::Cube)];

impl Session {
    /// The session that `options` were carried for; `None` when they were made by a server that knows others.
    pub(crate) fn of<'a>(options: impl IntoIterator<Item = (&'a String, &'a String)>) -> Option<Self> {
        let mut session = Self::default();
        for (name, value) in options {
            if name == PLACE {
                session.place = Some(value.parse().ok()?);
            } else {
                session.set(name, Some(value)).ok()?;
            }
        }
        Some(session)
    }

    /// What is to be carried: the options that differ from the server's own, and the place.
    pub(crate) fn options(&self) -> SessionOptions {
        let untouched = Self::default();
        let set = OPTIONS.iter().filter(|option| (option.get)(self) != (option.get)(&untouched));
        let set = set.filter_map(|option| Some((option.name.to_owned(), (option.get)(self)?)));
        let place = self.place.iter().map(|place| (PLACE.to_owned(), place.to_string()));
        set.chain(place).collect()
    }

    /// All options that have a value.
    pub(crate) fn shown(&self) -> impl Iterator<Item = (&'static str, String)> + '_ {
        OPTIONS.iter().filter_map(|option| Some((option.name, (option.get)(self)?)))
    }

    /// The same session, in this zone when it has none of its own.
    pub(crate) fn with_zone(self, zone: Tz) -> Self {
        Self { zone: Some(self.zone.unwrap_or(zone)), ..self }
    }

    /// Sets an option; `None` takes it back.
    pub(crate) fn set(&mut self, name: &str, value: Option<&str>) -> Result<(), OptionError> {
        let option = OPTIONS.iter().find(|option| option.name.eq_ignore_ascii_case(name));
        let Some(SessionOption { name, takes, set, .. }) = option else {
            return Err(OptionError::Name { name: shortened(name) });
        };
        let value = value.map(str::trim);
        set(self, value).ok_or_else(|| {
            let value = shortened(value.unwrap_or_default());
            OptionError::Value { name, value, takes }
        })
    }
}

/// The value read; `None` when it cannot be.
fn read<T>(value: Option<&str>, one: impl FnOnce(&str) -> Option<T>) -> Option<Option<T>> {
    value.map_or(Some(None), |value| one(value).map(Some))
}

fn zone(name: &str) -> Option<Tz> {
    TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(name)).copied()
}

fn duration(text: &str) -> Option<Duration> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let duration = seconds.or_else(|| humantime::parse_duration(text).ok())?;
    // Finer times would not be the same when they are read again.
    let duration = Duration::from_millis(u64::try_from(duration.as_millis()).ok()?);
    (!duration.is_zero()).then_some(duration)
}

/// The value of a name.
pub(crate) fn one_of<T: Copy>(names: &[(&str, T)], text: &str) -> Option<T> {
    names.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, value)| *value)
}

fn name_of<T: PartialEq>(names: &[(&str, T)], of: T) -> String {
    let name = names.iter().find(|(_, value)| *value == of).map(|(name, _)| *name);
    name.unwrap_or_default().to_owned()
}

/// What is repeated to the one who wrote it.
fn shortened(text: &str) -> String {
    text.chars().take(100).collect::<String>().escape_debug().to_string()
}

fn names() -> String {
    OPTIONS.map(|option| format!("`{}`", option.name)).join(", ")
}

#[cfg(test)]
mod tests {
    use super::Session;

    fn set(name: &str, value: &str) -> String {
        let mut session = Session::default();
        match session.set(name, Some(value)) {
            Ok(()) => format!("{:?}", session.options()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn options_and_what_they_take() {
        for (name, value, expected) in [
            ("timezone", "europe/berlin", r#"{"timezone": "Europe/Berlin"}"#),
            ("TimeZone", " UTC ", r#"{"timezone": "UTC"}"#),
            ("query_timeout", "90", r#"{"query_timeout": "1m 30s"}"#),
            ("query_timeout", "0.25", r#"{"query_timeout": "250ms"}"#),
            ("query_timeout", "2 min", r#"{"query_timeout": "2m"}"#),
            ("road", "CUBE", r#"{"road": "cube"}"#),
            ("road", "auto", "{}"),
            ("compression", "zstd", r#"{"compression": "zstd"}"#),
            ("text_encoding", "Dictionary", r#"{"text_encoding": "dictionary"}"#),
            ("endpoints", "8", r#"{"endpoints": "8"}"#),
            ("endpoint_location", "Reuse", r#"{"endpoint_location": "reuse"}"#),
            ("catalog", "Cube", "{}"),
            ("schema", "public", "{}"),
        ] {
            assert_eq!(set(name, value), expected, "{name} = {value}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (name, value) in [
            ("timezone", "Mars"),
            ("query_timeout", "0"),
            ("query_timeout", "-1"),
            ("query_timeout", "NaN"),
            ("query_timeout", "1e300"),
            ("road", "sea"),
            ("compression", "snappy"),
            ("text_encoding", "utf16"),
            ("endpoints", "0"),
            ("endpoints", "65"),
            ("endpoints", "many"),
            ("endpoint_location", "here"),
            ("catalog", "other"),
            ("schema", "information_schema"),
        ] {
            let error = set(name, value);
            assert!(
                error.starts_with(&format!("`{value}` is no value of the session option `{name}`")),
                "{error}"
            );
        }
        assert!(
            set("colour", "red").starts_with("there is no session option `colour`; there are `catalog`,")
        );
    }

    #[test]
    fn what_is_carried_comes_back() {
        let mut session = Session::default();
        for (name, value) in [("timezone", "Asia/Tokyo"), ("query_timeout", "1.5"), ("road", "rollup")] {
            session.set(name, Some(value)).unwrap();
        }
        assert_eq!(Session::of(&session.options()), Some(session.clone()));
        session.set("road", None).unwrap();
        session.set("timezone", None).unwrap();
        assert_eq!(format!("{:?}", session.options()), r#"{"query_timeout": "1s 500ms"}"#);
        let place = format!("gateway-1/{}/{}", uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
        session.place = Some(place.parse().unwrap());
        assert_eq!(session.options()[super::PLACE], place);
        assert_eq!(Session::of(&session.options()), Some(session.clone()));
        // Nobody says where their tables are, and nobody is told.
        assert!(session.set(super::PLACE, Some(&place)).is_err());
        assert!(session.shown().all(|(name, _)| name != super::PLACE));
        assert_eq!(
            Session::of(&std::collections::BTreeMap::from([("colour".to_owned(), "red".to_owned())])),
            None
        );
    }
}
