//! Processes that end as one, those that they start included, at the latest when this program ends in whatever way.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// Waits for the end of its input, which the system closes even where this program is killed; then ends its whole group.
const WATCH: &str = "read -r _; kill -KILL 0";

/// A process group led by a process that watches over it.
pub(super) struct Group {
    leader: Child,
}

impl Group {
    /// A group with nothing in it but its watch.
    pub fn new() -> io::Result<Self> {
        let mut watch = Command::new("/bin/sh");
        watch
            .args(["-c", WATCH])
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let leader = watch.process_group(0).spawn()?;
        Ok(Self { leader })
    }

    /// Starts a process in the group.
    pub fn start(&self, command: &mut Command) -> io::Result<Child> {
        let group = i32::try_from(self.leader.id()).map_err(io::Error::other)?;
        command.process_group(group).spawn()
    }

    /// Kills all that is in the group; again does nothing.
    pub fn end(&mut self) {
        drop(self.leader.stdin.take());
        let _ = self.leader.wait();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}
