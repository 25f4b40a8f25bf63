//! A machine that is set up for the time of a run, and set back on every way out.

use std::path::Path;
use std::process::Command;

use tare_hardware::tune::{JOURNAL, Tuned, gpu_clocks};
use tare_results::{Run, Tuning};

use super::worker;
use crate::exit::{Exit, Failed};

/// The settings of the machine while a run goes: none are held until it begins.
#[derive(Default)]
pub struct Held(Option<Tuned>);

impl Held {
    /// Tunes the machine where that is `asked` for, and says what was changed and what was left.
    ///
    /// # Errors
    /// Where nothing can be tuned, or this user may not; the machine is then as it was.
    pub fn begin(&mut self, asked: bool) -> Result<Option<Tuning>, Failed> {
        if !asked {
            return Ok(None);
        }
        let root = Path::new("/");
        let mut guardian = Command::new(worker::this_program()?);
        guardian.arg("guard");
        let tuned = Tuned::begin(root, Path::new(JOURNAL), guardian, gpu_clocks(root));
        let tuned = tuned.map_err(Failed::input)?;
        let told = Tuning {
            changed: tuned.changes().to_vec(),
            left: tuned.left().to_vec(),
        };
        self.0 = Some(tuned);
        tell(&told);
        Ok(Some(told))
    }

    /// Tunes the machine for the rest of `run` as it was for its beginning, or does not, as it was not.
    ///
    /// # Errors
    /// As [`Held::begin`], and where what was asked for, or what can be set, is not as it was.
    pub fn begin_again(&mut self, run: &Run, asked: bool) -> Result<(), Failed> {
        agree(run, asked)?;
        let now = self.begin(asked)?;
        agree_on_the_rest(run, now.as_ref())
    }

    /// Sets the machine back; what cannot be is an error, whatever the `outcome` of the run.
    ///
    /// # Errors
    /// That of the run, or of setting back.
    pub fn end(self, outcome: Result<Exit, Failed>) -> Result<Exit, Failed> {
        let Some(tuned) = self.0 else {
            return outcome;
        };
        match (tuned.restore(), outcome) {
            (Ok(restored), outcome) => {
                match restored.len() {
                    0 => {}
                    1 => eprintln!("restored: 1 setting"),
                    count => eprintln!("restored: {count} settings"),
                }
                outcome
            }
            (Err(error), outcome) => {
                if let Err(failed) = outcome {
                    failed.print();
                }
                Err(Failed::not_restored(error))
            }
        }
    }
}

fn tell(told: &Tuning) {
    for line in &told.changed {
        eprintln!("tuned: {line}");
    }
    if told.changed.is_empty() {
        eprintln!("tuned: all settings were as wanted already");
    }
    for line in &told.left {
        eprintln!("not tuned: {line}");
    }
}

fn agree(run: &Run, asked: bool) -> Result<(), Failed> {
    let id = &run.id;
    match (run.tuned.is_some(), asked) {
        (true, false) => Err(Failed::told(format!(
            "run {id} was made on a tuned machine: go on with: tare run --resume {id} --tune"
        ))),
        (false, true) => Err(Failed::told(format!(
            "run {id} was made on a machine that was not tuned: leave --tune out, or start a new run"
        ))),
        _ => Ok(()),
    }
}

fn agree_on_the_rest(run: &Run, now: Option<&Tuning>) -> Result<(), Failed> {
    let left = |tuning: Option<&Tuning>| tuning.map_or_else(Vec::new, |tuning| tuning.left.clone());
    let (then, now) = (left(run.tuned.as_ref()), left(now));
    if then == now {
        return Ok(());
    }
    let told = |lines: Vec<String>| match lines.is_empty() {
        true => "nothing".to_owned(),
        false => lines.join(", "),
    };
    Err(Failed::told(format!(
        "run {} was tuned otherwise: then not ({}), now not ({}); start a new run",
        run.id,
        told(then),
        told(now)
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(tuned: Option<&[&str]>) -> Run {
        let tuned = tuned.map(|left| {
            let left: Vec<&str> = left.to_vec();
            serde_json::json!({"changed": [], "left": left})
        });
        let machine = tare_hardware::machine(Path::new("/"));
        serde_json::from_value(serde_json::json!({
            "schema": "tare.run/1", "id": "x", "created": "2026-11-21T10:46:56Z",
            "producer": {"version": "0", "commit": null, "profile": "debug", "binary_sha256": null},
            "machine": machine, "suite": null, "repeats": 1, "duration_ns": 1, "max_requests": 1,
            "deadline_ns": 1, "memory_limit_bytes": null, "tuned": tuned, "cells": [],
        }))
        .expect("a run")
    }

    #[test]
    fn a_run_goes_on_tuned_exactly_where_it_was() {
        assert!(agree(&run(None), false).is_ok() && agree(&run(Some(&[])), true).is_ok());
        assert!(agree(&run(None), true).is_err() && agree(&run(Some(&[])), false).is_err());
    }

    #[test]
    fn what_was_left_then_and_is_not_now_is_another_machine() {
        let now = |left: &[&str]| Tuning {
            changed: vec!["other: a to b".to_owned()],
            left: left.iter().map(|line| (*line).to_owned()).collect(),
        };
        let run = run(Some(&["no switch"]));
        assert!(agree_on_the_rest(&run, Some(&now(&["no switch"]))).is_ok());
        assert!(agree_on_the_rest(&run, Some(&now(&[]))).is_err());
    }

    #[test]
    fn nothing_held_leaves_the_outcome_alone() {
        let ended = Held::default().end(Ok(Exit::Invalid));
        assert_eq!(ended.expect("as it was"), Exit::Invalid);
        let mut held = Held::default();
        assert!(held.begin(false).expect("nothing to do").is_none() && held.0.is_none());
    }
}
