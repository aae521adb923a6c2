//! `case` of dimensions and measures, and the expression that it stands for.

use serde::Serialize;

use crate::{
    model::Sql,
    template::{Piece, Template},
};

/// A choice between values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Case {
    /// The first condition that holds says the value.
    Conditions {
        /// In order.
        when: Vec<Condition>,
        /// The value where none holds.
        r#else: Option<Else>,
    },
    /// The value of a switch says which expression is computed.
    Switch {
        /// The switch.
        switch: Template,
        /// By value.
        when: Vec<Branch>,
        /// The expression for every other value.
        r#else: Option<Sql>,
    },
}

/// A condition and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// The condition.
    pub sql: Template,
    /// The value where it holds.
    pub label: Label,
}

/// The value where no condition holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Else {
    /// The value.
    pub label: Label,
}

/// A value of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Label {
    /// A text.
    Text(String),
    /// An expression.
    Sql(Sql),
}

/// An expression for one value of a switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Branch {
    /// The value.
    pub value: String,
    /// The expression.
    pub sql: Template,
}

impl Case {
    /// Every template in it.
    pub fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Conditions { when, r#else } => {
                let labels = when.iter().map(|when| &when.label).chain(r#else.iter().map(|e| &e.label));
                when.iter().map(|when| &when.sql).chain(labels.filter_map(Label::template)).collect()
            }
            Self::Switch { switch, when, r#else } => {
                let branches = when.iter().map(|when| &when.sql);
                [switch].into_iter().chain(branches).chain(r#else.iter().map(|sql| &sql.sql)).collect()
            }
        }
    }

    /// The same choice as SQL.
    pub fn expression(&self) -> Template {
        let mut out = Template::default();
        match self {
            Self::Conditions { when, r#else } => {
                out.text("CASE");
                for Condition { sql, label } in when {
                    out.text(" WHEN (").template(sql).text(") THEN ").template(&label.expression());
                }
                r#else.iter().for_each(|e| _ = out.text(" ELSE ").template(&e.label.expression()));
            }
            Self::Switch { switch, when, r#else } => {
                out.text("CASE ").template(switch);
                for Branch { value, sql } in when {
                    out.text(&format!(" WHEN {} THEN (", quoted(value))).template(sql).text(")");
                }
                r#else.iter().for_each(|sql| _ = out.text(" ELSE (").template(&sql.sql).text(")"));
            }
        }
        out.text(" END");
        out
    }
}

impl Label {
    fn template(&self) -> Option<&Template> {
        match self {
            Self::Text(_) => None,
            Self::Sql(sql) => Some(&sql.sql),
        }
    }

    fn expression(&self) -> Template {
        match self {
            Self::Text(text) => Template { pieces: vec![Piece::Text(quoted(text))] },
            Self::Sql(sql) => {
                let mut out = Template::default();
                out.text("(").template(&sql.sql).text(")");
                out
            }
        }
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
