//! Directories that several processes may want to fill at once.

use std::{
    fs::{self, File, TryLockError},
    path::Path,
    time::Duration,
};

use crate::Error;

const NEXT_TRY: Duration = Duration::from_millis(50);

/// Makes `dir` and waits until nobody else fills it; the lock ends with the value, and with the process.
pub(crate) async fn lock(dir: &Path) -> Result<File, Error> {
    fs::create_dir_all(dir).map_err(|e| Error::file(dir, e))?;
    let path = dir.join(".lock");
    let file = File::create(&path).map_err(|e| Error::file(&path, e))?;
    // Asked again and again, because a thread that waits for a lock cannot be told to stop.
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(NEXT_TRY).await,
            Err(TryLockError::Error(error)) => return Err(Error::file(&path, error)),
        }
    }
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
