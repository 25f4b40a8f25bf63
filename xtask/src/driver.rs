//! Chooses steps from the arguments, runs them in order and says what each took.

use anyhow::{Result, bail};
use tare_clock::{Clock, MonotonicClock};

use crate::steps::{STEPS, Step, TASKS};
use crate::workspace::Workspace;

/// What the arguments ask for.
pub enum Request {
    /// The list of steps.
    Help,
    /// These steps in this order; with `keep_going` a failure does not stop the ones after it.
    Run {
        /// The chosen steps.
        steps: Vec<&'static Step>,
        /// Whether to go on after a failure.
        keep_going: bool,
    },
}

/// Reads the arguments; fails on an unknown step or option, and where no step is named.
pub fn parse(arguments: &[String]) -> Result<Request> {
    let mut keep_going = false;
    let mut steps: Vec<&'static Step> = Vec::new();
    for argument in arguments {
        match argument.as_str() {
            "--help" | "-h" | "help" => return Ok(Request::Help),
            "--keep-going" => keep_going = true,
            "ci" => steps.extend(STEPS),
            name => match STEPS.iter().chain(TASKS).find(|step| step.name == name) {
                Some(step) => steps.push(step),
                None => bail!("unknown step or option `{name}`, use one of those listed below"),
            },
        }
    }
    if steps.is_empty() {
        bail!("no step given, use `ci` for all of them");
    }
    Ok(Request::Run { steps, keep_going })
}

/// The text of `--help`.
pub fn help() -> String {
    let mut text = String::from(
        "usage: cargo xtask [--keep-going] STEP…\n\n  ci       all of the following, in this order\n",
    );
    for step in STEPS {
        text += &format!("  {:<8} {}\n", step.name, step.about);
    }
    for task in TASKS {
        text += &format!("\n  {:<8} {}; no part of ci\n", task.name, task.about);
    }
    text + "\n  --keep-going   run every step and list the failures at the end\n"
}

/// Runs the steps; true where all of them succeeded.
pub fn run(workspace: &Workspace, steps: &[&Step], keep_going: bool) -> bool {
    let mut lines = Vec::new();
    let mut failed = Vec::new();
    let mut ran = 0;
    for step in steps {
        eprintln!("== {}: {}", step.name, step.about);
        let (outcome, seconds) = timed(|| (step.run)(workspace));
        let line = match &outcome {
            Ok(()) => format!("{:<8} ok      {seconds:7.1} s", step.name),
            Err(error) => format!("{:<8} FAILED  {seconds:7.1} s  {error:#}", step.name),
        };
        eprintln!("== {line}");
        lines.push(line);
        ran += 1;
        if outcome.is_err() {
            failed.push(step.name);
            if !keep_going {
                break;
            }
        }
    }
    lines.extend(workspace.remarks());
    conclude(steps.len() - ran, &lines, &failed)
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = MonotonicClock.now();
    let value = work();
    (value, (MonotonicClock.now() - start).as_secs_f64())
}

fn conclude(left: usize, lines: &[String], failed: &[&str]) -> bool {
    if left + lines.len() > 1 {
        eprintln!("\n{}", lines.join("\n"));
    }
    if failed.is_empty() {
        eprintln!("all checks passed");
        return true;
    }
    eprintln!(
        "failed: {}; not run: {left} (run one alone with `cargo xtask NAME`)",
        failed.join(", ")
    );
    false
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn names(arguments: &[&str]) -> Result<Vec<&'static str>> {
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.into()).collect();
        match parse(&arguments)? {
            Request::Help => Ok(vec!["--help"]),
            Request::Run { steps, .. } => Ok(steps.iter().map(|step| step.name).collect()),
        }
    }

    #[test]
    fn ci_runs_every_step_in_the_documented_order() {
        let order = [
            "fmt", "kit", "clippy", "test", "python", "doc", "deny", "typos", "tidy",
        ];
        assert_eq!(names(&["ci"]).unwrap(), order);
    }

    #[test]
    fn a_step_runs_alone_and_an_unknown_one_is_refused_by_name() {
        assert_eq!(names(&["tidy"]).unwrap(), ["tidy"]);
        assert!(names(&["tydi"]).unwrap_err().to_string().contains("`tydi`"));
        assert!(
            names(&["--keep-going"])
                .unwrap_err()
                .to_string()
                .contains("no step given")
        );
    }

    #[test]
    fn help_lists_each_step_with_what_it_does() {
        for step in STEPS.iter().chain(TASKS) {
            assert!(help().contains(&format!("  {:<8} {}", step.name, step.about)));
        }
    }

    static RUNS: AtomicUsize = AtomicUsize::new(0);

    const GOOD: Step = Step {
        name: "good",
        about: "succeeds",
        run: |_| {
            RUNS.fetch_add(1, Ordering::SeqCst);
            Ok(())
        },
    };

    const BAD: Step = Step {
        name: "bad",
        about: "fails",
        run: |_| bail!("as it must"),
    };

    #[test]
    fn a_failure_fails_the_run_and_only_keep_going_runs_what_follows() {
        let workspace = Workspace::at("/nowhere".into());
        assert!(run(&workspace, &[&GOOD], false));
        assert!(!run(&workspace, &[&BAD, &GOOD], false));
        assert_eq!(RUNS.load(Ordering::SeqCst), 1);
        assert!(!run(&workspace, &[&BAD, &GOOD], true));
        assert_eq!(RUNS.load(Ordering::SeqCst), 2);
    }
}
