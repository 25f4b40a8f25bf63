//! A made-up `/proc` and `/sys` for tests, file by file.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

pub(crate) struct FakeRoot(TempDir);

impl FakeRoot {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let root = Self::new();
        for (path, text) in files {
            root.file(path, text);
        }
        root
    }

    pub(crate) fn file(&self, path: &str, text: &str) -> &Self {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn remove(&self, path: &str) -> &Self {
        let path = self.path().join(path);
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// A message without the folder that a test happened to get.
    pub(crate) fn plain(&self, message: &impl ToString) -> String {
        let prefix = format!("{}/", self.path().display());
        message.to_string().replace(&prefix, "/")
    }
}
