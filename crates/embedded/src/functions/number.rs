//! Numbers of filters, which come as text: a database reads them by the column that they stand beside.

use datafusion::{
    arrow::datatypes::DataType,
    common::Result,
    logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility},
};

/// `beside(column, number)`: floating point where the column is, the number as it is elsewhere. The engine itself
/// would cut a column of floating point to the decimals of the number.
pub(crate) fn beside() -> ScalarUDF {
    ScalarUDF::from(Beside(Signature::any(2, Volatility::Immutable)))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Beside(Signature);

impl ScalarUDFImpl for Beside {
    fn name(&self) -> &'static str {
        "beside"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(if types[0].is_floating() { DataType::Float64 } else { types[1].clone() })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        args.args[1].cast_to(args.return_field.data_type(), None)
    }
}

#[cfg(test)]
mod tests {
    use super::{Beside, ScalarUDFImpl, Signature, Volatility};
    use datafusion::arrow::datatypes::DataType::{Decimal128, Float64, Int64};

    #[test]
    fn a_number_is_floating_point_beside_floating_point_only() {
        let beside = Beside(Signature::any(2, Volatility::Immutable));
        let number = Decimal128(38, 1);
        for (column, read_as) in
            [(Float64, Float64), (Int64, number.clone()), (Decimal128(12, 2), number.clone())]
        {
            assert_eq!(beside.return_type(&[column.clone(), number.clone()]).unwrap(), read_as, "{column}");
        }
    }
}
