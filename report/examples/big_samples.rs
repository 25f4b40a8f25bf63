//! Writes a store with a run of so many cells into a folder, a file of samples for each repeat beside its record, to time
//! `tare --store DIR report latest` and to look at what it writes.

#[path = "../tests/common/mod.rs"]
mod common;

use std::fs::OpenOptions;
use std::io::{BufWriter, Error, Result, Write};
use std::path::Path;

use tare_results::samples::{self, Sample};
use tare_results::store::Store;
use tare_results::{Kind, Latency, Record, SampleFile};

/// What a repeat is timed for, in nanoseconds.
const DURATION: f64 = 1e9;
/// Samples of a repeat.
const FEWEST: u64 = 33;
const MOST: u64 = 20_000;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(dir), Some(cells)) = (arguments.next(), arguments.next()) else {
        return Err(Error::other(
            "name the folder to write the store into and the number of cells, at most 1000",
        ));
    };
    let (run, records) = common::zoo::zoo(cells.parse().map_err(Error::other)?);
    let writer = Store::open(dir).create(&run).map_err(Error::other)?;
    let path = writer.path().join("cells.jsonl");
    let mut file = BufWriter::new(OpenOptions::new().append(true).open(path)?);
    for mut record in records {
        sampled(&mut record, writer.path())?;
        serde_json::to_writer(&mut file, &record)?;
        file.write_all(b"\n")?;
    }
    file.flush()
}

/// Gives a record that timed requests as many as fit into its duration, in a file of their own.
fn sampled(record: &mut Record, folder: &Path) -> Result<()> {
    let kind = match record.kind {
        Kind::Measurement => "measurement",
        Kind::Twin => "twin",
        _ => return Ok(()),
    };
    let Some(latency) = &mut record.latency else {
        return Ok(());
    };
    let Some(p50) = latency.p50.as_ref().map(|one| one.value_ns) else {
        return Ok(());
    };
    let count = ((DURATION / p50) as u64).clamp(FEWEST, MOST);
    latency.count = count;
    let path = format!("samples/{:.16}-{kind}-{}.npy", record.id, record.repeat);
    samples::write(&folder.join(&path), &requests(latency, p50, count)).map_err(Error::other)?;
    record.samples = Some(SampleFile {
        path,
        count,
        delays: None,
    });
    Ok(())
}

/// Latencies from the least to the most, most of them near the median, in an order that is always the same.
fn requests(latency: &Latency, p50: f64, count: u64) -> Vec<Sample> {
    let edge = |edge: Option<tare_units::Nanoseconds>| edge.map(|edge| edge.as_nanos() as f64);
    let (least, most) = (edge(latency.min_ns), edge(latency.max_ns));
    let (below, above) = (p50 - least.unwrap_or(p50), most.unwrap_or(p50) - p50);
    let mut issued = 0;
    let sample = |place: u64| {
        let drawn = place.wrapping_mul(2_654_435_761) % 1_000_003;
        let off = drawn as f64 / 1_000_003.0 * 2.0 - 1.0;
        let off = off.powi(5) * if off < 0.0 { below } else { above };
        let sample = Sample {
            issued,
            latency: (p50 + off) as u64,
            ..Sample::default()
        };
        issued += sample.latency;
        sample
    };
    (0..count).map(sample).collect()
}
