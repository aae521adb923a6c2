//! `NOW()` as a wall-clock time without zone, folded to the one moment that the statement was given.

use datafusion::{
    arrow::datatypes::{DataType, TimeUnit},
    common::{Result, ScalarValue, plan_err},
    logical_expr::{
        ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
        simplify::{ExprSimplifyResult, SimplifyContext},
    },
};

pub(super) fn udf() -> ScalarUDF {
    let aliases = ["current_timestamp", "localtimestamp"].map(str::to_owned).to_vec();
    ScalarUDF::from(Now { signature: Signature::nullary(Volatility::Stable), aliases })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Now {
    signature: Signature,
    aliases: Vec<String>,
}

impl ScalarUDFImpl for Now {
    fn name(&self) -> &'static str {
        "now"
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Timestamp(TimeUnit::Microsecond, None))
    }

    fn simplify(&self, arguments: Vec<Expr>, context: &SimplifyContext) -> Result<ExprSimplifyResult> {
        // Times are kept to the millisecond, so that is what now() has.
        let folded = |at: chrono::DateTime<chrono::Utc>| {
            let micros = at.timestamp_millis().checked_mul(1_000);
            Expr::Literal(ScalarValue::TimestampMicrosecond(micros, None), None)
        };
        Ok(match context.query_execution_start_time() {
            Some(at) => ExprSimplifyResult::Simplified(folded(at)),
            None => ExprSimplifyResult::Original(arguments),
        })
    }

    fn invoke_with_args(&self, _arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        plan_err!("NOW() is folded before a statement runs")
    }
}
