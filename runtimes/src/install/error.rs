//! Why an installation failed; each text says what to do.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use tare_units::Bytes;

/// Why nothing was installed; what was there before is still there.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The catalogue has nothing for this kind of machine.
    #[error(
        "the catalogue holds libraries for x86-64 Linux only, this is {arch} {os}: name a library of your own, such as --adapter onnxruntime:library=FILE"
    )]
    Platform {
        /// The processor.
        arch: String,
        /// The system.
        os: String,
    },
    /// A file or folder could not be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        error: io::Error,
    },
    /// A file or folder could not be made, written or removed.
    #[error("cannot write {}: {error}{}", path.display(), remedy(error))]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        error: io::Error,
    },
    /// The archive is not the one of the catalogue, or cannot be unpacked.
    #[error(transparent)]
    Wheel(#[from] WheelError),
    /// It could not be fetched.
    #[error(transparent)]
    Pip(#[from] PipError),
    /// It was asked to stop.
    #[error("stopped; nothing was installed")]
    Stopped,
}

/// What is wrong with an archive.
#[derive(Debug, thiserror::Error)]
pub enum WheelError {
    /// There is none.
    #[error("there is no wheel {}: check the path", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// It is something else.
    #[error("{} is no wheel (no zip archive): give the file {file} as it was published", path.display())]
    NoZip {
        /// The file.
        path: PathBuf,
        /// What it should have been.
        file: String,
    },
    /// It ends too early.
    #[error("{} is truncated: it has {found} of {wanted} bytes; fetch it again", path.display(), found = found.as_bytes(), wanted = wanted.as_bytes())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Its size.
        found: Bytes,
        /// The size it should have.
        wanted: Bytes,
    },
    /// Its content is not what the catalogue pins.
    #[error("{} has the sha256 {found}, the catalogue pins {wanted} for {file}: fetch exactly that file again", path.display())]
    Hash {
        /// The file.
        path: PathBuf,
        /// What it should have been.
        file: String,
        /// Its sha256.
        found: String,
        /// The sha256 it should have.
        wanted: String,
    },
    /// A member that is wanted is not in it.
    #[error(
        "{file} has no member '{member}', which the catalogue lists: the catalogue is wrong about this file"
    )]
    Member {
        /// The archive.
        file: String,
        /// The member.
        member: String,
    },
    /// A member leads outside the folder or is no plain file.
    #[error(
        "{file} has the member '{member}', which is no plain file inside the folder: nothing of it is used"
    )]
    Unsafe {
        /// The archive.
        file: String,
        /// The member.
        member: String,
    },
    /// It unpacks to more than the catalogue says.
    #[error("{file} unpacks to more than the {limit} bytes that the catalogue lists: nothing of it is used", limit = limit.as_bytes())]
    TooLarge {
        /// The archive.
        file: String,
        /// The most that was expected.
        limit: Bytes,
    },
    /// Its inside cannot be read.
    #[error("cannot unpack {file}: {reason}; fetch it again")]
    Corrupt {
        /// The archive.
        file: String,
        /// What the reader said.
        reason: String,
    },
}

/// Why pip fetched nothing.
#[derive(Debug, thiserror::Error)]
pub enum PipError {
    /// It is not installed.
    #[error(
        "there is no pip to fetch {file} with: install it (Debian: apt-get install python3-pip), or fetch that file elsewhere and install it with --from FILE"
    )]
    Absent {
        /// What was to be fetched.
        file: String,
    },
    /// It failed.
    #[error("pip could not fetch {file}: {said}; {}", pip_remedy(said))]
    Failed {
        /// What was to be fetched.
        file: String,
        /// The last line it printed.
        said: String,
    },
    /// It gave something else.
    #[error(
        "pip fetched {found} instead of {file}: fetch that file elsewhere and install it with --from FILE"
    )]
    Other {
        /// What was to be fetched.
        file: String,
        /// What came.
        found: String,
    },
}

impl InstallError {
    /// For `map_err` where a file or folder is read.
    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Read {
            path: path.to_owned(),
            error,
        }
    }

    /// For `map_err` where a file or folder is made, written or removed.
    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Write {
            path: path.to_owned(),
            error,
        }
    }
}

fn pip_remedy(said: &str) -> &'static str {
    match said.contains("No space left") {
        true => "make room there, or set TARE_RUNTIMES to a folder on another disk",
        false => {
            "check the network and pip's settings, or fetch that file elsewhere and install it with --from FILE"
        }
    }
}

fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "; make room there, or set TARE_RUNTIMES to a folder on another disk"
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "; set TARE_RUNTIMES to a folder that can be written"
        }
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => "; set TARE_RUNTIMES to a folder",
        _ => "",
    }
}
