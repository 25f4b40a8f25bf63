//! Workers that hang, die, lie and eat memory, played by shell scripts.

use std::sync::atomic::AtomicBool;

use tare_clock::MonotonicClock;

use super::*;

#[derive(Default)]
struct Seen {
    phases: Vec<Phase>,
    looks_for: Nanoseconds,
    resident: Option<Bytes>,
    pid: u32,
    more: Option<Nanoseconds>,
    stretches: Vec<Stretch>,
}

impl Watcher for Seen {
    fn started(&mut self, pid: u32) {
        self.pid = pid;
    }

    fn phase(&mut self, _pid: u32, reached: Reached) {
        self.phases.push(reached.phase);
        MonotonicClock.wait_until(MonotonicClock.now() + self.looks_for);
    }

    fn timed(&mut self, stretch: Option<Stretch>, deadline: Nanoseconds) -> Answer {
        assert!(deadline > MonotonicClock.now());
        self.stretches.extend(stretch);
        self.more.take().map_or(Answer::Go, Answer::More)
    }

    fn resident(&mut self, _pid: u32) -> Option<Bytes> {
        self.resident
    }
}

const GENEROUS: Limits = Limits {
    deadline: Nanoseconds::from_secs(60),
    memory: None,
    own: Bytes::from_bytes(0),
};

fn describe() -> Request {
    Request::Describe {
        protocol: crate::protocol::PROTOCOL.into(),
        adapter: "none".into(),
        version: None,
        options: Default::default(),
    }
}

fn with_script(script: &str, limits: Limits, stop: bool, seen: &mut Seen) -> Ended {
    let program = WorkerProgram {
        path: "/bin/sh".into(),
        arguments: vec!["-c".into(), script.into()],
        environment: Vec::new(),
        ..WorkerProgram::default()
    };
    supervise(
        &program,
        &describe(),
        limits,
        &MonotonicClock,
        &AtomicBool::new(stop),
        seen,
    )
}

fn failure(script: &str, limits: Limits) -> Failure {
    match with_script(script, limits, false, &mut Seen::default()) {
        Ended::Failed(failure) => failure,
        other => panic!("expected a failure, got {other:?}"),
    }
}

/// Whether the process is still there a good while after it was killed.
fn is_alive(pid: u32) -> bool {
    let shows = || {
        std::fs::read_to_string(format!("/proc/{pid}/stat"))
            .is_ok_and(|stat| !stat.contains(") Z "))
    };
    (0..250).all(|_| {
        let alive = shows();
        std::thread::sleep(POLL);
        alive
    })
}

#[test]
fn a_worker_that_answers_has_answered() {
    let answer = r#"echo '{"message":"described","formats":[],"computes":false,"readiness":{"state":"unavailable","reason":"r","remedy":"m"}}'"#;
    let ended = with_script(answer, GENEROUS, false, &mut Seen::default());
    assert!(
        matches!(ended, Ended::Answered(Message::Described(_))),
        "{ended:?}"
    );
}

#[test]
fn a_worker_that_waits_goes_on_once_the_parent_has_looked() {
    let script = r#"
        read request
        echo '{"message":"phase","phase":"load","own_bytes":5}'
        read go
        echo "{\"message\":\"failed\",\"error\":\"was told $go\"}""#;
    let mut seen = Seen::default();
    let ended = with_script(script, GENEROUS, false, &mut seen);
    assert_eq!(seen.phases, [Phase::Load]);
    assert!(
        matches!(ended, Ended::Failed(Failure { phase: Phase::Load, message, .. }) if message == "was told go")
    );
}

#[test]
fn what_the_parent_takes_for_looking_is_not_the_worker_s_time() {
    let script = r#"
        read request
        echo '{"message":"phase","phase":"load","own_bytes":5}'
        read go
        echo "{\"message\":\"failed\",\"error\":\"was told $go\"}""#;
    let mut seen = Seen {
        looks_for: Nanoseconds::from_millis(700),
        ..Seen::default()
    };
    let limits = Limits {
        deadline: Nanoseconds::from_millis(600),
        ..GENEROUS
    };
    let ended = with_script(script, limits, false, &mut seen);
    assert!(
        matches!(&ended, Ended::Failed(Failure { message, .. }) if message == "was told go"),
        "{ended:?}"
    );
}

