//! The desk of a real run: every question starts a worker of the adapter's program.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use tare_adapter_api::{AdapterSpec, LoadRequest};
use tare_clock::Clock;
use tare_units::{Bytes, Nanoseconds};

use super::{Absent, Consideration, Description, Desk};
use crate::failure;
use crate::protocol::{Message, PROTOCOL, Reached, Request};
use crate::supervise::{Ended, Limits, Watcher, WorkerProgram, supervise};

/// Time that looking at an adapter may take.
const DESCRIBE: Nanoseconds = Nanoseconds::from_secs(30);

/// Time that looking at one model may take.
const CONSIDER: Nanoseconds = Nanoseconds::from_secs(120);

/// Where the adapter of a name lives.
pub type Programs<'a> = &'a dyn Fn(&str) -> Result<WorkerProgram, Absent>;

/// Asks workers, each question about an adapter once.
pub struct WorkerDesk<'a, C> {
    names: Vec<&'static str>,
    references: Vec<AdapterSpec>,
    programs: Programs<'a>,
    clock: C,
    known: RefCell<BTreeMap<AdapterSpec, Description>>,
}

impl<'a, C: Clock> WorkerDesk<'a, C> {
    /// Over the adapters of these `names`, which live in `programs`.
    pub fn new(
        names: Vec<&'static str>,
        references: Vec<AdapterSpec>,
        programs: Programs<'a>,
        clock: C,
    ) -> Self {
        Self {
            names,
            references,
            programs,
            clock,
            known: RefCell::default(),
        }
    }

    fn ask(
        &self,
        program: &WorkerProgram,
        request: &Request,
        deadline: Nanoseconds,
    ) -> Result<Message, NoAnswer> {
        let limits = Limits {
            deadline,
            memory: None,
            own: Bytes::from_bytes(0),
        };
        let never = AtomicBool::new(false);
        match supervise(program, request, limits, &self.clock, &never, &mut Nobody) {
            Ended::Answered(message) => Ok(message),
            Ended::Failed(failure) => Err(NoAnswer {
                died: !failure::could_not_start(&failure.message),
                reason: match failure.stderr {
                    Some(stderr) => format!("{} ({})", failure.message, stderr.trim()),
                    None => failure.message,
                },
            }),
            other => Err(NoAnswer::other(&other)),
        }
    }

    fn ask_description(&self, program: &WorkerProgram, spec: &AdapterSpec) -> Description {
        let request = Request::Describe {
            protocol: PROTOCOL.to_owned(),
            adapter: spec.name.clone(),
            version: spec.version.clone(),
            options: spec.options.clone(),
        };
        let NoAnswer { reason, died } = match self.ask(program, &request, DESCRIBE) {
            Ok(Message::Described(description)) => return description,
            Ok(other) => NoAnswer::other(&other),
            Err(silence) => silence,
        };
        let remedy = match died {
            true => {
                "its library does not survive being looked at: use another version or build of it"
            }
            false => "mend its installation: tare adapter list says which command installs it",
        };
        Description {
            died,
            ..Description::unavailable(reason, remedy.to_owned())
        }
    }
}

impl<C: Clock> Desk for WorkerDesk<'_, C> {
    fn names(&self) -> Vec<&'static str> {
        self.names.clone()
    }

    fn references(&self) -> Vec<AdapterSpec> {
        self.references.clone()
    }

    fn program(&self, adapter: &str) -> Result<WorkerProgram, Absent> {
        (self.programs)(adapter)
    }

    fn describe(&self, spec: &AdapterSpec) -> Result<Description, String> {
        if let Some(known) = self.known.borrow().get(spec) {
            return Ok(known.clone());
        }
        let description = match self.program(&spec.name) {
            Ok(program) => self.ask_description(&program, spec),
            Err(Absent::Unavailable { reason, remedy }) => Description::unavailable(reason, remedy),
            Err(Absent::Unknown(text)) => return Err(text),
        };
        self.known
            .borrow_mut()
            .insert(spec.clone(), description.clone());
        Ok(description)
    }

    fn consider(&self, spec: &AdapterSpec, requests: &[LoadRequest]) -> Vec<Consideration> {
        let nothing = || vec![Consideration::default(); requests.len()];
        let Ok(program) = self.program(&spec.name) else {
            return nothing();
        };
        let request = Request::Consider {
            protocol: PROTOCOL.to_owned(),
            adapter: spec.name.clone(),
            requests: requests.to_vec(),
        };
        let deadline =
            Nanoseconds::from_nanos(CONSIDER.as_nanos().saturating_mul(requests.len() as u64));
        match self.ask(&program, &request, deadline) {
            Ok(Message::Considered { answers }) if answers.len() == requests.len() => answers,
            _ => nothing(),
        }
    }
}

