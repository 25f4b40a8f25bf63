//! The folder that holds `proc` and `sys`: `/` for the real machine, any other in tests.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::Unavailable;

#[derive(Debug, Clone)]
pub(crate) struct Root(PathBuf);

impl Root {
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Where `relative`, such as `proc/meminfo`, lies.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.0.join(relative)
    }

    pub(crate) fn exists(&self, relative: &str) -> bool {
        self.path(relative).exists()
    }

    /// The file as text, bytes that are none replaced.
    pub(crate) fn text(&self, relative: &str) -> Result<String, Unavailable> {
        let path = self.path(relative);
        let bytes = fs::read(&path).map_err(|error| failed(&path, &error))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The file's text without the space around it; a file with nothing in it counts as unclear.
    pub(crate) fn line(&self, relative: &str, what: &'static str) -> Result<String, Unavailable> {
        let text = self.text(relative)?.trim().to_owned();
        if text.is_empty() {
            return Err(self.unclear(relative, what, &text));
        }
        Ok(text)
    }

    /// The whole number that is all the file says.
    pub(crate) fn number(&self, relative: &str, what: &'static str) -> Result<u64, Unavailable> {
        let text = self.text(relative)?;
        let number = text.trim().parse().ok();
        number.ok_or_else(|| self.unclear(relative, what, &text))
    }

    /// The names in a folder, sorted.
    pub(crate) fn names(&self, relative: &str) -> Result<Vec<String>, Unavailable> {
        let path = self.path(relative);
        let entries = fs::read_dir(&path).map_err(|error| failed(&path, &error))?;
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        names.sort();
        Ok(names)
    }

    pub(crate) fn unclear(&self, relative: &str, what: &'static str, text: &str) -> Unavailable {
        unclear(&self.path(relative), what, text)
    }
}

pub(crate) fn failed(path: &Path, error: &io::Error) -> Unavailable {
    const NO_SUCH_PROCESS: i32 = 3;
    let gone =
        error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(NO_SUCH_PROCESS);
    let path = path.display().to_string();
    if gone {
        return Unavailable::Absent { path };
    }
    let error = error.to_string();
    Unavailable::Refused { path, error }
}

pub(crate) fn unclear(path: &Path, what: &'static str, text: &str) -> Unavailable {
    const SHOWN: usize = 40;
    let line = text.lines().next().unwrap_or_default();
    Unavailable::Unclear {
        path: path.display().to_string(),
        what,
        found: line.chars().take(SHOWN).collect(),
    }
}
