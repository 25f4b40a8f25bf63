//! The store on disk: a folder a run with `run.json`, `cells.jsonl`, `events.jsonl`, `samples/` and, while it runs, `outputs/`.

mod error;
mod files;
mod find;
mod id;
mod journal;
mod lines;
mod twins;
mod writer;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::record::Record;
use crate::run::Run;

pub use error::StoreError;
pub use lines::Torn;
pub use writer::RunWriter;

/// A folder of runs. Opening and reading touch nothing; the folder is made with its first run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    dir: PathBuf,
}

/// What a run's folder holds.
#[derive(Debug, Clone, PartialEq)]
pub struct RunContents {
    /// The plan and the machine.
    pub run: Run,
    /// In the order in which their workers ended.
    pub records: Vec<Record>,
    /// A last line that was not written to its end, and is left out.
    pub torn: Option<Torn>,
}

/// A run that goes on.
#[derive(Debug)]
pub struct Resumed {
    /// The plan and the machine.
    pub run: Run,
    /// In the order in which their workers ended.
    pub records: Vec<Record>,
    /// A last line that was not written to its end, and has been cut off.
    pub torn: Option<Torn>,
    /// Appends to the run; nobody else can until it is dropped.
    pub writer: RunWriter,
}

impl Store {
    /// The store in `dir`, which need not exist.
    pub fn open(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// `$XDG_DATA_HOME/tare/runs`, else `$HOME/.local/share/tare/runs`; fails where neither variable is an absolute path.
    pub fn default_dir() -> Result<PathBuf, StoreError> {
        default_dir(std::env::var_os("XDG_DATA_HOME"), std::env::var_os("HOME"))
    }

    /// Its folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// An id that no run of this store has: the date and time of `created` (RFC 3339, UTC) and four digits drawn from `salt`.
    pub fn new_run_id(&self, created: &str, salt: u64) -> Result<String, StoreError> {
        id::unused(created, salt, |id| {
            self.dir.join(id).symlink_metadata().is_ok()
        })
    }

    /// Makes the folder of a new run with its plan, on disk when this returns.
    ///
    /// Fails where the id is taken or no file name, or the folder cannot be written.
    pub fn create(&self, run: &Run) -> Result<RunWriter, StoreError> {
        id::check(&run.id)?;
        RunWriter::create(&self.dir, run)
    }

    /// Goes on with a run: cuts a torn last line off and gives what is done.
    ///
    /// Fails where there is no such run, another process is writing it, or a line is no record.
    pub fn resume(&self, spec: &str) -> Result<Resumed, StoreError> {
        let dir = self.dir.join(self.find(spec)?);
        let run = files::read_run(&dir)?;
        let (writer, lines) = RunWriter::reopen(dir)?;
        Ok(Resumed {
            run,
            records: lines.records,
            torn: lines.torn,
            writer,
        })
    }

    /// What the run `spec` holds, also while it is being written.
    ///
    /// Fails where there is no such run, or a line before the last is no record.
    pub fn read(&self, spec: &str) -> Result<RunContents, StoreError> {
        let dir = self.dir.join(self.find(spec)?);
        let run = files::read_run(&dir)?;
        let lines = lines::read(&files::cells(&dir))?;
        Ok(RunContents {
            run,
            records: lines.records,
            torn: lines.torn,
        })
    }

    /// The id that `spec` means: an id, a prefix that only one id has, or `latest`.
    pub fn find(&self, spec: &str) -> Result<String, StoreError> {
        find::resolve(spec, self.list()?, &self.dir)
    }

    /// The ids of all runs, oldest first; none where the folder does not exist.
    pub fn list(&self) -> Result<Vec<String>, StoreError> {
        find::list(&self.dir)
    }
}

fn default_dir(data: Option<OsString>, home: Option<OsString>) -> Result<PathBuf, StoreError> {
    let absolute = |value: Option<OsString>| {
        let path = PathBuf::from(value?);
        path.is_absolute().then_some(path)
    };
    absolute(data)
        .or_else(|| Some(absolute(home)?.join(".local/share")))
        .map(|data| data.join("tare").join("runs"))
        .ok_or(StoreError::NoHome)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dir(data: &str, home: &str) -> Option<PathBuf> {
        default_dir(Some(data.into()), Some(home.into())).ok()
    }

    #[test]
    fn the_default_folder_follows_the_user_s_data_home() {
        assert_eq!(dir("/data", "/home/a"), Some("/data/tare/runs".into()));
        let below_home = Some("/home/a/.local/share/tare/runs".into());
        assert_eq!(dir("", "/home/a"), below_home);
        assert_eq!(dir("relative", "/home/a"), below_home);
    }

    #[test]
    fn without_any_home_the_error_names_the_remedy() {
        let error = default_dir(None, None).unwrap_err().to_string();
        assert!(
            error.contains("HOME") && error.contains("--store"),
            "{error}"
        );
    }
}
