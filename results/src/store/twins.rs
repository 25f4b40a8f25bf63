//! The timed hollow twins of all runs on like machines, for what only many of them show.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::{Store, files};
use crate::record::{Kind, Record};

/// What a line of a twin holds, as this program and any other that writes compact JSON puts it.
const OF_TWIN: &str = r#""kind":"twin""#;

impl Store {
    /// The records of all hollow twins that were timed on a machine with the fingerprint `machine`, oldest run first. Lines
    /// and runs that cannot be read are left out: whoever asks for such a run is told.
    pub fn twins(&self, machine: &str) -> Vec<Record> {
        let runs = self.list().unwrap_or_default().into_iter();
        runs.flat_map(|id| in_run(&self.dir.join(id), machine))
            .collect()
    }
}

fn in_run(dir: &Path, machine: &str) -> Vec<Record> {
    let Ok(file) = File::open(files::cells(dir)) else {
        return Vec::new();
    };
    let lines = BufReader::new(file).lines().map_while(Result::ok);
    let about = lines.filter(|line| line.contains(OF_TWIN) && line.contains(machine));
    about
        .filter_map(|line| serde_json::from_str(&line).ok())
        .filter(|record: &Record| record.kind == Kind::Twin && record.machine == machine)
        .collect()
}
