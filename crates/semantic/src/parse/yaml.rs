//! Reads YAML into values.

use saphyr::{LoadableYamlNode, MarkedYamlOwned, Marker, ScalarOwned, YamlDataOwned};

use super::{
    SourceFile,
    node::Problems,
    value::{Data, Place, Value},
};

/// The documents of a file.
pub(super) fn load(file: &SourceFile, problems: &Problems) -> Vec<Value> {
    let is_jinja = |line: &str| line.contains("{{") || line.contains("{%");
    if let Some(line) = file.text.lines().position(is_jinja) {
        let place = Place { line: line + 1, column: 1 };
        let advice = "Jinja is not read here; write plain YAML or render the file first";
        problems.push(&file.path, Some(place), "", advice);
        return Vec::new();
    }
    match MarkedYamlOwned::load_from_str(&file.text) {
        Ok(documents) => documents.iter().map(|document| Reader { file, problems }.value(document)).collect(),
        Err(error) => {
            problems.push(&file.path, Some(place(*error.marker())), "", error.info());
            Vec::new()
        }
    }
}

struct Reader<'f> {
    file: &'f SourceFile,
    problems: &'f Problems,
}

impl Reader<'_> {
    fn value(&self, yaml: &MarkedYamlOwned) -> Value {
        let place = place(yaml.span.start);
        let data = match &yaml.data {
            YamlDataOwned::Value(scalar) => self::scalar(scalar),
            YamlDataOwned::Sequence(items) => Data::List(items.iter().map(|item| self.value(item)).collect()),
            YamlDataOwned::Mapping(entries) => {
                let entry = |(key, value)| (self.value(key), self.value(value));
                Data::Map(entries.iter().map(entry).collect())
            }
            YamlDataOwned::Tagged(..)
            | YamlDataOwned::Representation(..)
            | YamlDataOwned::Alias(_)
            | YamlDataOwned::BadValue => {
                self.problems.push(&self.file.path, Some(place), "", "expected plain YAML without tags");
                Data::Told
            }
        };
        Value::new(data).at(place)
    }
}

fn scalar(scalar: &ScalarOwned) -> Data {
    match scalar {
        ScalarOwned::Null => Data::Null,
        ScalarOwned::Boolean(truth) => Data::Boolean(*truth),
        ScalarOwned::Integer(number) => Data::Integer(*number),
        ScalarOwned::FloatingPoint(number) => Data::Float(**number),
        ScalarOwned::String(text) => Data::Text(text.clone()),
    }
}

// Its columns are counted from 0.
fn place(marker: Marker) -> Place {
    Place { line: marker.line(), column: marker.col() + 1 }
}