/// Why a worker said nothing of use.
struct NoAnswer {
    reason: String,
    /// Whether it came to life and died.
    died: bool,
}

impl NoAnswer {
    fn other(answer: &dyn std::fmt::Debug) -> Self {
        Self {
            reason: format!("its worker answered something else: {answer:?}"),
            died: false,
        }
    }
}

struct Nobody;

impl Watcher for Nobody {
    fn started(&mut self, _pid: u32) {}

    fn phase(&mut self, _pid: u32, _reached: Reached) {}

    fn resident(&mut self, _pid: u32) -> Option<Bytes> {
        None
    }
}

#[cfg(test)]
mod tests {
    use tare_adapter_api::Readiness;
    use tare_clock::MonotonicClock;

    use super::*;

    fn with_script<T>(script: &str, ask: impl FnOnce(&dyn Desk) -> T) -> T {
        let program = WorkerProgram {
            path: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into()],
            environment: Vec::new(),
            ..WorkerProgram::default()
        };
        let programs = |name: &str| match name {
            "any" => Ok(program.clone()),
            "far" => Err(Absent::Unavailable {
                reason: "not built".into(),
                remedy: "build it".into(),
            }),
            other => Err(Absent::Unknown(format!("no adapter '{other}'"))),
        };
        let desk = WorkerDesk::new(vec!["any"], Vec::new(), &programs, MonotonicClock);
        ask(&desk)
    }

    fn spec(text: &str) -> AdapterSpec {
        text.parse().expect("a spec")
    }

    fn reason(script: &str, adapter: &str) -> String {
        let described = with_script(script, |desk| desk.describe(&spec(adapter)));
        match described.expect("known").readiness {
            Readiness::Unavailable { reason, .. } => reason,
            Readiness::Ready(facts) => format!("ready: {facts:?}"),
        }
    }

    #[test]
    fn the_worker_s_answer_is_the_answer() {
        let answer = r#"echo '{"message":"described","readiness":{"state":"unavailable","reason":"r","remedy":"m"},"formats":["onnx"],"computes":true}'"#;
        let described = with_script(answer, |desk| desk.describe(&spec("any")));
        let described = described.expect("known");
        assert!(described.computes);
        assert_eq!(
            described.readiness,
            Readiness::Unavailable {
                reason: "r".into(),
                remedy: "m".into(),
            }
        );
    }

    #[test]
    fn a_library_that_crashes_the_worker_is_a_reason_why_not() {
        let reason = reason("kill -SEGV $$", "any");
        assert!(reason.contains("SIGSEGV"), "{reason}");
    }

    #[test]
    fn what_the_worker_printed_last_is_told() {
        let reason = reason("echo libtorch_cpu.so: not found >&2; exit 127", "any");
        assert!(reason.contains("libtorch_cpu.so: not found"), "{reason}");
    }

    #[test]
    fn a_worker_that_dies_is_told_from_one_that_cannot_start() {
        let died = |script: &str| {
            let described = with_script(script, |desk| desk.describe(&spec("any")));
            described.expect("known").died
        };
        assert!(died("kill -SEGV $$"));
        assert!(died("exit 7"));
        assert!(!died("exit 127"));
    }

    #[test]
    fn an_adapter_without_its_program_is_not_ready_and_an_unknown_one_an_error() {
        assert_eq!(reason("exit 1", "far"), "not built");
        let unknown = with_script("exit 1", |desk| desk.describe(&spec("none")));
        assert_eq!(unknown, Err("no adapter 'none'".to_owned()));
    }

    #[test]
    fn of_a_worker_that_crashes_nothing_is_known() {
        let request = LoadRequest::new("m.onnx".into(), Vec::new(), Vec::new());
        let answers = with_script("kill -SEGV $$", |desk| {
            desk.consider(&spec("any"), &[request])
        });
        assert_eq!(answers, [Consideration::default()]);
    }
}
