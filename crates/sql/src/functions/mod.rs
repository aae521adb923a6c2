//! The functions that statements may call: DataFusion's, `MEASURE`, and times without zone.

mod bin_start;
mod bounded;
mod constant;
mod date_interval;
mod date_trunc;
mod datediff;
mod measure;
mod now;
pub(crate) mod operator;
mod time_pattern;

use std::{collections::HashMap, sync::Arc};

use datafusion::{
    execution::SessionStateDefaults,
    logical_expr::{AggregateUDF, ScalarUDF, WindowUDF, planner::ExprPlanner},
};

pub(crate) use bin_start::bin_start;
use date_interval::DateIntervals;
pub(crate) use measure::is_measure;
use operator::{Checked, Operators};
pub(crate) use time_pattern::pattern_grain;

/// Every function by lower-case name.
#[derive(Debug)]
pub(crate) struct Functions {
    pub(crate) scalar: HashMap<String, Arc<ScalarUDF>>,
    pub(crate) aggregate: HashMap<String, Arc<AggregateUDF>>,
    pub(crate) window: HashMap<String, Arc<WindowUDF>>,
    pub(crate) planners: Vec<Arc<dyn ExprPlanner>>,
    operators: Operators,
}

impl Functions {
    pub(crate) fn new() -> Self {
        let mut scalar = HashMap::new();
        for function in SessionStateDefaults::default_scalar_functions() {
            insert(&mut scalar, function.name(), function.aliases().to_vec(), &function);
        }
        let inner = scalar.get("date_trunc").cloned();
        let own = inner.map(date_trunc::udf).into_iter().chain([now::udf(), datediff::udf()]);
        let own = own.chain(constant::udfs()).chain(time_pattern::udfs());
        for function in own.map(Arc::new) {
            insert(&mut scalar, function.name(), function.aliases().to_vec(), &function);
        }
        // An alias of the other TO_CHAR, with patterns that no other engine's function of that name takes.
        scalar.remove("date_format");
        for (name, growth) in bounded::GROWING {
            if let Some(inner) = scalar.get(name).cloned() {
                let function = Arc::new(bounded::udf(inner, growth));
                insert(&mut scalar, function.name(), function.aliases().to_vec(), &function);
            }
        }
        let mut aggregate = HashMap::new();
        let defaults = SessionStateDefaults::default_aggregate_functions();
        for function in defaults.into_iter().chain([Arc::new(measure::udaf())]) {
            insert(&mut aggregate, function.name(), function.aliases().to_vec(), &function);
        }
        let mut window = HashMap::new();
        for function in SessionStateDefaults::default_window_functions() {
            insert(&mut window, function.name(), function.aliases().to_vec(), &function);
        }
        let mut planners: Vec<Arc<dyn ExprPlanner>> = vec![Arc::new(DateIntervals)];
        planners.extend(SessionStateDefaults::default_expr_planners());
        Self { scalar, aggregate, window, planners, operators: Operators::new() }
    }

    /// The function that computes an operator with a check.
    pub(crate) fn checked(&self, operator: Checked) -> &Arc<ScalarUDF> {
        self.operators.of(operator)
    }
}

fn insert<T: Clone>(map: &mut HashMap<String, T>, name: &str, aliases: Vec<String>, function: &T) {
    for name in aliases.into_iter().chain([name.to_owned()]) {
        map.insert(name.to_lowercase(), function.clone());
    }
}
