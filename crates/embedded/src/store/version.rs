//! What a store of some version can do; the versions are those of the real server.

/// The abilities that callers must not count on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Abilities {
    /// `?` in statements.
    pub(super) parameters: bool,
    /// Answers as Arrow.
    pub(super) arrow: bool,
    /// Requests over the limit are told so.
    pub(super) tells_limit: bool,
    /// The engine of 2021, with its own ways to keep decimals.
    pub(super) first_engine: bool,
}

impl Abilities {
    /// Of a version as the upgrade's header tells it; without a version, of a store from before that header.
    pub(super) fn of(version: Option<&str>) -> Self {
        let numbers = version.and_then(parsed);
        let since = |least: [u32; 3]| numbers.is_some_and(|numbers| numbers >= least);
        Self {
            parameters: since([1, 6, 38]),
            arrow: since([1, 6, 66]),
            tells_limit: since([1, 6, 66]),
            first_engine: !since([1, 6, 0]),
        }
    }
}

fn parsed(version: &str) -> Option<[u32; 3]> {
    let mut numbers = version.split('.').map(|part| {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    });
    Some([numbers.next()??, numbers.next()??, numbers.next()??])
}

#[cfg(test)]
mod tests {
    use super::Abilities;

    #[test]
    fn abilities_by_version() {
        for (version, parameters, arrow, first_engine) in [
            (None, false, false, true),
            (Some("1.1.7"), false, false, true),
            (Some("1.6.37"), false, false, false),
            (Some("1.6.38"), true, false, false),
            (Some("1.6.66"), true, true, false),
            (Some("1.7.43-rc1"), true, true, false),
            (Some("garbage"), false, false, true),
        ] {
            let abilities = Abilities::of(version);
            let found = (abilities.parameters, abilities.arrow, abilities.first_engine);
            assert_eq!(found, (parameters, arrow, first_engine), "{version:?}");
        }
    }
}
