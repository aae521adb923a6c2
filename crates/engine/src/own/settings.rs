//! `system.settings`: what queries are run by. No addresses, no secrets.

use serde::Serialize;
use serde_json::Value;

use super::Cell;
use crate::config::Config;

pub(super) fn shown(config: &Config) -> Vec<Vec<Cell>> {
    let mut rows = vec![vec!["timezone".into(), config.timezone.to_string().into()]];
    section("access", &config.access, &mut rows);
    section("limits", &config.limits, &mut rows);
    rows
}

fn section(name: &str, section: &impl Serialize, rows: &mut Vec<Vec<Cell>>) {
    let Ok(Value::Object(settings)) = serde_json::to_value(section) else { return };
    for (setting, value) in settings {
        let value = match value {
            Value::Null => Cell::Null,
            Value::String(text) => text.into(),
            other => other.to_string().into(),
        };
        rows.push(vec![format!("{name}.{setting}").into(), value]);
    }
}
