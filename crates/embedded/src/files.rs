//! Directories that several processes may want to fill at once.

use std::{
    fs::{self, File},
    path::Path,
};

use crate::Error;

/// Makes `dir` and waits until nobody else fills it; the lock ends with the value.
pub(crate) fn lock(dir: &Path) -> Result<File, Error> {
    fs::create_dir_all(dir).map_err(|e| Error::file(dir, e))?;
    let path = dir.join(".lock");
    let file = File::create(&path).map_err(|e| Error::file(&path, e))?;
    file.lock().map_err(|e| Error::file(&path, e))?;
    Ok(file)
}

/// Removes the files of one kind.
pub(crate) fn remove_with_extension(dir: &Path, extension: &str) -> Result<(), Error> {
    for entry in fs::read_dir(dir).map_err(|e| Error::file(dir, e))? {
        let path = entry.map_err(|e| Error::file(dir, e))?.path();
        if path.extension().is_some_and(|found| found == extension) {
            fs::remove_file(&path).map_err(|e| Error::file(&path, e))?;
        }
    }
    Ok(())
}
