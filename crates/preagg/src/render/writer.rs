//! Text of the store's SQL with its literals. The only place that puts a value into SQL.

use semantic::{Value, filter::decimal_text, granularity::iso};

use super::Dialect;

pub(super) struct Writer {
    sql: String,
    params: Vec<Value>,
    dialect: Dialect,
}

impl Writer {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { sql: String::with_capacity(256), params: Vec::new(), dialect }
    }

    pub(super) fn finish(self) -> (String, Vec<Value>) {
        (self.sql, self.params)
    }

    /// SQL as it is.
    pub(super) fn text(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    /// A name of ours or of the model: letters, digits and underscores.
    pub(super) fn identifier(&mut self, name: &str) {
        self.sql.push('`');
        self.sql.push_str(name);
        self.sql.push('`');
    }

    /// A literal. Numbers and booleans are safe as text; their text is exact, which a float parameter is not.
    pub(super) fn value(&mut self, value: &Value) {
        match value {
            Value::Bool(truth) => self.text(if *truth { "TRUE" } else { "FALSE" }),
            Value::Int(number) => self.text(&number.to_string()),
            Value::Float(number) => self.float(*number),
            Value::Decimal { unscaled, scale } => self.text(&decimal_text(*unscaled, *scale)),
            Value::Text(text) => self.string(text),
        }
    }

    /// A text literal.
    pub(super) fn string(&mut self, text: &str) {
        if self.dialect.parameters {
            self.params.push(Value::Text(text.into()));
            self.sql.push('?');
        } else {
            self.sql.push_str(&quoted(text));
        }
    }

    /// A moment of the wall clock. The text is ours, so it needs no parameter.
    pub(super) fn moment(&mut self, at: i64) {
        self.text(&format!("to_timestamp('{}')", iso(at)));
    }

    // NaN and the infinities have no literal.
    fn float(&mut self, number: f64) {
        if self.dialect.parameters && !number.is_finite() {
            self.params.push(Value::Float(number));
            self.sql.push('?');
        } else if number.is_finite() {
            self.sql.push_str(&number.to_string());
        } else {
            self.sql.push_str(&format!("CAST('{number}' AS DOUBLE)"));
        }
    }
}

// The backslash is an escape character inside the store's literals, so both it and the quote are doubled.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn quotes_and_backslashes_are_doubled() {
        for (text, sql) in [
            ("plain", "'plain'"),
            ("", "''"),
            ("o'neil", "'o''neil'"),
            (r"a\b", r"'a\\b'"),
            (r"\", r"'\\'"),
            (r"\' OR 1=1 --", r"'\\'' OR 1=1 --'"),
            ("naïve ✓", "'naïve ✓'"),
        ] {
            assert_eq!(quoted(text), sql);
        }
    }
}
