//! The store below the writer: objects are gathered in memory and published together, each by a rename.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use zarrs::storage::{Bytes, OffsetBytesIterator, StorageError, StoreKey, StorePrefix, WritableStorageTraits};

use crate::RecordError;

/// Files that are synchronised at a time.
const SYNC_THREADS: usize = 8;

/// A file that was written under a passing name, the name it is to get, and the file while it is open.
type Temporary = (PathBuf, PathBuf, Option<File>);

#[cfg(test)]
type Hook = Box<dyn FnMut() -> io::Result<()> + Send>;

/// Gathers the objects of a commit, then writes each as temporary file, fsync and rename, in the order they came.
///
/// A process that is killed leaves every object whole, old or new, and at worst a temporary file no reader looks at.
pub(crate) struct Staging {
    root: PathBuf,
    staged: Mutex<Vec<(String, Bytes)>>,
    folders: Mutex<HashSet<PathBuf>>,
    /// Called before each file operation; tests look at the store there, or let the operation fail.
    #[cfg(test)]
    pub(crate) hook: Mutex<Option<Hook>>,
}

impl Staging {
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            staged: Mutex::default(),
            folders: Mutex::default(),
            #[cfg(test)]
            hook: Mutex::default(),
        }
    }

    pub(crate) fn stage(&self, key: &str, value: impl Into<Bytes>) {
        lock(&self.staged).push((key.to_owned(), value.into()));
    }

    pub(crate) fn clear(&self) {
        lock(&self.staged).clear();
    }

    /// Put everything staged in place. Nothing stays staged, whether it succeeds or not.
    pub(crate) fn publish(&self) -> Result<(), RecordError> {
        let staged = std::mem::take(&mut *lock(&self.staged));
        let mut written = Vec::with_capacity(staged.len());
        let result = self.write_all(&staged, &mut written);
        if result.is_err() {
            for (temporary, _, _) in &written {
                let _ = fs::remove_file(temporary); // one that was renamed already is not there any more
            }
        }
        result
    }

    fn write_all(&self, staged: &[(String, Bytes)], written: &mut Vec<Temporary>) -> Result<(), RecordError> {
        for (key, value) in staged {
            let target = self.root.join(key);
            let (Some(folder), Some(name)) = (target.parent(), target.file_name()) else { continue };
            let temporary = folder.join(format!(".{}.tmp", name.to_string_lossy()));
            self.make_folder(folder).map_err(|e| RecordError::io(folder, e))?;
            self.step().map_err(|e| RecordError::io(&target, e))?;
            let file = File::create(&temporary).map_err(|e| RecordError::io(&target, e))?;
            written.push((temporary, target, None));
            if let Some((_, target, slot)) = written.last_mut() {
                (&file).write_all(value).map_err(|e| RecordError::io(target, e))?;
                *slot = Some(file);
            }
        }
        self.sync(written)?;
        for (temporary, target, _) in written.iter() {
            self.step().and_then(|()| fs::rename(temporary, target)).map_err(|e| RecordError::io(target, e))?;
        }
        Ok(())
    }

    /// Synchronise all files, some at a time: the file system then brings many down in one go, which takes 3 ms for 25 files where one
    /// after the other takes 5 to 90 ms (ext4, measured).
    fn sync(&self, written: &mut [Temporary]) -> Result<(), RecordError> {
        let share = written.len().div_ceil(SYNC_THREADS).max(1);
        std::thread::scope(|scope| {
            let one = |file: &mut Temporary| {
                self.step().and_then(|()| file.2.take().map_or(Ok(()), |open| open.sync_data())).map_err(|e| RecordError::io(&file.1, e))
            };
            let threads: Vec<_> = written
                .chunks_mut(share)
                .map(|part| std::thread::Builder::new().spawn_scoped(scope, move || part.iter_mut().try_for_each(one)))
                .collect();
            threads.into_iter().try_for_each(|thread| {
                let thread = thread.map_err(|e| RecordError::io(&self.root, e))?;
                thread.join().unwrap_or_else(|_| Err(RecordError::io(&self.root, io::Error::other("a thread ended early"))))
            })
        })
    }

    /// Synchronise the root folder, so that a clean end also outlives a power loss.
    pub(crate) fn sync_root(&self) -> Result<(), RecordError> {
        File::open(&self.root).and_then(|folder| folder.sync_all()).map_err(|e| RecordError::io(&self.root, e))
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        let mut folders = lock(&self.folders);
        if !folders.contains(folder) {
            self.step()?;
            fs::create_dir_all(folder)?;
            folders.insert(folder.to_owned());
        }
        Ok(())
    }

    #[cfg(test)]
    fn step(&self) -> io::Result<()> {
        lock(&self.hook).as_mut().map_or(Ok(()), |hook| hook())
    }

    #[cfg(not(test))]
    fn step(&self) -> io::Result<()> {
        Ok(())
    }
}

/// The data behind a lock. No lock is held across code that can panic, so a poisoned one is sound.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl WritableStorageTraits for Staging {
    fn set(&self, key: &StoreKey, value: Bytes) -> Result<(), StorageError> {
        self.stage(key.as_str(), value);
        Ok(())
    }

    fn set_partial_many(&self, _: &StoreKey, _: OffsetBytesIterator) -> Result<(), StorageError> {
        Err(StorageError::Unsupported("objects of a record are written whole".into()))
    }

    fn erase(&self, _: &StoreKey) -> Result<(), StorageError> {
        Err(StorageError::Unsupported("nothing of a record is erased".into()))
    }

    fn erase_prefix(&self, _: &StorePrefix) -> Result<(), StorageError> {
        Err(StorageError::Unsupported("nothing of a record is erased".into()))
    }

    fn supports_set_partial(&self) -> bool {
        false
    }
}
