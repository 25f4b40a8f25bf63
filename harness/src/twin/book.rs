//! Which rung was found for which cell, kept over runs: finding it takes some workers, and gives the same each time.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tare_results::{Missing, Runtime, TwinFacts, sha256_hex};

use crate::plan::Work;

/// Rises when more is told of a twin, so that nothing is taken from a book that lacks it.
const FACTS: u32 = 2;

/// A file of findings, a line each; or none, where nothing is kept.
#[derive(Debug, Clone, Default)]
pub struct RungBook {
    path: Option<PathBuf>,
    known: BTreeMap<String, Entry>,
}

/// What was found of one cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    key: String,
    /// The twin that was chosen.
    pub facts: TwinFacts,
    /// Why facts are not there.
    pub missing: Missing,
}

impl RungBook {
    /// The book in this file. A line that is not understood, and a file that cannot be read, is as good as none.
    pub fn open(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let entries = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        Self {
            known: entries
                .map(|entry: Entry| (entry.key.clone(), entry))
                .collect(),
            path: Some(path),
        }
    }

    /// What was found of a cell under this key.
    pub fn find(&self, key: &str) -> Option<&Entry> {
        self.known.get(key)
    }

    /// Keeps what was found. Where it cannot be written, the next run finds it anew.
    pub fn note(&mut self, key: &str, facts: &TwinFacts, missing: &Missing) {
        let entry = Entry {
            key: key.to_owned(),
            facts: facts.clone(),
            missing: missing.clone(),
        };
        if let (Some(path), Ok(line)) = (&self.path, serde_json::to_string(&entry)) {
            let folder = path.parent().map(fs::create_dir_all);
            let file = OpenOptions::new().append(true).create(true).open(path);
            if let (None | Some(Ok(())), Ok(mut file)) = (folder, file) {
                // One write a line, so that two runs at once do not mix theirs.
                let _ = file.write_all(format!("{line}\n").as_bytes());
            }
        }
        self.known.insert(entry.key.clone(), entry);
    }

    /// What the choice for `work` depends on, when executed by `runtime` on a machine of this fingerprint, with these rungs to
    /// choose from.
    pub fn key(work: &Work, runtime: &Runtime, (machine, rungs): (&str, &[String])) -> String {
        let depends = serde_json::json!({
            "model": work.planned.model.sha256,
            "inputs": work.load.inputs,
            "adapter": work.spec.name,
            "runtime": [&runtime.version, &runtime.library_sha256.clone().unwrap_or_default()],
            "options": work.spec.options,
            "precision": work.planned.cell.precision,
            "device": work.planned.cell.device,
            "threads": work.planned.cell.threads,
            "machine": machine,
            "rungs": rungs,
            "made_by": concat!("tare ", env!("CARGO_PKG_VERSION")),
            "facts": FACTS,
        });
        sha256_hex(depends.to_string().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::tests::built;
    use crate::plan::tests::work;

    fn facts(rung: &str) -> TwinFacts {
        TwinFacts {
            sha256: "ab".to_owned(),
            rung: rung.to_owned(),
            hollowness: Some(1e-4),
            elements_ratio: None,
            elements: None,
            operators_executed: Some(25),
            original_operators_executed: Some(25),
            same_operators: Some(true),
            kinds: None,
        }
    }

    fn runtime(version: &str) -> Runtime {
        Runtime {
            name: "ort".to_owned(),
            version: version.to_owned(),
            library_sha256: None,
            dispatched_calls: None,
            options: Default::default(),
        }
    }

    #[test]
    fn what_was_noted_is_found_by_the_next_book() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cache/rungs.jsonl");
        let mut book = RungBook::open(path.clone());
        assert_eq!(book.find("a"), None);
        book.note("a", &facts("2"), &Missing::new());
        book.note("a", &facts("16,2"), &Missing::new());
        let found = RungBook::open(path);
        assert_eq!(
            found.find("a").map(|entry| entry.facts.rung.as_str()),
            Some("16,2")
        );
        assert_eq!(found.find("b"), None);
    }

    #[test]
    fn a_torn_line_hides_no_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rungs.jsonl");
        RungBook::open(path.clone()).note("a", &facts("2"), &Missing::new());
        let whole = fs::read_to_string(&path).expect("a line");
        fs::write(&path, format!("{}\n{whole}", &whole[..20])).expect("writes");
        assert!(RungBook::open(path).find("a").is_some());
    }

    #[test]
    fn a_book_that_cannot_be_written_still_knows_for_the_run() {
        let mut book = RungBook::open(PathBuf::from("/dev/null/rungs.jsonl"));
        book.note("a", &facts("2"), &Missing::new());
        assert!(book.find("a").is_some());
    }

    #[test]
    fn the_key_changes_with_the_library_the_machine_and_the_cell() {
        let run = built::run("run", vec![built::cell(1)]);
        let work = work(run.cells[0].clone(), Ok(0));
        let rungs = ["2".to_owned()];
        let on = |machine| (machine, rungs.as_slice());
        let key = RungBook::key(&work, &runtime("1.0"), on("a"));
        assert_eq!(key, RungBook::key(&work, &runtime("1.0"), on("a")));
        assert_ne!(key, RungBook::key(&work, &runtime("1.1"), on("a")));
        assert_ne!(key, RungBook::key(&work, &runtime("1.0"), on("b")));
        let mut other = work.clone();
        other.planned.cell.threads = 2;
        assert_ne!(key, RungBook::key(&other, &runtime("1.0"), on("a")));
    }
}
