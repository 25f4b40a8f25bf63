//! Why a machine could not be set up, or not set back.

use std::path::PathBuf;

/// What went wrong, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum TuneError {
    /// There is neither a governor nor a switch for turbo nor a GPU.
    #[error(
        "nothing can be tuned on this machine: {0}; leave --tune out, and on a virtual machine tune its host"
    )]
    Nothing(String),
    /// Some of the files may not be written, and so none was.
    #[error(
        "tuning may not write {}; run as root, in a container with --privileged, or leave --tune out",
        listed(.files)
    )]
    Forbidden {
        /// Those files, each with what the operating system said.
        files: Vec<String>,
    },
    /// Someone else's tuning has not been undone.
    #[error(
        "{} says that this machine is tuned already; end the other tare, or if it was killed run: tare machine restore",
        .journal.display()
    )]
    Pending {
        /// The journal.
        journal: PathBuf,
    },
    /// The run that tuned is still going on.
    #[error(
        "the run that tuned this machine goes on, and {} is its own to act upon; end that run, which restores the settings",
        .journal.display()
    )]
    InUse {
        /// The journal.
        journal: PathBuf,
    },
    /// The journal could not be written or removed.
    #[error("cannot keep {}, which says what to restore: {error}; run as root, or leave --tune out", .journal.display())]
    Journal {
        /// The journal.
        journal: PathBuf,
        /// What the operating system said.
        error: std::io::Error,
    },
    /// The journal is not this user's to read.
    #[error("cannot read {}, which says what to restore: {error}; run as the user that tuned, such as root", .journal.display())]
    Unread {
        /// The journal.
        journal: PathBuf,
        /// What the operating system said.
        error: std::io::Error,
    },
    /// What stands in the journal was not written by this program.
    #[error("{} is no journal of tuning: {reason}; look at it and remove it", .journal.display())]
    NotOurs {
        /// The journal.
        journal: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The process that restores did not start, and so nothing was changed.
    #[error("the guardian that restores the settings does not start: {0}; leave --tune out")]
    Guardian(String),
    /// A setting was refused; all were set back.
    #[error("{what} cannot be set: {error}; all settings are as they were, leave --tune out")]
    NotTaken {
        /// The file or device.
        what: String,
        /// Why.
        error: String,
    },
    /// Some settings are not as they were.
    #[error(
        "not restored: {}; set them by hand, or run: tare machine restore (the values stand in {})",
        .what.join(", "), .journal.display()
    )]
    NotRestored {
        /// The files and devices, each with what the operating system said.
        what: Vec<String>,
        /// The journal, which is kept.
        journal: PathBuf,
    },
}

/// The first three, and how many more there are: a machine may have hundreds of policies.
fn listed(files: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = files
        .iter()
        .take(SHOWN)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    match files.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hundreds_of_files_are_told_by_the_first_three() {
        let forbidden = |count: u32| {
            let files = (0..count)
                .map(|index| format!("/sys/{index}: no"))
                .collect();
            TuneError::Forbidden { files }.to_string()
        };
        assert!(forbidden(1).starts_with("tuning may not write /sys/0: no; run as root"));
        assert!(forbidden(3).contains("/sys/2: no; run"));
        assert!(forbidden(99).contains("/sys/2: no and 96 more; run as root"));
    }
}
