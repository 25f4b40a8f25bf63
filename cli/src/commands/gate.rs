//! `tare gate`: whether a change makes inference slower, decided from both sides in turns, as a verdict and an exit code.

mod alone;
mod as_run;
mod asked;
mod bounds;
mod callgrind;
mod candidate;
mod decide;
mod exact;
mod executed;
mod file;
mod given;
mod measure;
mod notes;
mod outputs;
mod prepared;
mod progress;
mod render;
mod stored;
mod told;

use std::fs::OpenOptions;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use tare_clock::utc_now;
use tare_gate::ExitClass;
use tare_results::store::Store;

use super::{print, show};
use crate::arguments::{GateFormat, GateOptions};
use crate::exit::{Exit, Failed};
use crate::stop;
use crate::terminal::plain;
use alone::Alone;
use asked::Asked;
use measure::Came;
use prepared::Prepared;
use told::{All, NotRun, Told};

/// Decides the gates that were asked for, and prints them.
///
/// # Errors
/// Where a side cannot be measured, a budget decides nothing, or records cannot be kept.
pub fn run(store: Option<&Path>, options: &GateOptions) -> Result<Exit, Failed> {
    check_outputs(options)?;
    if !options.dry_run {
        remove_old(options)?;
    }
    let asked = asked::gates(options)?;
    let store = show::open(store)?;
    let stop = stop::on_signals().map_err(Failed::input)?;
    let names: Vec<String> = asked.iter().map(Asked::title).collect();
    let (gates, end) = match ready(asked) {
        Ok(ready) if options.dry_run => return print(&dry(&ready)?),
        Ok(ready) => decided(&store, ready, &stop),
        Err(end) => (Vec::new(), end),
    };
    let exit = match &end {
        End::All => exit_of(&gates),
        End::Stopped => Exit::Interrupted,
        // What was shown is shown, whatever failed after it.
        End::Failed(..) if exit_of(&gates) == Exit::Regression => Exit::Regression,
        End::Failed(_, failed) => failed.exit(),
    };
    let not_run = not_run(&names, gates.len(), &end);
    let untold = tell(gates, not_run, exit, options);
    let failed = match end {
        End::Failed(_, failed) => Some(failed),
        End::All | End::Stopped => None,
    };
    ended(exit, failed.into_iter().chain(untold).collect())
}

/// The exit code, or the first of what failed; all of that is told. What was shown, or stopped, is so whatever failed beside it.
fn ended(exit: Exit, mut failures: Vec<Failed>) -> Result<Exit, Failed> {
    let stays = matches!(exit, Exit::Regression | Exit::Interrupted);
    let first = match failures.is_empty() || stays {
        true => None,
        false => Some(failures.remove(0)),
    };
    failures.iter().for_each(Failed::print);
    first.map_or(Ok(exit), Err)
}

/// The JSON Schema of what is written.
pub fn schema() -> schemars::Schema {
    tare_results::schema_of::<All>(told::SCHEMA)
}

/// Why no more gates are decided.
enum End {
    /// All are.
    All,
    /// The user stopped one.
    Stopped,
    /// The gate at this place failed.
    Failed(usize, Failed),
}

/// All gates, ready to begin.
fn ready(asked: Vec<Asked>) -> Result<Vec<Ready>, End> {
    let places = asked.into_iter().enumerate();
    let ready = |(place, one)| Ready::of(one).map_err(|failed| End::Failed(place, failed));
    places.map(ready).collect()
}

/// All gates, one after the other; those that are decided are told whatever happens then.
fn decided(store: &Store, ready: Vec<Ready>, stop: &AtomicBool) -> (Vec<Told>, End) {
    let mut gates = Vec::with_capacity(ready.len());
    for one in ready {
        if stop.load(Ordering::SeqCst) {
            eprintln!("stopped before all gates were decided");
            return (gates, End::Stopped);
        }
        match one.gate(store, stop) {
            Ok(Came::Out(told)) => gates.push(*told),
            Ok(Came::Stopped(runs)) => {
                let runs = runs.join(" and ");
                eprintln!("stopped, and nothing is decided; what is done is in {runs}");
                return (gates, End::Stopped);
            }
            Err(failed) => {
                let place = gates.len();
                return (gates, End::Failed(place, failed));
            }
        }
    }
    (gates, End::All)
}

/// The gates of these names after those that were `decided`, with why they were not.
fn not_run(names: &[String], decided: usize, end: &End) -> Vec<NotRun> {
    let left = names.iter().enumerate().skip(decided);
    let why = |place: usize| match end {
        End::All => None,
        End::Stopped => Some("the gates were stopped before it was decided".to_owned()),
        End::Failed(failed, error) if *failed == place => Some(error.text()),
        End::Failed(failed, _) => Some(format!("left out, as gate '{}' failed", names[*failed])),
    };
    let not_run = left.filter_map(|(place, name)| {
        Some(NotRun {
            name: name.clone(),
            why: why(place)?,
            failed: matches!(end, End::Failed(failed, _) if *failed == place),
        })
    });
    not_run.collect()
}

