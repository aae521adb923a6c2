//! The names of physical tables: `orders_main20230301_tiyv33r1_cs3xa1c0_1lg08kc`.

/// A name in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PhysicalName<'n> {
    /// Logical name with the partition.
    pub(super) table: &'n str,
    /// Follows what the refresh keys said.
    pub(super) content: &'n str,
    /// Follows the SQL that builds the table.
    pub(super) structure: &'n str,
    /// When it was built, in milliseconds.
    pub(super) built_at: u128,
}

/// Digits of a time in seconds and base 32; older names have milliseconds and more digits.
const SHORT: usize = 13;

impl<'n> PhysicalName<'n> {
    /// The parts of a name; `None` for a table that is of no pre-aggregation.
    pub(super) fn parse(name: &'n str) -> Option<Self> {
        let mut parts = name.rsplitn(4, '_');
        let (time, structure, content, table) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if [time, structure, content, table].contains(&"") {
            return None;
        }
        let built_at = match time.len() < SHORT {
            true => leading_number(time, 32)?.saturating_mul(1000),
            false => leading_number(time, 10)?,
        };
        Some(Self { table, content, structure, built_at })
    }
}

/// The names of all builds of a table that have a structure, as Cube's own messages write them.
pub(super) fn pattern(table: &str, structure: &str) -> String {
    format!("{table}_*_{structure}_*")
}

// Cube reads numbers as JavaScript does: up to the first letter that is no digit.
fn leading_number(text: &str, base: u32) -> Option<u128> {
    let mut digits = text.chars().map_while(|letter| letter.to_digit(base)).peekable();
    digits.peek()?;
    Some(digits.fold(0, |number: u128, digit| {
        number.saturating_mul(u128::from(base)).saturating_add(u128::from(digit))
    }))
}

#[cfg(test)]
mod tests {
    use super::PhysicalName;
    use serde_json::{Value, json};

    fn vectors() -> Value {
        serde_json::from_str(include_str!("../../tests/fixtures/table_names.json")).unwrap()
    }

    #[test]
    fn parts_equal_those_of_cube() {
        for case in vectors()["table_name"].as_array().unwrap() {
            let parsed = PhysicalName::parse(case["table"].as_str().unwrap());
            let expected = case["parsed"].as_array().unwrap().first();
            assert_eq!(parsed.is_some(), expected.is_some(), "{case}");
            let (Some(parsed), Some(expected)) = (parsed, expected) else { continue };
            let table = format!("prod_pre_aggregations.{}", parsed.table);
            assert_eq!(json!(table), expected["table_name"]);
            assert_eq!(json!(parsed.content), expected["content_version"]);
            assert_eq!(json!(parsed.structure), expected["structure_version"]);
            // JavaScript's numbers are floating point.
            #[expect(clippy::cast_precision_loss, reason = "as in JavaScript")]
            let built_at = parsed.built_at as f64;
            assert_eq!(Some(built_at), expected["last_updated_at"].as_f64(), "{case}");
        }
    }

    #[test]
    fn both_kinds_of_times_are_read() {
        let times: Vec<_> = vectors()["target"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| PhysicalName::parse(name.as_str().unwrap()).unwrap().built_at)
            .collect();
        assert_eq!(times, [1_795_169_166_000; 2]);
        assert_eq!(PhysicalName::parse("a_b__d"), None);
        assert_eq!(PhysicalName::parse("a_b_c_zz"), None);
    }
}
