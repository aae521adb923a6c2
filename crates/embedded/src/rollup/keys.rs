//! What the rows of a rollup are grouped by, and the columns it keeps.

use chrono_tz::Tz;
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use preagg::names;
use semantic::{
    DimensionType, Measure, MeasureType, Model, PreAggregation,
    model::{Bins, Grain, Reference, StoredTime},
};

use super::{CannotBuild, Stored, members::Members};
use crate::bins;

const TIMESTAMP: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

/// A group key.
pub(super) struct Key {
    pub(super) sql: String,
    /// None for the start of the partition, which is in the table's name.
    pub(super) stored: Option<Stored>,
}

/// Dimensions, segments, times and last the start of the partition.
pub(super) fn of(
    pre_aggregation: &PreAggregation,
    members: &mut Members<'_>,
    zone: Tz,
) -> Result<Vec<Key>, CannotBuild> {
    let mut keys = Vec::new();
    for reference in pre_aggregation.dimensions.iter().chain(&pre_aggregation.segments) {
        let sql = members.member(&reference.member, &reference.path)?;
        let dimension = members.model.dimension(&reference.member);
        let is_time = dimension.is_some_and(|dimension| dimension.kind == DimensionType::Time);
        let sql = if is_time && zone != Tz::UTC { wall_clock(&sql, zone) } else { sql };
        keys.push(Key { sql, stored: Some(key_column(reference, members.model)) });
    }
    for StoredTime { dimension: reference, granularity, .. } in &pre_aggregation.time_dimensions {
        let name = names::bins_column(reference, granularity, members.model);
        let stored = Some(Stored { name, data_type: TIMESTAMP, sketch: false });
        keys.push(Key { sql: truncated(reference, granularity, members, zone)?, stored });
    }
    if let Some(granularity) = pre_aggregation.partition_granularity {
        let time = pre_aggregation.time_dimensions.first().ok_or(CannotBuild::NoTime)?;
        let reference = &time.dimension;
        let granularity = Grain::Standard(granularity);
        keys.push(Key { sql: truncated(reference, &granularity, members, zone)?, stored: None });
    }
    Ok(keys)
}

fn truncated(
    reference: &Reference,
    granularity: &Grain,
    members: &mut Members<'_>,
    zone: Tz,
) -> Result<String, CannotBuild> {
    let sql = members.member(&reference.member, &reference.path)?;
    let bins = match granularity {
        Grain::Standard(granularity) => Some(Bins::of(*granularity)),
        own @ Grain::Custom(_) => reference.bins(own, members.model).ok(),
    };
    let start = bins.and_then(|bins| bins::start(bins, &wall_clock(&sql, zone)));
    start.ok_or_else(|| CannotBuild::OwnBins(reference.to_string()))
}

/// A time as the clocks of a zone show it; sources keep times in UTC.
pub(super) fn wall_clock(sql: &str, zone: Tz) -> String {
    match zone {
        Tz::UTC => format!("CAST({sql} AS TIMESTAMP)"),
        zone => format!("wall_clock(CAST({sql} AS TIMESTAMP(6)), '{zone}')"),
    }
}

fn key_column(reference: &Reference, model: &Model) -> Stored {
    let dimension = model.dimension(&reference.member);
    let declared = dimension.map(|d| d.about.arrow_type.unwrap_or(d.kind.arrow_type()).into());
    let data_type = declared.map_or(DataType::Boolean, stored_type);
    Stored { name: names::column(reference, model), data_type, sketch: false }
}

/// The column of a stored measure.
pub(super) fn measure_column(reference: &Reference, measure: &Measure, model: &Model) -> Stored {
    let declared = measure.about.arrow_type.unwrap_or(measure.kind.arrow_type());
    let sketch = measure.kind == MeasureType::CountDistinctApprox;
    let data_type = if sketch { DataType::Binary } else { stored_type(declared.into()) };
    Stored { name: names::column(reference, model), data_type, sketch }
}

/// The store has no dates.
fn stored_type(declared: DataType) -> DataType {
    if declared == DataType::Date32 { TIMESTAMP } else { declared }
}
