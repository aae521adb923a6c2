//! Functions that clients ask at login, where they are and whom they talk to.

use datafusion::{
    arrow::datatypes::DataType,
    common::{Result, ScalarValue},
    logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility},
};

use semantic::name::{CATALOG, SCHEMA};

pub(super) fn udfs() -> impl Iterator<Item = ScalarUDF> {
    let constants = [
        ("current_schema", SCHEMA),
        ("current_catalog", CATALOG),
        ("current_database", CATALOG),
        ("version", concat!("Cubeflight ", env!("CARGO_PKG_VERSION"))),
    ];
    let signature = || Signature::nullary(Volatility::Immutable);
    constants
        .into_iter()
        .map(move |(name, value)| ScalarUDF::from(Constant { name, value, signature: signature() }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Constant {
    name: &'static str,
    value: &'static str,
    signature: Signature,
}

impl ScalarUDFImpl for Constant {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, _arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Ok(ColumnarValue::Scalar(ScalarValue::from(self.value)))
    }
}
