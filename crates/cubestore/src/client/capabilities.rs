//! What a CubeStore can do, told from the version it names at the upgrade. Never asks it anything.

use std::str::FromStr;

/// The version of a CubeStore.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
    /// The third number.
    pub patch: u32,
}

/// What a CubeStore can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capabilities {
    /// Its version; older ones do not say it.
    pub version: Option<Version>,
}

const PARAMETERS: Version = Version { major: 1, minor: 6, patch: 38 };
const ARROW: Version = Version { major: 1, minor: 6, patch: 66 };

impl Capabilities {
    /// The header of the upgrade's response that names the version.
    pub(crate) const HEADER: &'static str = "X-CubeStore-Version";

    pub(crate) fn of(header: Option<&str>) -> Self {
        Self { version: header.and_then(|text| text.parse().ok()) }
    }

    fn since(&self, version: Version) -> bool {
        self.version.is_some_and(|own| own >= version)
    }

    /// It takes values for the `?` of a statement.
    pub fn parameters(&self) -> bool {
        self.since(PARAMETERS)
    }

    /// It answers in Arrow.
    pub fn arrow(&self) -> bool {
        self.since(ARROW)
    }
}

impl FromStr for Version {
    type Err = &'static str;

    /// Reads `1.6.66`, also with a `v` before and anything after a `-` or `+`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let text = text.strip_prefix('v').unwrap_or(text);
        let release = text.split(['-', '+']).next().unwrap_or(text);
        let numbers: Option<Vec<u32>> = release.split('.').map(|number| number.parse().ok()).collect();
        match numbers.as_deref() {
            Some(&[major, minor, patch]) => Ok(Self { major, minor, patch }),
            _ => Err("not a version such as `1.6.66`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_follow_the_version() {
        for (header, parameters, arrow) in [
            (None, false, false),
            (Some("1.6.37"), false, false),
            (Some("1.6.38"), true, false),
            (Some("1.6.65"), true, false),
            (Some("v1.6.66"), true, true),
            (Some("1.7.0-beta.1"), true, true),
            (Some("2.0.0+build"), true, true),
            (Some("1.6"), false, false),
            (Some("nonsense"), false, false),
        ] {
            let capabilities = Capabilities::of(header);
            assert_eq!((capabilities.parameters(), capabilities.arrow()), (parameters, arrow), "{header:?}");
        }
    }
}
