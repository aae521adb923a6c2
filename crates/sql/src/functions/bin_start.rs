//! The start of the bin that a time lies in, for bins of one length from an origin on.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{AsArray, TimestampMicrosecondArray},
        datatypes::{DataType, TimeUnit, TimestampMicrosecondType},
    },
    common::{Result, exec_datafusion_err},
    logical_expr::{
        ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
    },
};
use semantic::model::Bins;

const TIMESTAMP: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

/// The bin of a time in microseconds.
pub(crate) fn bin_start(bins: Bins, time: Expr) -> Expr {
    let signature = Signature::exact(vec![TIMESTAMP], Volatility::Immutable);
    ScalarUDF::from(BinStart { bins, signature }).call(vec![time])
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct BinStart {
    bins: Bins,
    signature: Signature,
}

impl ScalarUDFImpl for BinStart {
    fn name(&self) -> &'static str {
        "bin_start"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(TIMESTAMP)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&arguments.args)?;
        let start = |at: i64| {
            let start = self.bins.floor(at.div_euclid(1_000)).and_then(|start| start.checked_mul(1_000));
            start.ok_or_else(|| exec_datafusion_err!("a time is outside the calendar"))
        };
        let times = arrays[0].as_primitive::<TimestampMicrosecondType>().iter();
        let starts = times.map(|time| time.map(start).transpose()).collect::<Result<_>>();
        Ok(ColumnarValue::Array(Arc::new(starts.map(|starts: TimestampMicrosecondArray| starts)?)))
    }
}
