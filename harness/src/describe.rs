//! Asking a fresh worker whether an adapter can run here: a library that crashes when it is looked at takes the worker only.

use std::sync::atomic::AtomicBool;

use tare_adapter_api::{Options, Readiness};
use tare_clock::Clock;
use tare_results::Phase;
use tare_units::{Bytes, Nanoseconds};

use crate::protocol::{Message, PROTOCOL, Request};
use crate::supervise::{Ended, Limits, Watcher, WorkerProgram, supervise};

/// Time that looking at an adapter may take.
const DEADLINE: Nanoseconds = Nanoseconds::from_secs(30);

struct Nobody;

impl Watcher for Nobody {
    fn started(&mut self, _pid: u32) {}

    fn phase(&mut self, _pid: u32, _phase: Phase, _own: Bytes) {}

    fn resident(&mut self, _pid: u32) -> Option<Bytes> {
        None
    }
}

/// Whether `adapter` can run here with `options`; a worker that fails is a reason why not.
pub fn describe(
    program: &WorkerProgram,
    adapter: &str,
    options: &Options,
    clock: &impl Clock,
) -> Readiness {
    let request = Request::Describe {
        protocol: PROTOCOL.to_owned(),
        adapter: adapter.to_owned(),
        options: options.clone(),
    };
    let limits = Limits {
        deadline: DEADLINE,
        memory: None,
        own: Bytes::from_bytes(0),
    };
    let reason = match supervise(
        program,
        &request,
        limits,
        clock,
        &AtomicBool::new(false),
        &mut Nobody,
    ) {
        Ended::Answered(Message::Readiness { readiness }) => return readiness,
        Ended::Failed(failure) => failure.message,
        other => format!("its worker answered something else: {other:?}"),
    };
    Readiness::Unavailable {
        reason,
        remedy: format!("run {} worker by hand to see more", program.path.display()),
    }
}

#[cfg(test)]
mod tests {
    use tare_clock::MonotonicClock;

    use super::*;

    fn with_script(script: &str) -> Readiness {
        let program = WorkerProgram {
            path: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into()],
            environment: Vec::new(),
        };
        describe(&program, "any", &Options::new(), &MonotonicClock)
    }

    #[test]
    fn the_worker_s_answer_is_the_answer() {
        let answer = r#"echo '{"message":"readiness","readiness":{"state":"unavailable","reason":"r","remedy":"m"}}'"#;
        let expected = Readiness::Unavailable {
            reason: "r".into(),
            remedy: "m".into(),
        };
        assert_eq!(with_script(answer), expected);
    }

    #[test]
    fn a_library_that_crashes_the_worker_is_a_reason_why_not() {
        let readiness = with_script("kill -SEGV $$");
        assert!(
            matches!(readiness, Readiness::Unavailable { reason, .. } if reason.contains("SIGSEGV"))
        );
    }
}
