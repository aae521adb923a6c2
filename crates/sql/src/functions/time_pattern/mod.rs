//! Times as texts, by PostgreSQL's patterns, which are the ones that tools write. DataFusion's own functions take
//! another kind; they print these as they stand.

mod grain;
mod pattern;
mod read;
mod to_char;
mod to_time;

use datafusion::logical_expr::ScalarUDF;

pub(crate) use grain::pattern_grain;

/// `TO_CHAR`, `TO_TIMESTAMP` and `TO_DATE`.
pub(super) fn udfs() -> impl Iterator<Item = ScalarUDF> {
    std::iter::once(to_char::udf()).chain(to_time::udfs())
}
