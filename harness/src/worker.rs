//! The worker's side: reads one request from standard input, answers on what was standard output.

use std::fs::File;
use std::io::{BufRead, BufReader, Stdin, Write};
use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tare_adapter_api::Adapter;
use tare_clock::MonotonicClock;
use tare_results::Phase;
use tare_units::Bytes;

use crate::desk::{Consideration, Description};
use crate::job::{JobError, Reporter, perform_traced};
use crate::protocol::{Answer, Message, PROTOCOL, Reached, Request, Stretch};
use crate::trace::CuptiTracer;

/// How a worker finds an adapter by its name.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<&'static dyn Adapter>;

/// Serves one request and returns whether it ended well. The worker dies with its parent.
///
/// # Errors
/// Where the request cannot be read or the parent is gone.
pub fn serve(lookup: Lookup) -> std::io::Result<bool> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    let mut channel = Channel::take()?;
    let answer = match channel.request() {
        Ok(request) => answer(lookup, &request, &mut channel),
        Err(error) => Message::Failed { error },
    };
    let well = !matches!(answer, Message::Failed { .. });
    channel.send(&answer)?;
    Ok(well)
}

fn answer(lookup: Lookup, request: &Request, channel: &mut Channel) -> Message {
    let outcome = catch_unwind(AssertUnwindSafe(|| match request {
        Request::Describe {
            adapter,
            version,
            options,
            ..
        } => find(lookup, adapter).map(|adapter| {
            Message::Described(Description::of(adapter, version.as_deref(), options))
        }),
        Request::Consider {
            adapter, requests, ..
        } => find(lookup, adapter).map(|adapter| {
            let answers = requests
                .iter()
                .map(|request| Consideration::of(adapter, request));
            Message::Considered {
                answers: answers.collect(),
            }
        }),
        Request::Run(job) => find(lookup, &job.adapter).and_then(|adapter| {
            perform_traced(adapter, job, &MonotonicClock, channel, &CuptiTracer)
                .map(|outcome| Message::Outcome(Box::new(outcome)))
                .map_err(|error| error.to_string())
        }),
    }));
    match outcome {
        Ok(Ok(message)) => message,
        Ok(Err(error)) => Message::Failed { error },
        Err(panic) => Message::Failed {
            error: format!("the worker panicked: {}", panic_text(panic.as_ref())),
        },
    }
}

fn find(lookup: Lookup, name: &str) -> Result<&'static dyn Adapter, String> {
    lookup(name).ok_or_else(|| format!("this worker has no adapter '{name}'"))
}

/// What a panic says.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

/// The two ends of the conversation with the parent.
struct Channel {
    input: BufReader<Stdin>,
    output: File,
}

impl Channel {
    /// Takes standard output for messages and sends whatever else is printed there to standard error.
    fn take() -> std::io::Result<Self> {
        let output = std::io::stdout().as_fd().try_clone_to_owned()?;
        rustix::stdio::dup2_stdout(std::io::stderr().as_fd())?;
        Ok(Self {
            input: BufReader::new(std::io::stdin()),
            output: File::from(output),
        })
    }

    fn request(&mut self) -> Result<Request, String> {
        let line = self
            .line()
            .map_err(|error| format!("cannot read the request: {error}"))?;
        let request: Request = serde_json::from_str(&line)
            .map_err(|error| format!("the request is not understood: {error}"))?;
        let protocol = match &request {
            Request::Describe { protocol, .. } | Request::Consider { protocol, .. } => protocol,
            Request::Run(job) => &job.protocol,
        };
        if protocol == PROTOCOL {
            Ok(request)
        } else {
            Err(format!(
                "the parent speaks '{protocol}', this worker '{PROTOCOL}': use one build of tare"
            ))
        }
    }

    fn line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        match self.input.read_line(&mut line)? {
            0 => Err(std::io::Error::other("the parent closed the pipe")),
            _ => Ok(line),
        }
    }

    fn send(&mut self, message: &Message) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(message)?;
        line.push(b'\n');
        self.output.write_all(&line)
    }
}

impl Channel {
    fn ask(&mut self, message: &Message) -> Result<Answer, JobError> {
        let gone = |error: std::io::Error| JobError::Parent(error.to_string());
        self.send(message).map_err(gone)?;
        let line = self.line().map_err(gone)?;
        line.trim_end().parse().map_err(JobError::Job)
    }
}

impl Reporter for Channel {
    fn phase(&mut self, phase: Phase, own_bytes: Bytes) -> Result<(), JobError> {
        match self.ask(&at(phase, own_bytes))? {
            Answer::Go => Ok(()),
            Answer::More(_) => Err(JobError::Job(
                "the parent wants further requests of a worker that times none".into(),
            )),
        }
    }

    fn timed(&mut self, own_bytes: Bytes) -> Result<Answer, JobError> {
        self.ask(&at(Phase::Finish, own_bytes))
    }

    fn stretched(&mut self, stretch: Stretch) -> Result<Answer, JobError> {
        self.ask(&Message::Stretched(stretch))
    }
}

/// That this thread goes on to `phase`.
fn at(phase: Phase, own_bytes: Bytes) -> Message {
    let thread = rustix::thread::gettid().as_raw_nonzero().get();
    Message::Phase(Reached {
        phase,
        own_bytes,
        thread: u32::try_from(thread).ok(),
    })
}
