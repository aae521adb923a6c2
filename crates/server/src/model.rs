//! Reads the data model's files.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use semantic::{
    Model,
    parse::{self, ModelError, Problem, SourceFile},
};

use crate::{
    config::Settings,
    error::{Result, ServerError},
};

/// The data model that the settings point at.
pub(crate) fn load(settings: &Settings) -> Result<Arc<Model>> {
    let missing =
        ServerError::Missing { setting: "model.path", why: "the directory of the data model's files" };
    let path = settings.model.path.as_deref().ok_or(missing)?;
    let model = parse::model(&files(path)?)?;
    typed(model, settings)
}

/// As much of a data model as can be read, and what cannot: a file with a problem is left out.
pub(crate) fn load_readable(path: &Path) -> Result<(Arc<Model>, Vec<Problem>)> {
    let mut files = files(path)?;
    let mut problems = Vec::new();
    loop {
        match parse::model(&files) {
            Ok(model) if !files.is_empty() => return Ok((Arc::new(model), problems)),
            Ok(_) => return Err(ServerError::Model(ModelError { problems })),
            Err(error) => {
                let before = files.len();
                files.retain(|file| error.problems.iter().all(|problem| problem.file != file.path));
                problems.extend(error.problems);
                if files.len() == before {
                    return Err(ServerError::Model(ModelError { problems }));
                }
            }
        }
    }
}

/// The model with the types of the settings.
pub(crate) fn typed(model: Model, settings: &Settings) -> Result<Arc<Model>> {
    let types = settings.arrow_types()?;
    let model = model.with_types(&types);
    model.map(Arc::new).map_err(|error| ServerError::Setting { setting: "types", why: error.to_string() })
}

/// The files of a model below a directory, by name.
fn files(path: &Path) -> Result<Vec<SourceFile>> {
    let mut found = Vec::new();
    gather(path, &mut found)?;
    found.sort();
    let read = |file: PathBuf| {
        let text = std::fs::read_to_string(&file)
            .map_err(|error| ServerError::File { path: file.clone(), error })?;
        let name = file.strip_prefix(path).ok().filter(|name| !name.as_os_str().is_empty()).unwrap_or(&file);
        Ok(SourceFile { path: name.to_string_lossy().into_owned(), text })
    };
    let files: Result<Vec<_>> = found.into_iter().map(read).collect();
    match files? {
        files if files.is_empty() => {
            let why = format!("there is no file of a data model in {}", path.display());
            Err(ServerError::Setting { setting: "model.path", why })
        }
        files => Ok(files),
    }
}

fn gather(path: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let failed = |error| ServerError::File { path: path.to_owned(), error };
    if path.is_dir() {
        for entry in std::fs::read_dir(path).map_err(failed)? {
            gather(&entry.map_err(failed)?.path(), found)?;
        }
        return Ok(());
    }
    if parse::is_of_model(&path.to_string_lossy()) {
        std::fs::metadata(path).map_err(failed)?;
        found.push(path.to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::files;

    #[test]
    fn files_of_a_model_are_those_in_its_languages() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("views")).unwrap();
        for name in ["b.js", "a.yml", "views/c.yaml", "old.jinja", "README.md", "package.json"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        let names: Vec<_> = files(dir.path()).unwrap().into_iter().map(|file| file.path).collect();
        assert_eq!(names, ["a.yml", "b.js", "old.jinja", "views/c.yaml"]);
    }
}
