//! Operators as functions that are an error where the operator would be wrong or would not end well.

use std::{hash::Hash, sync::Arc};

use datafusion::{
    arrow::{
        array::{Array, StringArray},
        compute::kernels::{
            concat_elements::concat_elements_utf8,
            numeric::{add, mul, sub},
        },
        datatypes::DataType,
    },
    common::{Result, cast::as_string_array},
    logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility},
    physical_expr_common::datum::apply,
};

use super::bounded::{self, Growth};

/// What is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Checked {
    /// `+` of whole numbers of one type.
    Add,
    /// `-` of whole numbers of one type.
    Subtract,
    /// `*` of whole numbers of one type.
    Multiply,
    /// `||` of texts; NULL when one of them is.
    Concat,
}

/// The functions, one per operator.
#[derive(Debug)]
pub(crate) struct Operators([Arc<ScalarUDF>; 4]);

#[derive(Debug, PartialEq, Eq, Hash)]
struct Function {
    checked: Checked,
    signature: Signature,
}

impl Operators {
    pub(crate) fn new() -> Self {
        let all = [Checked::Add, Checked::Subtract, Checked::Multiply, Checked::Concat];
        Self(all.map(|checked| {
            // The analyzer has settled the types already.
            let signature = Signature::any(2, Volatility::Immutable);
            Arc::new(ScalarUDF::from(Function { checked, signature }))
        }))
    }

    pub(crate) fn of(&self, checked: Checked) -> &Arc<ScalarUDF> {
        &self.0[checked as usize]
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        match self.checked {
            Checked::Add => "+",
            Checked::Subtract => "-",
            Checked::Multiply => "*",
            Checked::Concat => "||",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(types[0].clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let (left, right) = (&args.args[0], &args.args[1]);
        match self.checked {
            Checked::Add => apply(left, right, add),
            Checked::Subtract => apply(left, right, sub),
            Checked::Multiply => apply(left, right, mul),
            Checked::Concat => concat(&args),
        }
    }
}

fn concat(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    bounded::check(Growth::Sum, &args.args, args.number_rows)?;
    let arrays = ColumnarValue::values_to_arrays(&args.args)?;
    let text = |position: usize| as_string_array(&arrays[position]);
    let joined: StringArray = concat_elements_utf8(text(0)?, text(1)?)?;
    let all_constant = args.args.iter().all(|value| matches!(value, ColumnarValue::Scalar(_)));
    if all_constant {
        let value = joined.is_valid(0).then(|| joined.value(0).to_owned());
        return Ok(ColumnarValue::Scalar(datafusion::common::ScalarValue::Utf8(value)));
    }
    Ok(ColumnarValue::Array(Arc::new(joined)))
}
