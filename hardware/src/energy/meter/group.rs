//! The process group that a meter's program runs in, and the warden that ends the group when this process is gone.

use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};

use super::MeterCommand;

/// Ends its own group once nobody holds the other end of its input any longer, however that end was lost. A death signal
/// of the kernel's would come with the thread that started it, and to the program alone, not to what that started.
const WARDEN: &str = "trap '' HUP INT TERM; read -r _; kill -KILL 0";

/// A program and whatever it starts, which do not outlive this process even where it is killed.
#[derive(Debug)]
pub(super) struct Group {
    warden: Child,
    program: Child,
    /// Held open for as long as the group may live.
    _tie: Option<ChildStdin>,
    is_stopped: bool,
}

impl Group {
    /// Starts the warden, which leads the group, then the program in it with its output piped.
    pub(super) fn start(command: &MeterCommand) -> std::io::Result<Self> {
        let mut warden = Command::new("sh")
            .args(["-c", WARDEN])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let program = Command::new(&command.program)
            .args(&command.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(Pid::from_child(&warden).as_raw_nonzero().get())
            .spawn();
        let tie = warden.stdin.take();
        match program {
            Ok(program) => Ok(Self {
                warden,
                program,
                _tie: tie,
                is_stopped: false,
            }),
            Err(error) => {
                drop(tie);
                let _ = warden.wait();
                Err(error)
            }
        }
    }

    /// The program, whose output and exit may be asked for.
    pub(super) fn program(&mut self) -> &mut Child {
        &mut self.program
    }

    /// Output ends a little before the program does.
    pub(super) fn exit(&mut self) -> Option<ExitStatus> {
        const TRIES: usize = 20;
        for _ in 0..TRIES {
            if let Ok(Some(status)) = self.program.try_wait() {
                return Some(status);
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        None
    }

    /// Once: later its number may be another group's.
    pub(super) fn stop(&mut self) {
        if std::mem::replace(&mut self.is_stopped, true) {
            return;
        }
        // Fails only where the whole group is gone already.
        let _ = kill_process_group(Pid::from_child(&self.warden), Signal::KILL);
        let _ = self.program.wait();
        let _ = self.warden.wait();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests {
    use tare_clock::{Clock, MonotonicClock};
    use tare_units::Nanoseconds;

    use super::*;
    use crate::child::Played;

    /// Where the child of this number notes whom its meter started.
    fn note(pid: u32) -> std::path::PathBuf {
        std::env::temp_dir().join(format!("tare-meter-of-{pid}"))
    }

    fn is_gone(pid: &str) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
        stat.map_or(true, |stat| stat.contains(") Z "))
    }

    fn within(seconds: u64, holds: impl Fn() -> bool) -> bool {
        let until = MonotonicClock.now() + Nanoseconds::from_secs(seconds);
        while !holds() && MonotonicClock.now() < until {
            MonotonicClock.wait_until(MonotonicClock.now() + Nanoseconds::from_millis(2));
        }
        holds()
    }

    #[test]
    fn a_meter_and_what_it_started_die_with_a_process_that_is_killed() {
        let test = "energy::meter::group::tests::a_meter_and_what_it_started_die_with_a_process_that_is_killed";
        let mut owner = Played::by(test, |stage| {
            let path = note(std::process::id());
            let script = format!(
                "trap '' HUP TERM; sleep 1000 & echo $$ $! > {}; echo 0 5 W; exec sleep 1000",
                path.display()
            );
            let command = MeterCommand::new("sh", &["-c", &script]);
            // A thread of its own that has ended by then: the tie is to the process.
            let started =
                std::thread::spawn(move || super::super::Meter::start(&command, MonotonicClock));
            let _meter = started.join().unwrap().unwrap();
            stage.stand_still();
        });
        let noted = std::fs::read_to_string(note(owner.pid())).unwrap();
        std::fs::remove_file(note(owner.pid())).unwrap();
        let pids: Vec<&str> = noted.split_whitespace().collect();
        assert_eq!(pids.len(), 2, "the program and what it started");
        MonotonicClock.wait_until(MonotonicClock.now() + Nanoseconds::from_millis(50));
        assert!(!pids.iter().any(|pid| is_gone(pid)), "alive with its owner");
        owner.end();
        assert!(
            within(5, || pids.iter().all(|pid| is_gone(pid))),
            "{pids:?}"
        );
    }

    #[test]
    fn the_warden_ends_with_a_program_that_cannot_be_started() {
        let error = Group::start(&MeterCommand::new("/nowhere/meter", &[])).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    }
}