fn exit_of(gates: &[Told]) -> Exit {
    match All::class(gates) {
        ExitClass::Passed => Exit::Done,
        ExitClass::Regressed => Exit::Regression,
        ExitClass::NotDecided => Exit::Invalid,
        ExitClass::Failed => Exit::CellFailed,
    }
}

/// What came out, in files and, where a gate was decided, on standard output; returns what of that failed.
fn tell(gates: Vec<Told>, not_run: Vec<NotRun>, exit: Exit, options: &GateOptions) -> Vec<Failed> {
    let is_any_decided = !gates.is_empty();
    let all = All {
        schema: told::SCHEMA,
        created: utc_now(),
        machine: tare_hardware::machine(Path::new("/")).fingerprint,
        exit: exit.code(),
        gates,
        not_run,
    };
    let printed = match is_any_decided {
        true => render::render(&all, options.format).and_then(|text| print(&text).map(|_| ())),
        false => Ok(()),
    };
    if options.annotate || std::env::var_os("GITHUB_ACTIONS").is_some() {
        eprint!("{}", render::annotations(&all));
    }
    let written = options.output.iter().map(|path| {
        let text = render::render(&all, render::format_of(path))?;
        std::fs::write(path, text)
            .with_context(|| format!("cannot write {}", path.display()))
            .map_err(Failed::input)
    });
    std::iter::once(printed)
        .chain(written)
        .filter_map(Result::err)
        .collect()
}

/// A gate that can begin.
enum Ready {
    /// Both sides are measured.
    Pair(Box<Prepared>),
    /// The candidate alone is.
    Alone(Box<Alone>),
}

impl Ready {
    fn of(asked: Asked) -> Result<Self, Failed> {
        match asked.against.clone() {
            Some(path) => Alone::of(asked, &path).map(|alone| Self::Alone(Box::new(alone))),
            None => Prepared::of(asked).map(|pair| Self::Pair(Box::new(pair))),
        }
    }

    fn gate(self, store: &Store, stop: &AtomicBool) -> Result<Came, Failed> {
        match self {
            Self::Pair(prepared) => measure::gate(store, *prepared, stop),
            Self::Alone(alone) => alone.gate(store, stop),
        }
    }
}

/// What would be measured, a line a gate.
fn dry(prepared: &[Ready]) -> Result<String, Failed> {
    let mut text = String::new();
    for ready in prepared {
        let (line, parts) = match ready {
            Ready::Alone(alone) => (alone.foretold(), alone.differences()),
            Ready::Pair(pair) => {
                let gate = measure::unmeasured(pair)?;
                let line = told::foretold(&pair.name(), &gate, pair.takes(), pair.asked.budget);
                (line, pair.differences())
            }
        };
        text.push_str(&format!("{}\n", plain(&line)));
        for part in parts {
            let part = format!("{}: {} → {}", part.part, part.baseline, part.candidate);
            text.push_str(&format!("  {}\n", plain(&part)));
        }
    }
    Ok(text)
}

/// Removes what an earlier execution wrote, which would stand for this one where it fails.
fn remove_old(options: &GateOptions) -> Result<(), Failed> {
    for path in &options.output {
        let is_file = path.symlink_metadata().is_ok_and(|found| found.is_file());
        let removed = if is_file {
            std::fs::remove_file(path)
        } else {
            Ok(())
        };
        removed
            .with_context(|| format!("cannot replace {}", path.display()))
            .map_err(Failed::input)?;
    }
    Ok(())
}

/// Refuses files that cannot be written before minutes are spent on what stands in them.
fn check_outputs(options: &GateOptions) -> Result<(), Failed> {
    for path in &options.output {
        if path.is_dir() {
            return Err(Failed::told(format!(
                "--output {}: it is a folder: name a file in it",
                path.display()
            )));
        }
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            return Err(Failed::told(format!(
                "--output {}: there is no folder {}: make it first",
                path.display(),
                folder.display()
            )));
        }
        if render::format_of(path) == GateFormat::Table
            && path.extension().is_some_and(|ending| ending != "txt")
        {
            return Err(Failed::told(format!(
                "--output {}: its ending says no format: use .json, .xml, .md or .txt",
                path.display()
            )));
        }
        if !options.dry_run {
            open(path)?;
        }
    }
    Ok(())
}

/// Opens what can be opened without waiting for a reader: a file, which stands there from then on.
fn open(path: &Path) -> Result<(), Failed> {
    if path.exists() && !path.is_file() {
        return Ok(());
    }
    let opened = OpenOptions::new().append(true).create(true).open(path);
    opened
        .map(|_| ())
        .with_context(|| format!("--output {}: it cannot be written", path.display()))
        .map_err(Failed::input)
}
