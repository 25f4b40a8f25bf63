//! The process that outlives its owner by as long as it takes to restore the settings.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::{GpuClocks, TuneError, restore};

/// What a guardian says once nothing that ends its owner can end it too.
const READY: &str = "guarding";

/// The guardian's whole life: says that it is ready, waits until standard input ends, restores.
///
/// Signals that ask a program to end are ignored; only SIGKILL and the loss of power are stronger.
///
/// # Errors
/// As [`restore`]; where signals cannot be ignored.
pub fn guard(root: &Path, journal: &Path, gpus: &dyn GpuClocks) -> Result<Vec<String>, TuneError> {
    let failed = |error: std::io::Error| TuneError::Guardian(error.to_string());
    let ignored = Arc::new(AtomicBool::new(false));
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&ignored)).map_err(failed)?;
    }
    let mut output = std::io::stdout();
    writeln!(output, "{READY}")
        .and_then(|()| output.flush())
        .map_err(failed)?;
    let mut heard = [0; 64];
    let mut input = std::io::stdin().lock();
    loop {
        match input.read(&mut heard) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    restore(root, journal, gpus)
}

/// A guardian, seen from its owner.
#[derive(Debug)]
pub(super) struct Guardian {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Guardian {
    /// Starts `command`, which calls [`guard`], in a process group of its own, and waits until it is ready.
    pub(super) fn start(mut command: Command) -> Result<Self, TuneError> {
        let failed = |error: std::io::Error| TuneError::Guardian(error.to_string());
        command
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        let input = child.stdin.take();
        let Some(output) = child.stdout.take() else {
            return Err(TuneError::Guardian("it has no output".to_owned()));
        };
        let mut guardian = Self {
            child,
            input,
            output: BufReader::new(output),
        };
        loop {
            let mut line = String::new();
            let length = guardian.output.read_line(&mut line).map_err(failed)?;
            match (length, line.trim_end() == READY) {
                (_, true) => return Ok(guardian),
                (0, _) => return Err(TuneError::Guardian("it ended at once".to_owned())),
                _ => {}
            }
        }
    }
}

impl Drop for Guardian {
    /// The end of the pipe tells it that its owner has gone.
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