#[test]
fn a_worker_that_is_asked_for_more_says_what_it_did_and_is_answered_again() {
    let script = r#"
        read request
        echo '{"message":"phase","phase":"run","own_bytes":5}'
        read first
        echo '{"message":"phase","phase":"finish","own_bytes":5}'
        read second
        echo '{"message":"stretched","from_ns":7,"to_ns":9,"samples":3,"error":null}'
        read third
        echo "{\"message\":\"failed\",\"error\":\"was told $first, $second, $third\"}""#;
    let mut seen = Seen {
        more: Some(Nanoseconds::from_nanos(12)),
        ..Seen::default()
    };
    let Ended::Failed(failure) = with_script(script, GENEROUS, false, &mut seen) else {
        panic!("expected what it was told")
    };
    assert_eq!(failure.message, "was told go, more 12, go");
    assert_eq!(seen.phases, [Phase::Run, Phase::Finish]);
    let done = (Nanoseconds::from_nanos(7), Nanoseconds::from_nanos(9), 3);
    let stretch = &seen.stretches[..];
    assert!(
        matches!(stretch, [one] if (one.from_ns, one.to_ns, one.samples) == done),
        "{stretch:?}"
    );
}

#[test]
fn a_worker_that_dies_in_a_stretch_is_said_to_have_died_there() {
    let script = r#"
        read request
        echo '{"message":"phase","phase":"finish","own_bytes":5}'
        read more
        exit 7"#;
    let mut seen = Seen {
        more: Some(Nanoseconds::from_nanos(12)),
        ..Seen::default()
    };
    let Ended::Failed(failure) = with_script(script, GENEROUS, false, &mut seen) else {
        panic!("expected a failure")
    };
    assert_eq!(failure.phase, Phase::Stretch);
    let where_it_died = "no answer while running further requests for their energy";
    assert!(
        failure.message.ends_with(where_it_died),
        "{}",
        failure.message
    );
}

#[test]
fn a_signal_and_the_last_words_are_told() {
    let failure = failure("echo last words >&2; kill -ABRT $$", GENEROUS);
    assert!(
        failure.message.contains("signal 6 (SIGABRT, aborted)"),
        "{}",
        failure.message
    );
    assert_eq!(failure.stderr.as_deref(), Some("last words"));
}

#[test]
fn an_exit_without_an_answer_is_a_failure_with_its_code() {
    let message = failure("read request; exit 7", GENEROUS).message;
    assert_eq!(
        message,
        "the worker exited with code 7 and no answer while starting"
    );
}

#[test]
fn what_is_not_a_message_is_quoted() {
    let message = failure("echo Hello, I am chatty; sleep 30", GENEROUS).message;
    assert!(message.ends_with("'Hello, I am chatty'"), "{message}");
}

#[test]
fn a_hung_worker_and_its_children_are_killed_at_the_deadline() {
    let limits = Limits {
        deadline: Nanoseconds::from_millis(300),
        ..GENEROUS
    };
    let folder = tempfile::tempdir().expect("temporary folder");
    let child = folder.path().join("child");
    let message = failure(
        &format!("sleep 300 & echo $! > {}; wait", child.display()),
        limits,
    )
    .message;
    assert!(
        message.contains("killed after 300 ms") && message.contains("--deadline"),
        "{message}"
    );
    let pid: u32 = std::fs::read_to_string(child)
        .expect("written")
        .trim()
        .parse()
        .expect("a pid");
    assert!(!is_alive(pid), "the worker's child outlived it");
}

#[test]
fn a_worker_over_its_memory_limit_is_killed() {
    let limits = Limits {
        memory: Some(Bytes::from_mib(64)),
        ..GENEROUS
    };
    let mut seen = Seen {
        resident: Some(Bytes::from_mib(65)),
        ..Seen::default()
    };
    let ended = with_script("sleep 300", limits, false, &mut seen);
    let Ended::Failed(failure) = ended else {
        panic!("expected a failure")
    };
    assert!(
        failure
            .message
            .contains("reached 65.0 MiB, over the limit of 64.0 MiB"),
        "{}",
        failure.message
    );
    assert!(!is_alive(seen.pid));
}

#[test]
fn a_run_that_is_stopped_leaves_no_worker() {
    let mut seen = Seen::default();
    assert!(matches!(
        with_script("sleep 300", GENEROUS, true, &mut seen),
        Ended::Stopped
    ));
    assert!(!is_alive(seen.pid));
}

#[test]
fn a_program_that_does_not_exist_is_named() {
    let program = WorkerProgram {
        path: "/no/such/program".into(),
        arguments: Vec::new(),
        environment: Vec::new(),
        ..WorkerProgram::default()
    };
    let ended = supervise(
        &program,
        &describe(),
        GENEROUS,
        &MonotonicClock,
        &AtomicBool::new(false),
        &mut Seen::default(),
    );
    assert!(
        matches!(ended, Ended::Failed(failure) if failure.message.contains("/no/such/program"))
    );
}

#[test]
fn only_the_end_of_a_flood_of_errors_is_kept() {
    let failure = failure(
        "i=0; while [ $i -lt 2000 ]; do echo line $i >&2; i=$((i+1)); done; exit 1",
        GENEROUS,
    );
    let kept = failure.stderr.expect("kept");
    assert!(
        kept.len() <= STDERR_KEPT && kept.ends_with("line 1999"),
        "{}",
        kept.len()
    );
}
