//! One worker, seen from the parent: spawned in a group of its own, watched, and killed with its group.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tare_clock::Clock;
use tare_results::{Failure, Phase};
use tare_units::{Bytes, Nanoseconds};

use crate::failure::{self, Death};
use crate::protocol::{Answer, Message, Outcome, Reached, Request, Stretch};

/// How often the worker's memory and the deadline are looked at.
const POLL: Duration = Duration::from_millis(20);
/// How much of the end of a worker's standard error is kept, in bytes.
const STDERR_KEPT: usize = 4096;
/// The longest line a worker may send, in bytes.
const LONGEST_LINE: u64 = 64 << 20;

/// The program that serves as worker.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkerProgram {
    /// The file to execute.
    pub path: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Variables set in its environment.
    pub environment: Vec<(String, String)>,
    /// Whether it has something left to do once it has answered, and is waited for until its deadline; else it is killed at once.
    pub ends_itself: bool,
}

impl WorkerProgram {
    /// The same program with these variables in its environment besides its own.
    pub fn with_environment(&self, variables: &[(String, String)]) -> Self {
        let mut program = self.clone();
        program.environment.extend_from_slice(variables);
        program
    }
}

/// What a worker may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Time from its start to its end.
    pub deadline: Nanoseconds,
    /// Resident memory of its whole process tree, without what is the harness's own.
    pub memory: Option<Bytes>,
    /// What of it is the harness's own.
    pub own: Bytes,
}

/// How a worker ended.
#[derive(Debug)]
pub enum Ended {
    /// With a message that is an answer.
    Answered(Message),
    /// Early.
    Failed(Failure),
    /// Because the run is being stopped.
    Stopped,
}

/// Who looks at a worker from outside while it lives.
pub trait Watcher {
    /// The worker is alive.
    fn started(&mut self, pid: u32);

    /// The worker goes on to a phase once this returns, and stands still until then.
    fn phase(&mut self, pid: u32, reached: Reached);

    /// What a worker is answered that is done with its timed requests, or with `stretch`; it dies at `deadline`.
    fn timed(&mut self, _stretch: Option<Stretch>, _deadline: Nanoseconds) -> Answer {
        Answer::Go
    }

    /// Resident memory of the worker's process tree now; `None` where it cannot be read.
    fn resident(&mut self, pid: u32) -> Option<Bytes>;
}

/// Spawns a worker, gives it `request`, and stays with it until it has ended.
pub fn supervise(
    program: &WorkerProgram,
    request: &Request,
    limits: Limits,
    clock: &impl Clock,
    stop: &AtomicBool,
    watcher: &mut dyn Watcher,
) -> Ended {
    match Worker::spawn(program, request) {
        Ok(mut worker) => {
            watcher.started(worker.child.id());
            worker.attend(limits, clock, stop, watcher)
        }
        Err(error) => Ended::Failed(Failure {
            phase: Phase::Start,
            message: format!(
                "cannot start the worker {}: {error}",
                program.path.display()
            ),
            stderr: None,
        }),
    }
}

struct Worker {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Result<Message, String>>,
    stderr: Arc<Mutex<Vec<u8>>>,
    readers: Vec<JoinHandle<()>>,
    phase: Phase,
    ends_itself: bool,
    is_reaped: bool,
}

impl Worker {
    fn spawn(program: &WorkerProgram, request: &Request) -> std::io::Result<Self> {
        let mut child = Command::new(&program.path)
            .args(&program.arguments)
            .envs(
                program
                    .environment
                    .iter()
                    .map(|(name, value)| (name, value)),
            )
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let missing = || std::io::Error::other("a pipe of the worker is missing");
        let mut input = child.stdin.take().ok_or_else(missing)?;
        let output = child.stdout.take().ok_or_else(missing)?;
        let errors = child.stderr.take().ok_or_else(missing)?;
        let stderr = Arc::new(Mutex::new(Vec::new()));
        let (sender, messages) = channel();
        let kept = Arc::clone(&stderr);
        let readers = vec![
            std::thread::spawn(move || {
                read_messages(output, |message| sender.send(message).is_ok())
            }),
            std::thread::spawn(move || keep_tail(errors, &kept)),
        ];
        // A worker that dies at once breaks this pipe; how it died is found out from the child itself.
        let _ = send_line(&mut input, &serde_json::to_string(request)?);
        Ok(Self {
            child,
            input,
            messages,
            stderr,
            readers,
            phase: Phase::Start,
            ends_itself: program.ends_itself,
            is_reaped: false,
        })
    }

