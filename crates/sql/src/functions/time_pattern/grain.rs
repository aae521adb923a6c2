//! What a pattern shows of a time.

use semantic::Granularity;

use super::pattern::Pattern;

/// The coarsest bins of times that a pattern prints alike, and whether it prints every other bin differently; `None`
/// for a pattern that shows more than the minute, or nothing.
pub(crate) fn pattern_grain(text: &str) -> Option<(Granularity, bool)> {
    use Granularity::{Day, Hour, Minute, Month, Quarter, Year};
    let pattern = Pattern::parse(text).ok()?;
    let has = |words: &[&str]| pattern.words().any(|word| words.contains(&word));
    let grain = |word: &str| match word {
        "YYYY" | "YY" | "CC" => Some(Year),
        "Q" => Some(Quarter),
        "MM" | "MONTH" | "MON" => Some(Month),
        "HH24" | "HH12" | "HH" | "AM" | "PM" => Some(Hour),
        "MI" => Some(Minute),
        "SS" | "MS" | "US" => None,
        // Days, and weeks, which no coarser bins are made of.
        _ => Some(Day),
    };
    let finest = pattern.words().map(grain).collect::<Option<Vec<_>>>()?.into_iter().min()?;
    let (month, hour) = (has(&["MM", "MONTH", "MON"]), has(&["HH24"]));
    let day = month && has(&["DD"]) || has(&["DDD"]);
    // Without their zeros, numbers run together: 11 1 and 1 11.
    let whole = pattern.is_filled()
        && has(&["YYYY"])
        && match finest {
            Year => true,
            Quarter => has(&["Q"]),
            Month => month,
            Day => day,
            Hour => day && hour,
            Minute => day && hour && has(&["MI"]),
            _ => false,
        };
    Some((finest, whole))
}

#[cfg(test)]
mod tests {
    use super::pattern_grain;
    use semantic::Granularity::{Day, Hour, Minute, Month, Quarter, Year};

    #[test]
    fn bins_of_patterns() {
        for (pattern, grain) in [
            ("YYYY", Some((Year, true))),
            ("YY", Some((Year, false))),
            ("YYYY-\"Q\"Q", Some((Quarter, true))),
            ("YYYY-MM", Some((Month, true))),
            ("Mon YYYY", Some((Month, true))),
            ("Month", Some((Month, false))),
            ("Q MM", Some((Month, false))),
            ("YYYY-MM-DD", Some((Day, true))),
            ("YYYY-DDD", Some((Day, true))),
            ("YYYY-DD", Some((Day, false))),
            ("IYYY-IW", Some((Day, false))),
            ("Day", Some((Day, false))),
            ("YYYY-MM-DD HH24", Some((Hour, true))),
            ("YYYY-MM-DD HH", Some((Hour, false))),
            ("YYYY-MM-DD HH24:MI", Some((Minute, true))),
            ("HH24:MI:SS", None),
            ("\"x\"", None),
            ("YYYYFMMMFMDD", Some((Day, false))),
            ("%Y", None),
        ] {
            assert_eq!(pattern_grain(pattern), grain, "{pattern}");
        }
    }
}
