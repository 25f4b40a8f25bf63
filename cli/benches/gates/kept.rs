//! Results on disk, a line each, so that nothing is lost that was finished, and what was stopped goes on.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::plan::{Against, Plan};

/// What came of one gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// In the order of the plan, from 0.
    pub place: usize,
    pub against: Against,
    /// [`NONE`] where it ended without one.
    pub verdict: String,
    /// Why it has none.
    pub why: Option<String>,
    /// How much worse the candidate is, with its bounds; shares.
    pub worse: [Option<f64>; 3],
    /// Blocks that gave a figure of both sides; `None` without a verdict.
    pub blocks: Option<u64>,
    /// Of the whole command, by the monotonic clock.
    pub seconds: f64,
    /// The median of the baseline's figures.
    pub baseline_ns: Option<f64>,
    /// The share of their time that the baseline and the candidate waited for a core.
    pub waited: [Option<f64>; 2],
}

/// The verdict of a gate that ended without one.
pub const NONE: &str = "none";

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Plan(Plan),
    Began(usize),
    Ended(Gate),
}

/// The results of a plan.
#[derive(Debug)]
pub struct Kept {
    file: File,
    /// In the order of the plan.
    pub gates: Vec<Gate>,
    /// How many were begun.
    began: usize,
}

impl Kept {
    /// Those in the file at `path`, which is made where there is none.
    ///
    /// # Errors
    /// Where it cannot be read or written, or is of another plan.
    pub fn open(path: &Path, plan: &Plan) -> Result<Self> {
        let text = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            read => read.with_context(|| format!("cannot read {}", path.display()))?,
        };
        // What a stop tore off is no line.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let (gates, began) = lines(&text[..whole], plan).with_context(|| {
            format!(
                "{}: move it away to begin anew, or name another folder with --out=DIR",
                path.display()
            )
        })?;
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        file.set_len(whole as u64)?;
        let mut kept = Self { file, gates, began };
        if whole == 0 {
            kept.write(&Line::Plan(plan.clone()))?;
        }
        Ok(kept)
    }

    /// Gates that were begun and stopped: they were made again.
    pub fn stopped(&self) -> usize {
        self.began.saturating_sub(self.gates.len())
    }

    /// Says that a gate begins.
    ///
    /// # Errors
    /// Where that cannot be written.
    pub fn begin(&mut self) -> Result<()> {
        self.began += 1;
        self.write(&Line::Began(self.gates.len()))
    }

    /// Keeps what came of it.
    ///
    /// # Errors
    /// Where that cannot be written.
    pub fn end(&mut self, gate: Gate) -> Result<()> {
        self.write(&Line::Ended(gate.clone()))?;
        self.gates.push(gate);
        Ok(())
    }

    fn write(&mut self, line: &Line) -> Result<()> {
        let text = serde_json::to_string(line)? + "\n";
        self.file.write_all(text.as_bytes())?;
        Ok(self.file.sync_data()?)
    }
}

/// The gates that ended, and how many were begun.
fn lines(text: &str, plan: &Plan) -> Result<(Vec<Gate>, usize)> {
    let (mut gates, mut began) = (Vec::new(), 0);
    for (place, line) in text.lines().enumerate() {
        let read = serde_json::from_str(line);
        match read.with_context(|| format!("line {} is no result", place + 1))? {
            Line::Plan(other) if place == 0 => ensure!(
                other == *plan,
                "it holds results of another plan: {other:?}, not {plan:?}"
            ),
            Line::Began(_) if place > 0 => began += 1,
            Line::Ended(gate) if place > 0 && gate.place == gates.len() => gates.push(gate),
            _ => bail!("line {} stands at the wrong place", place + 1),
        }
    }
    Ok((gates, began))
}
