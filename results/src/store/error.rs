//! What can go wrong with the store, each with the path, the reason and the remedy.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No folder is known for the store.
    #[error(
        "no folder for the store: neither XDG_DATA_HOME nor HOME is an absolute path; name one with --store DIR"
    )]
    NoHome,
    /// The operating system refused.
    #[error("cannot {action} {}: {reason}; {}", path.display(), remedy(reason))]
    Io {
        /// Such as `write`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        reason: io::Error,
    },
    /// There is no run at all.
    #[error(
        "no run in the store {}; make one with `tare run`, or name another store with --store DIR",
        dir.display()
    )]
    Empty {
        /// The store's folder.
        dir: PathBuf,
    },
    /// No run has such an id.
    #[error("no run '{spec}' in the store {}; the newest are {}", dir.display(), newest.join(", "))]
    NoSuchRun {
        /// What was asked for.
        spec: String,
        /// The store's folder.
        dir: PathBuf,
        /// The newest ids, newest first.
        newest: Vec<String>,
    },
    /// Several runs have ids that begin so.
    #[error("'{spec}' begins the ids of {} runs; write more of one of {}", candidates.len(), shown(candidates))]
    Ambiguous {
        /// What was asked for.
        spec: String,
        /// The ids that begin so, oldest first.
        candidates: Vec<String>,
    },
    /// The text cannot be an id.
    #[error(
        "'{id}' is no run id; write letters, digits, '-', '_' and '.' only, not beginning with '.', 128 at most"
    )]
    BadId {
        /// What was given.
        id: String,
    },
    /// The time cannot begin an id.
    #[error("'{created}' is no time in UTC; write it like 2026-11-21T10:46:56Z")]
    BadTime {
        /// What was given.
        created: String,
    },
    /// The id is taken.
    #[error("the run {} exists already; go on with it by --resume, or take another id", path.display())]
    Exists {
        /// The run's folder.
        path: PathBuf,
    },
    /// Another process is writing the run.
    #[error("the run {} is being written by another process; wait for its end or stop it", path.display())]
    Busy {
        /// The run's folder.
        path: PathBuf,
    },
    /// A line, or the whole of `run.json`, is not what it should be.
    #[error("{} line {line} cannot be read: {reason}; mend that line or remove it", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// Written by a program with another format.
    #[error(
        "{} line {line} has the schema '{found}', this program reads '{known}'; read it with the version of tare that wrote it",
        path.display()
    )]
    Schema {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: u64,
        /// As written.
        found: String,
        /// As this program writes.
        known: &'static str,
    },
    /// The file does not hold samples.
    #[error("{} holds no samples: {reason}; read the file of samples that a run of tare wrote", path.display())]
    Samples {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl StoreError {
    /// Adds to an error of the operating system what was being done to which file or folder.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |reason| Self::Io {
            action,
            path: path.to_owned(),
            reason,
        }
    }
}

fn remedy(reason: &io::Error) -> &'static str {
    match reason.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "free space there and go on with --resume, or name another store with --store DIR"
        }
        ErrorKind::FileTooLarge => {
            "raise the limit on the size of files (ulimit -f) and go on with --resume"
        }
        ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::NotADirectory
        | ErrorKind::NotFound => "name a store that you may write to with --store DIR",
        _ => "check the disk, or name another store with --store DIR",
    }
}

fn shown(ids: &[String]) -> String {
    const LISTED: usize = 8;
    let listed = ids.iter().rev().take(LISTED).cloned();
    let more = (ids.len() > LISTED).then(|| format!("{} older", ids.len() - LISTED));
    listed.chain(more).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_named_with_its_path_and_remedy() {
        let full = io::Error::from(ErrorKind::StorageFull);
        let error = StoreError::io("append to", Path::new("/r/cells.jsonl"))(full);
        assert_eq!(
            error.to_string(),
            "cannot append to /r/cells.jsonl: no storage space; free space there and go on with --resume, or name another store with --store DIR"
        );
    }

    #[test]
    fn of_many_candidates_the_newest_are_listed() {
        let ids: Vec<String> = (0..10).map(|n| format!("r{n}")).collect();
        assert_eq!(shown(&ids), "r9, r8, r7, r6, r5, r4, r3, r2, 2 older");
        assert_eq!(shown(&ids[..2]), "r1, r0");
    }
}
