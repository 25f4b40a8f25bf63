//! The names in a run's folder, and its plan read and written.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::StoreError;
use crate::run::{RUN_SCHEMA, Run};

/// The plan's file.
pub fn plan(dir: &Path) -> PathBuf {
    dir.join("run.json")
}

/// The records' file.
pub fn cells(dir: &Path) -> PathBuf {
    dir.join("cells.jsonl")
}

/// The live events' file.
pub fn events(dir: &Path) -> PathBuf {
    dir.join("events.jsonl")
}

/// The folder of the files of samples.
pub fn samples(dir: &Path) -> PathBuf {
    dir.join("samples")
}

/// The folder of the outputs that are being compared.
pub fn outputs(dir: &Path) -> PathBuf {
    dir.join("outputs")
}

/// The folder of the hollow twins that were run.
pub fn twins(dir: &Path) -> PathBuf {
    dir.join("twins")
}

/// Reads the plan of the run in `dir`.
pub fn read_run(dir: &Path) -> Result<Run, StoreError> {
    let path = plan(dir);
    let text = fs::read(&path).map_err(StoreError::io("read", &path))?;
    parse(&text, &path, 1, RUN_SCHEMA, |run: &Run| &run.schema)
}

/// Writes the plan so that it is there whole, and on disk, or not at all.
pub fn write_run(dir: &Path, run: &Run) -> Result<(), StoreError> {
    let path = plan(dir);
    let unfinished = dir.join("run.json.unfinished");
    let written = (|| {
        let mut text = serde_json::to_vec_pretty(run)?;
        text.push(b'\n');
        let mut file = File::create(&unfinished)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)?;
        sync_dir(dir)
    })();
    written.map_err(StoreError::io("write", &path))
}

/// Makes the entries of a folder last.
pub fn sync_dir(dir: &Path) -> std::io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Parses `text`, which began at `line` of `path`, and refuses another schema than `known` by its name.
pub fn parse<'a, T: Deserialize<'a>>(
    text: &'a [u8],
    path: &Path,
    line: u64,
    known: &'static str,
    schema: impl Fn(&T) -> &str,
) -> Result<T, StoreError> {
    let foreign = |found: &str| StoreError::Schema {
        path: path.to_owned(),
        line,
        found: found.to_owned(),
        known,
    };
    let parsed = match str::from_utf8(text) {
        // Checked in one go, not string by string.
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(text),
    };
    match parsed {
        Ok(value) if schema(&value) == known => Ok(value),
        Ok(value) => Err(foreign(schema(&value))),
        Err(error) => Err(match written_schema(text) {
            Some(found) if found != known => foreign(&found),
            _ => StoreError::Malformed {
                path: path.to_owned(),
                line: line + error.line() as u64 - 1,
                reason: error.to_string(),
            },
        }),
    }
}

fn written_schema(text: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        schema: String,
    }
    let named: Named = serde_json::from_slice(text).ok()?;
    Some(named.schema)
}
