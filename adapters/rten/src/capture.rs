//! What the library prints to standard output, which is the only way in which rten hands out its profile.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::fd::OwnedFd;
use std::sync::{Mutex, PoisonError};

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::fcntl_dupfd_cloexec;
use rustix::stdio;

static STDOUT: Mutex<()> = Mutex::new(());

/// Runs `body` with file descriptor 1 redirected into memory, and returns what was written there.
///
/// Everything that the process writes to standard output meanwhile is caught, so only a worker that profiles may do this.
pub(crate) fn capture_stdout<R>(body: impl FnOnce() -> R) -> io::Result<(String, R)> {
    let _alone = STDOUT.lock().unwrap_or_else(PoisonError::into_inner);
    io::stdout().flush()?;
    let memory = memfd_create("profile", MemfdFlags::CLOEXEC)?;
    let redirected = Redirected::to(&memory)?;
    let result = body();
    drop(redirected);
    let mut file = File::from(memory);
    file.rewind()?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok((text, result))
}

/// Puts the standard output back when dropped, also when what runs meanwhile panics.
struct Redirected {
    original: OwnedFd,
}

impl Redirected {
    fn to(target: &OwnedFd) -> io::Result<Self> {
        let original = fcntl_dupfd_cloexec(stdio::stdout(), 3)?;
        stdio::dup2_stdout(target)?;
        Ok(Self { original })
    }
}

impl Drop for Redirected {
    fn drop(&mut self) {
        // Neither call has a caller who could be told; the text that is then missing fails the strict parser.
        let _ = io::stdout().flush();
        let _ = stdio::dup2_stdout(&self.original);
    }
}
