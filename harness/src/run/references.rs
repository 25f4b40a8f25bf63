//! The outputs that cells are compared with, as far as they are there: one file a reference, gone when the run has ended.

use std::path::{Path, PathBuf};

use tare_results::{Kind, Record, Verdict};

use crate::compose::Attempt;
use crate::fidelity::{Compared, compare_files};
use crate::outputs::{MOST_BYTES, too_large};
use crate::plan::Work;
use crate::protocol::Given;

/// The references of a run.
pub struct References {
    dir: PathBuf,
    entries: Vec<Entry>,
}

struct Entry {
    file: PathBuf,
    /// Once it has run: whose outputs are in the file, or why there are none.
    known: Option<Result<String, String>>,
}

impl References {
    /// Those whose outputs an earlier go at the same run left in `dir`.
    pub fn found(references: &[Work], records: &[Record], dir: PathBuf) -> Self {
        let entry = |work: &Work| {
            let file = dir.join(format!("reference-{}.safetensors", short(work)));
            let known = name_in(records, work).filter(|_| file.is_file()).map(Ok);
            Entry { file, known }
        };
        Self {
            entries: references.iter().map(entry).collect(),
            dir,
        }
    }

    /// The place of the reference that has to run before `work` is compared; `None` where none has to.
    pub fn needed(&self, work: &Work) -> Option<usize> {
        let place = *work.reference.as_ref().ok()?;
        let entry = self.entries.get(place)?;
        (entry.known.is_none() && fits(work).is_ok()).then_some(place)
    }

    /// The file for the outputs of the reference at `place`; its folder is made.
    pub fn file(&self, place: usize) -> Option<PathBuf> {
        // Where it cannot be made, the worker cannot write its file, and says so.
        let _ = std::fs::create_dir_all(&self.dir);
        self.entries.get(place).map(|entry| entry.file.clone())
    }

    /// The file for the outputs of a repeat of `work`; `None` where they will not be compared.
    pub fn candidate(&self, work: &Work, repeat: u64) -> Option<PathBuf> {
        self.given(work).ok()?;
        let name = format!("{}-{repeat}.safetensors", short(work));
        Some(self.dir.join(name))
    }

    /// Keeps how the reference at `place` went.
    pub fn settle(&mut self, place: usize, work: &Work, attempt: &Attempt) {
        if let Some(entry) = self.entries.get_mut(place) {
            entry.known = Some(settled(work, attempt));
        }
    }

    /// How the outputs in `candidate` compare with the reference's; the file is gone then.
    ///
    /// # Errors
    /// In words, why they are not compared.
    pub fn compare(
        &self,
        work: &Work,
        candidate: Option<&Path>,
        attempt: &Attempt,
    ) -> Result<Compared, String> {
        let (reference, adapter) = self.given(work)?;
        let path = candidate.ok_or("its outputs were not kept")?;
        let measured = attempt.outcome().and_then(|outcome| outcome.measured());
        let written = measured.and_then(|measured| measured.check.written.clone());
        written.ok_or("the worker kept no outputs")??;
        let specs = &work.load.outputs;
        let precision = &work.planned.cell.precision;
        let compared = compare_files(path, reference, adapter, specs, precision);
        let _ = std::fs::remove_file(path);
        compared
    }

    /// Deletes all files.
    pub fn remove(&self) {
        // What cannot be deleted stays: the run is none the worse.
        let _ = std::fs::remove_dir_all(&self.dir);
    }

    /// The file and the name of the reference of `work`, or why there is none.
    pub fn given(&self, work: &Work) -> Result<(&Path, &str), String> {
        let place = work.reference.clone()?;
        fits(work)?;
        let entry = self
            .entries
            .get(place)
            .ok_or("there is no such reference")?;
        match &entry.known {
            Some(Ok(name)) => Ok((&entry.file, name)),
            Some(Err(reason)) => Err(reason.clone()),
            None => Err("its reference has not run".to_owned()),
        }
    }
}

/// The name of the reference `work` in the latest of its records that ended well.
fn name_in(records: &[Record], work: &Work) -> Option<String> {
    let record = records.iter().rfind(|record| {
        record.kind == Kind::Reference
            && record.id == work.planned.id
            && record.failure.is_none()
            && record.verdict == Verdict::Valid
    })?;
    let runtime = record.runtime.as_ref()?;
    Some(name(&runtime.name, &runtime.version))
}

/// Refuses outputs that are known to be too large to be compared.
fn fits(work: &Work) -> Result<(), String> {
    match work.planned.model.output_bytes {
        Some(bytes) if bytes > MOST_BYTES => Err(too_large(bytes)),
        _ => Ok(()),
    }
}

fn settled(work: &Work, attempt: &Attempt) -> Result<String, String> {
    let Some(outcome) = attempt.outcome() else {
        let reason = attempt.failure().unwrap_or("the run was stopped");
        return Err(format!("the reference {} failed: {reason}", work.spec));
    };
    let name = name(&outcome.runtime.name, &outcome.runtime.version);
    match &outcome.given {
        Given::Referred(inspection) if !inspection.not_numbers.is_empty() => Err(format!(
            "the reference {name} gives values that are not numbers in output {}",
            inspection.not_numbers.join(", ")
        )),
        _ => Ok(name),
    }
}

fn name(runtime: &str, version: &str) -> String {
    format!("{runtime} {version}")
}

fn short(work: &Work) -> &str {
    let id = &work.planned.id;
    id.get(..16).unwrap_or(id)
}

#[cfg(test)]
mod tests;
