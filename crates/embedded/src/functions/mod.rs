//! SQL functions that DataFusion does not bring along.

pub(crate) mod arithmetic;
pub(crate) mod hll;
pub(crate) mod number;
pub(crate) mod time;
pub(crate) mod zone;

use datafusion::execution::context::SessionContext;

/// What SQL over the source tables may use.
pub(crate) fn register_for_source(context: &SessionContext) {
    context.register_udaf(hll::sketch());
    context.register_udaf(hll::count());
    context.register_udf(zone::wall_clock());
    context.register_udf(number::beside());
}
