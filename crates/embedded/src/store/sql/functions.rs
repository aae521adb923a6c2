//! Calls of functions: which ones there are, and those that are another expression in DataFusion.

use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident, ObjectName,
    Value,
};

use super::{query::Rewriter, refusal::Refusal};

impl Rewriter<'_> {
    /// Refuses or rewrites a call; gives the expression that stands in its place, if any.
    pub(super) fn function(&mut self, function: &mut Function) -> Result<Option<Expr>, Refusal> {
        if function.over.is_some() {
            return Err(Refusal::NotImplemented("Window functions are not supported".to_owned()));
        }
        let plain = function.filter.is_none()
            && function.null_treatment.is_none()
            && function.within_group.is_empty()
            && matches!(function.parameters, FunctionArguments::None);
        let name = function.name.to_string().to_ascii_lowercase();
        let list = match &mut function.args {
            FunctionArguments::List(list) if plain && list.clauses.is_empty() => list,
            FunctionArguments::None if plain => return Err(invalid(&name)),
            _ => return Err(Refusal::node(function)),
        };
        for argument in &mut list.args {
            match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => self.expression(expr)?,
                FunctionArg::Unnamed(FunctionArgExpr::Wildcard) if name == "count" => {}
                other => return Err(Refusal::node(other)),
            }
        }
        match (name.as_str(), list.args.len()) {
            ("now", 0) => Ok(Some(self.moment_of_statement())),
            ("unix_timestamp", 0) => Ok(Some(number(self.now.timestamp()))),
            ("round", 2) => {
                Err(Refusal::Planning("The function Round expected 1 arguments but received 2".to_owned()))
            }
            _ => Ok(None),
        }
    }

    fn moment_of_statement(&self) -> Expr {
        let text = self.now.format("%Y-%m-%dT%H:%M:%S%.6f").to_string();
        call("to_timestamp", vec![Expr::value(Value::SingleQuotedString(text))])
    }
}

/// There is no such function.
pub(super) fn invalid(name: &str) -> Refusal {
    Refusal::Planning(format!("Invalid function '{name}'"))
}

fn number(number: i64) -> Expr {
    Expr::value(Value::Number(number.to_string(), false))
}

/// A call of a function.
pub(super) fn call(name: &str, arguments: Vec<Expr>) -> Expr {
    let arguments = arguments.into_iter().map(|expr| FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)));
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: arguments.collect(),
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}
