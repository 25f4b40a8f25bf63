//! A store of 10,000 records, as large as one that people look through every day becomes.

use std::fs::OpenOptions;
use std::io::{BufWriter, Error, Result, Write};

use tare_results::store::Store;

use super::{cell, run_of, timed};

const CELLS: u64 = 2_000;
const REPEATS: u64 = 5;

/// Writes a run of 2,000 cells with five repeats each, without syncing each record.
pub fn fill(store: &Store) -> Result<()> {
    let cells: Vec<_> = (1..=CELLS).map(cell).collect();
    let run = run_of(cells, REPEATS);
    let writer = store.create(&run).map_err(Error::other)?;
    let path = writer.path().join("cells.jsonl");
    let mut file = BufWriter::new(OpenOptions::new().append(true).open(path)?);
    for repeat in 0..REPEATS {
        for planned in &run.cells {
            let p50 = 1e6 * planned.cell.batch as f64 * (1.0 + 0.001 * repeat as f64);
            serde_json::to_writer(&mut file, &timed(&planned.cell, repeat, p50))?;
            file.write_all(b"\n")?;
        }
    }
    file.flush()
}
