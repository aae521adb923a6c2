//! How Cube names the tables and columns of its pre-aggregations in the store.

use md5::{Digest, Md5};
use semantic::{
    Granularity, MemberName, Model, PreAggregation,
    granularity::moment,
    model::{Grain, Reference, underscore},
};

/// The store's column of a stored dimension, segment or measure: `orders__created_at`.
pub fn column(reference: &Reference, model: &Model) -> String {
    alias(&reference.member, model)
}

/// The name that Cube gives a member in SQL: `orders__created_at`.
pub fn alias(member: &MemberName, model: &Model) -> String {
    model.stored_name(member)
}

/// The store's column of a stored time: `orders__created_at_day`.
pub fn time_column(reference: &Reference, granularity: Granularity, model: &Model) -> String {
    format!("{}_{granularity}", column(reference, model))
}

/// The store's column of a stored time in whatever bins: `orders__created_at_fiscal_year`.
pub fn bins_column(reference: &Reference, bins: &Grain, model: &Model) -> String {
    format!("{}_{bins}", column(reference, model))
}

/// The logical name that every table of a pre-aggregation begins with: `schema.orders_main`.
pub fn logical_table(schema: &str, pre_aggregation: &PreAggregation, model: &Model) -> String {
    let own = pre_aggregation.sql_alias.as_deref().unwrap_or(pre_aggregation.name.member());
    format!("{schema}.{}_{}", model.stored_cube(pre_aggregation.cube()), underscore(own))
}

/// The name of one built table: logical name, partition, content version, structure version, second of the build.
pub fn physical_table(
    logical: &str,
    partition: Option<(Granularity, i64)>,
    content: &str,
    structure: &str,
    built_at: u64,
) -> String {
    let suffix =
        partition.map(|(granularity, start)| partition_suffix(granularity, start)).unwrap_or_default();
    format!("{logical}{suffix}_{content}_{structure}_{}", base32(built_at))
}

/// The start of a partition as names carry it: `YYYYMMDD`, with hour and minute for finer partitions.
pub fn partition_suffix(granularity: Granularity, start: i64) -> String {
    let format = match granularity {
        Granularity::Second | Granularity::Minute => "%Y%m%d%H%M",
        Granularity::Hour => "%Y%m%d%H",
        _ => "%Y%m%d",
    };
    moment(start).map_or_else(|| start.to_string(), |at| at.format(format).to_string())
}

/// A structure or content version: the first five bytes of the MD5 of a JSON text, in Cube's own base 32.
///
/// Leading zero groups are dropped, so a version may have fewer than eight characters.
pub fn version(json: &str) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz012345";
    let digest = Md5::digest(json.as_bytes());
    let mut text = String::new();
    let (mut residue, mut shift) = (0_u32, 0_u32);
    for byte in digest.iter().take(5) {
        residue |= u32::from(*byte) << shift;
        shift += 8;
        while residue >> 5 > 0 {
            text.push(char::from(ALPHABET[(residue % 32) as usize]));
            residue >>= 5;
            shift -= 5;
        }
    }
    text.push(char::from(ALPHABET[(residue % 32) as usize]));
    text
}

/// Base 32 with the digits 0-9a-v.
fn base32(mut number: u64) -> String {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
    let mut digits = Vec::new();
    loop {
        digits.push(char::from(DIGITS[(number % 32) as usize]));
        number /= 32;
        if number == 0 {
            return digits.iter().rev().collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Granularity, partition_suffix, physical_table, version};
    use semantic::granularity::parse_iso;
    use serde_json::Value;

    fn vectors() -> Value {
        serde_json::from_str(include_str!("../tests/fixtures/table_names.json")).unwrap()
    }

    #[test]
    fn versions_equal_those_of_cube() {
        for case in vectors()["version"].as_array().unwrap() {
            assert_eq!(version(case["json"].as_str().unwrap()), case["version"].as_str().unwrap(), "{case}");
        }
        for case in vectors()["server"].as_array().unwrap() {
            let json = case["hash_input_json"].as_str().unwrap();
            assert_eq!(version(json), case["structure_version"].as_str().unwrap());
        }
    }

    #[test]
    fn physical_names_equal_those_of_cube() {
        let target = vectors()["target"][0].as_str().unwrap().to_owned();
        assert_eq!(physical_table("s.t", None, "cccccccc", "ssssssss", 1_795_169_166), target);
    }

    #[test]
    fn partitions_equal_those_of_cube() {
        for case in vectors()["partition"].as_array().unwrap() {
            let granularity: Granularity = case["granularity"].as_str().unwrap().parse().unwrap();
            let series = vectors()["time_series"]
                .as_array()
                .unwrap()
                .iter()
                .find(|s| s["granularity"] == case["granularity"] && s["range"] == case["range"])
                .unwrap()["series"]
                .clone();
            let names: Vec<_> = series
                .as_array()
                .unwrap()
                .iter()
                .map(|bin| {
                    format!(
                        "s.t{}",
                        partition_suffix(granularity, parse_iso(bin[0].as_str().unwrap()).unwrap())
                    )
                })
                .collect();
            assert_eq!(serde_json::json!(names), case["names"]);
        }
    }
}
