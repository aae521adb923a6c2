//! Approximate distinct counts: HyperLogLog sketches as bytes.
//!
//! An estimate is always taken from the registers, never from the running estimator that depends on the order
//! of the values: so it is the same however the rows were split and merged (test: `splits_and_orders_do_not_matter`).

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, Int64Array},
        compute::cast,
        datatypes::{DataType, Field, FieldRef, Int64Type},
    },
    common::{Result, ScalarValue, cast::as_binary_array, exec_datafusion_err},
    logical_expr::{
        Accumulator, AggregateUDF, AggregateUDFImpl, ColumnarValue, ScalarUDF, Signature, Volatility,
        create_udf,
        function::{AccumulatorArgs, StateFieldsArgs},
    },
};
use datasketches::hll::{HllSketch, HllType, HllUnion};

/// 4,096 registers: a standard error of about 1.6 %.
const LG_K: u8 = 12;

/// `hll_sketch(value)`: the sketch of a group.
pub(crate) fn sketch() -> AggregateUDF {
    Hll::aggregate("hll_sketch", Input::Values, Output::Sketch)
}

/// `hll_count(value)`: the estimate for a group, 0 over nothing.
pub(crate) fn count() -> AggregateUDF {
    Hll::aggregate("hll_count", Input::Values, Output::Estimate)
}

/// `merge(sketch)`: the sketch of all of a group's sketches.
pub(crate) fn merge() -> AggregateUDF {
    Hll::aggregate("merge", Input::Sketches, Output::Sketch)
}

/// `cardinality(sketch)`: its estimate.
pub(crate) fn cardinality() -> ScalarUDF {
    let estimates = |args: &[ColumnarValue]| {
        let sketches = ColumnarValue::values_to_arrays(args)?;
        let sketches = as_binary_array(&sketches[0])?.iter();
        let estimates: Result<Int64Array> =
            sketches.map(|bytes| bytes.map(estimate_of).transpose()).collect();
        Ok(ColumnarValue::Array(Arc::new(estimates?)))
    };
    create_udf(
        "cardinality",
        vec![DataType::Binary],
        DataType::Int64,
        Volatility::Immutable,
        Arc::new(estimates),
    )
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Input {
    Values,
    Sketches,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Output {
    Sketch,
    Estimate,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Hll {
    name: &'static str,
    signature: Signature,
    input: Input,
    output: Output,
}

impl Hll {
    fn aggregate(name: &'static str, input: Input, output: Output) -> AggregateUDF {
        let signature = match input {
            Input::Values => Signature::any(1, Volatility::Immutable),
            Input::Sketches => Signature::exact(vec![DataType::Binary], Volatility::Immutable),
        };
        AggregateUDF::from(Self { name, signature, input, output })
    }
}

impl AggregateUDFImpl for Hll {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.output {
            Output::Sketch => DataType::Binary,
            Output::Estimate => DataType::Int64,
        })
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        let union = HllUnion::new(LG_K).map_err(|e| exec_datafusion_err!("{e}"))?;
        Ok(Box::new(Registers { union, input: self.input, output: self.output }))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(format!("{}[sketch]", args.name), DataType::Binary, true))])
    }
}

#[derive(Debug)]
struct Registers {
    union: HllUnion,
    input: Input,
    output: Output,
}

impl Registers {
    // A number counts as the same whatever its width, so that a key cast on the way is still the same key.
    fn add_values(&mut self, values: &ArrayRef) -> Result<()> {
        if values.data_type().is_integer() {
            let values = cast(values, &DataType::Int64)?;
            values.as_primitive::<Int64Type>().iter().flatten().for_each(|v| self.union.update_value(v));
        } else {
            let values = cast(values, &DataType::Utf8)?;
            values.as_string::<i32>().iter().flatten().for_each(|v| self.union.update_value(v));
        }
        Ok(())
    }

    fn add_sketches(&mut self, sketches: &ArrayRef) -> Result<()> {
        as_binary_array(sketches)?.iter().flatten().try_for_each(|bytes| {
            self.union.update(&read(bytes)?);
            Ok(())
        })
    }

    fn bytes(&self) -> Option<Vec<u8>> {
        (!self.union.is_empty()).then(|| self.union.to_sketch(HllType::Hll8).serialize())
    }
}

impl Accumulator for Registers {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        match self.input {
            Input::Values => self.add_values(&values[0]),
            Input::Sketches => self.add_sketches(&values[0]),
        }
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(match self.output {
            Output::Sketch => ScalarValue::Binary(self.bytes()),
            Output::Estimate => ScalarValue::Int64(Some(rounded(self.union.composite_estimate()))),
        })
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.union.to_sketch(HllType::Hll8).estimated_size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::Binary(self.bytes())])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.add_sketches(&states[0])
    }
}

fn read(bytes: &[u8]) -> Result<HllSketch> {
    HllSketch::deserialize(bytes).map_err(|e| exec_datafusion_err!("no sketch: {e}"))
}

fn estimate_of(bytes: &[u8]) -> Result<i64> {
    read(bytes).map(|sketch| rounded(sketch.composite_estimate()))
}

fn rounded(estimate: f64) -> i64 {
    estimate.round() as i64
}

#[cfg(test)]
mod tests {
    use super::{HllType, HllUnion, LG_K, estimate_of, rounded};

    /// The estimate of `0..n`, cut into `parts` and merged in the order that `step` walks them.
    fn estimate(n: i64, parts: i64, step: i64) -> i64 {
        let mut whole = HllUnion::new(LG_K).unwrap();
        for part in (0..parts).map(|i| i * step % parts) {
            let mut sketch = HllUnion::new(LG_K).unwrap();
            (0..n).filter(|v| v % parts == part).rev().for_each(|v| sketch.update_value(v));
            whole.update(&sketch.to_sketch(HllType::Hll8));
        }
        estimate_of(&whole.to_sketch(HllType::Hll8).serialize()).unwrap()
    }

    #[test]
    fn splits_and_orders_do_not_matter() {
        for n in [0, 1, 7, 8, 9, 100, 383, 384, 385, 500, 5_000, 60_000] {
            let mut direct = HllUnion::new(LG_K).unwrap();
            (0..n).for_each(|v| direct.update_value(v));
            let direct = rounded(direct.composite_estimate());
            for (parts, step) in [(1, 1), (2, 1), (7, 3), (80, 33)] {
                assert_eq!(estimate(n, parts, step), direct, "{n} values in {parts} parts");
            }
            assert!((direct - n).abs() as f64 <= 0.06 * n as f64, "{direct} for {n}");
        }
    }
}