    fn attend(
        &mut self,
        limits: Limits,
        clock: &impl Clock,
        stop: &AtomicBool,
        watcher: &mut dyn Watcher,
    ) -> Ended {
        let mut deadline = clock.now() + limits.deadline;
        loop {
            match self.messages.recv_timeout(POLL) {
                Ok(Ok(Message::Phase(reached))) => {
                    self.phase = reached.phase;
                    let seen = clock.now();
                    watcher.phase(self.child.id(), reached);
                    let answer = match reached.phase {
                        Phase::Finish => watcher.timed(None, deadline),
                        _ => Answer::Go,
                    };
                    // What the parent takes for its readings is not the worker's time.
                    deadline = deadline + clock.now().saturating_sub(seen);
                    self.answer(answer);
                }
                Ok(Ok(Message::Stretched(stretch))) => {
                    self.phase = Phase::Finish;
                    let seen = clock.now();
                    let answer = watcher.timed(Some(stretch), deadline);
                    deadline = deadline + clock.now().saturating_sub(seen);
                    self.answer(answer);
                }
                Ok(Ok(Message::Failed { error })) => return self.failed(error),
                Ok(Ok(answer)) => {
                    self.let_end(clock, deadline);
                    return Ended::Answered(answer);
                }
                Ok(Err(garbage)) => return self.failed(garbage),
                Err(RecvTimeoutError::Disconnected) => return self.died(),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if stop.load(Ordering::SeqCst) {
                self.kill();
                return Ended::Stopped;
            }
            if clock.now() >= deadline {
                return self.failed(failure::past_deadline(limits.deadline, self.phase));
            }
            if let Some(message) = self.over_memory(limits, watcher) {
                return self.failed(message);
            }
        }
    }

    /// A worker that is gone does not hear it; how it went is found out from the child itself.
    fn answer(&mut self, answer: Answer) {
        if let Answer::More(_) = answer {
            self.phase = Phase::Stretch;
        }
        let _ = send_line(&mut self.input, &answer.to_string());
    }

    /// Ends a worker that has answered, in the time that it may still take.
    fn let_end(&mut self, clock: &impl Clock, deadline: Nanoseconds) {
        while self.ends_itself && !self.has_ended() && clock.now() < deadline {
            std::thread::sleep(POLL);
        }
        self.kill();
    }

    fn over_memory(&self, limits: Limits, watcher: &mut dyn Watcher) -> Option<String> {
        let limit = limits.memory?;
        let resident = watcher
            .resident(self.child.id())?
            .saturating_sub(limits.own);
        (resident > limit).then(|| failure::over_memory(resident, limit, self.phase))
    }

    /// The worker closed its output without an answer: it is dead or dying.
    fn died(&mut self) -> Ended {
        let status = self.end_unless_alive();
        let death = match status {
            None => Death::SilentButAlive,
            Some(status) => match status.signal() {
                Some(signal) => Death::Signal(signal),
                None => Death::Code(status.code().unwrap_or_default()),
            },
        };
        self.kill();
        let death = failure::death(death, self.phase);
        match self.last_words() {
            Some(words) => self.failed(format!("{death}; its last words: {words}")),
            None => self.failed(death),
        }
    }

    /// The status of a worker that ends by itself within a second; what it left in its group is killed first, while the
    /// group cannot be anyone else's.
    fn end_unless_alive(&mut self) -> Option<ExitStatus> {
        for _ in 0..50 {
            if self.has_ended() {
                self.kill_group();
                self.is_reaped = true;
                return self.child.wait().ok();
            }
            std::thread::sleep(POLL);
        }
        None
    }

    fn has_ended(&self) -> bool {
        let Some(pid) = Pid::from_raw(self.child.id() as i32) else {
            return false;
        };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        matches!(waitid(WaitId::Pid(pid), options), Ok(Some(_)))
    }

    fn stderr(&self) -> Option<String> {
        let kept = self.stderr.lock().ok()?;
        Some(String::from_utf8_lossy(&kept).trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// The last line of standard error, once the worker is dead.
    fn last_words(&self) -> Option<String> {
        self.stderr()?.lines().last().map(str::to_owned)
    }

    fn failed(&mut self, message: String) -> Ended {
        self.kill();
        Ended::Failed(Failure {
            phase: self.phase,
            message,
            stderr: self.stderr(),
        })
    }

    /// Kills the whole process group, so that nothing the worker started outlives it.
    fn kill(&mut self) {
        if !self.is_reaped {
            self.kill_group();
            let _ = self.child.wait();
            self.is_reaped = true;
        }
        // A process that left the group may hold the pipes open: its words are not waited for.
        for _ in 0..1_000 {
            if self.readers.iter().all(JoinHandle::is_finished) {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn kill_group(&self) {
        if let Some(group) = Pid::from_raw(self.child.id() as i32) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.kill();
    }
}

fn send_line(input: &mut ChildStdin, line: &str) -> std::io::Result<()> {
    input.write_all(line.as_bytes())?;
    input.write_all(b"\n")?;
    input.flush()
}

fn read_messages(output: impl Read, mut send: impl FnMut(Result<Message, String>) -> bool) {
    let mut output = BufReader::new(output);
    loop {
        let mut line = Vec::new();
        match output
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line)
        {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let message = serde_json::from_slice(&line).map_err(|error| {
            let start = String::from_utf8_lossy(&line[..line.len().min(80)])
                .trim()
                .to_owned();
            format!("the worker said something that is not a message ({error}): '{start}'")
        });
        let garbled = message.is_err();
        if !send(message) || garbled {
            return;
        }
    }
}

fn keep_tail(mut errors: impl Read, kept: &Mutex<Vec<u8>>) {
    let mut chunk = [0u8; 1024];
    while let Ok(count @ 1..) = errors.read(&mut chunk) {
        if let Ok(mut kept) = kept.lock() {
            kept.extend_from_slice(&chunk[..count]);
            let surplus = kept.len().saturating_sub(STDERR_KEPT);
            kept.drain(..surplus);
        }
    }
}

/// The outcome of a repeat, or what went wrong.
pub fn outcome_of(ended: Ended) -> Result<Option<Box<Outcome>>, Failure> {
    match ended {
        Ended::Answered(Message::Outcome(outcome)) => Ok(Some(outcome)),
        Ended::Stopped => Ok(None),
        Ended::Failed(failure) => Err(failure),
        Ended::Answered(other) => Err(Failure {
            phase: Phase::Finish,
            message: format!("the worker answered something else than an outcome: {other:?}"),
            stderr: None,
        }),
    }
}

#[cfg(test)]
mod tests;
