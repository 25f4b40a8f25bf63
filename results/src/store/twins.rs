//! The timed hollow twins of all runs on like machines with their originals, for what only many of them show.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::{Store, files};
use crate::record::{Kind, Record};

/// What a line of a kind holds, as this program and any other that writes compact JSON puts it.
const OF_TWIN: &str = r#""kind":"twin""#;
const OF_MEASUREMENT: &str = r#""kind":"measurement""#;

impl Store {
    /// The records of all hollow twins that were timed on a machine with the fingerprint `machine`, and those of the cells
    /// that they are twins of, oldest run first. Lines and runs that cannot be read are left out: whoever asks for such a run
    /// is told.
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
    let about = lines.filter(|line| line.contains(machine));
    let (twins, others): (Vec<String>, Vec<String>) = about
        .filter(|line| line.contains(OF_TWIN) || line.contains(OF_MEASUREMENT))
        .partition(|line| line.contains(OF_TWIN));
    let mut records: Vec<Record> = of_kind(&twins, Kind::Twin, machine).collect();
    if !records.is_empty() {
        let ids: BTreeSet<String> = records.iter().map(|twin| twin.id.clone()).collect();
        let originals = of_kind(&others, Kind::Measurement, machine);
        records.extend(originals.filter(|record| ids.contains(&record.id)));
    }
    records
}

fn of_kind<'a>(
    lines: &'a [String],
    kind: Kind,
    machine: &'a str,
) -> impl Iterator<Item = Record> + 'a {
    lines
        .iter()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(move |record: &Record| record.kind == kind && record.machine == machine)
}
