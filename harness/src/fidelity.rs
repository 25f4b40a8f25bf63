//! Whether a cell's outputs are those of the reference: the tolerances, and the comparison of two files of outputs.
//!
//! A value a that should be b passes where |a − b| ≤ atol · s + rtol · |b|, s being the mean magnitude of the output's
//! finite values, those left out that fill a mask ([`Magnitude::scale`]). Errors of a value that is small beside the others are those of the larger numbers that it is a
//! difference of: they follow the output's scale and not the value; s is at least 1e-3. NaN passes for NaN, an infinity for itself only;
//! integers and booleans pass where they are equal, 8-bit outputs of a quantised model within 8 steps.
//!
//! | precision | atol | rtol | largest error seen, in times of s |
//! |---|---|---|---|
//! | fp32, fp64 | 1e-4 | 1e-3 | 1.2e-5 between rten, tract, libtorch and ONNX Runtime over the zoo |
//! | tf32 | 1e-2 | 1e-2 | 3e-3, of which 3e-3 beyond rtol |
//! | fp16 | 2e-2 | 2e-2 | 2e-2, of which 6e-3 beyond rtol |
//! | bf16 | 2e-1 | 1e-1 | 1e-1, of which 6e-2 beyond rtol |
//! | int8 | 5e-1 | 2e-1 | 1.4e-1, of which 1.3e-1 beyond rtol |
//!
//! The row is that of the cell's precision, or of an output's own type where that is coarser. Errors below fp32 are those of
//! rounding all products of an encoder of 12 layers of 768 so. Values that have nothing to do with the right ones are off by
//! s and more: even the last row finds them out, and the first finds out tf32 products in all but shallow models.

use std::path::Path;

use tare_adapter_api::{DataType, OutputSpec};
use tare_models::compare::{Comparison, Deviation, Magnitude, Misfit, Mismatch, Tolerance};
use tare_results::{Fidelity, OutputFidelity};

use crate::outputs::{OutputFile, Stored, names};

/// Bytes of an output that are compared at once; whole elements of every type.
const PIECE: usize = 1 << 20;
/// An output that is smaller than this is taken as large as this: what remains where numbers of magnitude 1 cancel is the
/// rounding of those, some 1e-7 in 32-bit floats, and no two libraries round alike.
const SMALLEST: f64 = 1e-3;
/// Outputs whose error is told in words.
const TOLD: usize = 3;

/// How outputs compare with those of the reference.
#[derive(Debug, Clone, PartialEq)]
pub enum Compared {
    /// Value by value; a reason for each output that is wrong.
    Values(Fidelity, Vec<String>),
    /// Not at all: their number, a type or a shape is another.
    Misfit(String),
}

/// Compares the outputs in `candidate` with those in `reference`, which `adapter` gave, in a cell of this precision.
///
/// # Errors
/// In words, where a file cannot be read or there is nothing to compare.
pub fn compare_files(
    candidate: &Path,
    reference: &Path,
    adapter: &str,
    specs: &[OutputSpec],
    precision: &str,
) -> Result<Compared, String> {
    let candidate = OutputFile::open(candidate)?;
    let reference = OutputFile::open(reference)?;
    if candidate.len() != reference.len() {
        return Ok(Compared::Misfit(format!(
            "{} outputs came out, {adapter} gives {}",
            candidate.len(),
            reference.len()
        )));
    }
    let mut pairs = Vec::new();
    for name in names(specs, reference.len()) {
        let (Some(actual), Some(expected)) = (candidate.find(&name), reference.find(&name)) else {
            return Err(format!("there is no output '{name}' in both files"));
        };
        let fits = Misfit::check(
            (actual.dtype, &actual.shape),
            (expected.dtype, &expected.shape),
        );
        if let Err(misfit) = fits {
            let misfit = format!("output '{name}': {misfit}, which {adapter} gives");
            return Ok(Compared::Misfit(misfit));
        }
        pairs.push((name, actual, expected));
    }
    if pairs.is_empty() {
        return Err("there are no outputs to compare".to_owned());
    }
    let mut told = Told::new(adapter, precision);
    for (name, actual, expected) in &pairs {
        let tolerance = tolerance(precision, expected.dtype);
        let steps = steps(precision, expected.dtype);
        let found = deviation(
            (&candidate, actual),
            (&reference, expected),
            tolerance,
            steps,
        );
        let (scale, deviation) =
            found.map_err(|error| format!("cannot read the outputs back: {error}"))?;
        told.add(name, scale, tolerance, &deviation);
    }
    Ok(told.compared())
}

/// By precision: the absolute part in times of the scale, and the relative one.
const TOLERANCES: [(&str, f64, f64); 6] = [
    ("fp64", 1e-4, 1e-3),
    ("fp32", 1e-4, 1e-3),
    ("tf32", 1e-2, 1e-2),
    ("fp16", 2e-2, 2e-2),
    ("bf16", 2e-1, 1e-1),
    ("int8", 5e-1, 2e-1),
];

/// Steps that a quantised output may be off by, of its 256.
const QUANTISED_STEPS: u64 = 8;

/// How much an integer output may be off by: of a quantised model an 8-bit number is a rounded one.
fn steps(precision: &str, dtype: DataType) -> u64 {
    match (precision, dtype) {
        ("int8", DataType::I8 | DataType::U8) => QUANTISED_STEPS,
        _ => 0,
    }
}

/// The coarser of the cell's precision and the output's own type; its absolute part in times of the scale.
fn tolerance(precision: &str, dtype: DataType) -> Tolerance {
    let row = |name: &str| TOLERANCES.iter().find(|(known, ..)| *known == name);
    let own = match dtype {
        DataType::F16 => row("fp16"),
        DataType::Bf16 => row("bf16"),
        DataType::F8E4M3Fn
        | DataType::F8E4M3Fnuz
        | DataType::F8E5M2
        | DataType::F8E5M2Fnuz
        | DataType::F8E8M0
        | DataType::F4E2M1 => row("int8"),
        _ => None,
    };
    let exact = Tolerance {
        atol: 0.0,
        rtol: 0.0,
    };
    let rows = row(precision)
        .or_else(|| row("fp32"))
        .into_iter()
        .chain(own);
    rows.fold(exact, |coarsest, (_, atol, rtol)| Tolerance {
        atol: coarsest.atol.max(*atol),
        rtol: coarsest.rtol.max(*rtol),
    })
}

/// The reference's scale, and how far the candidate is from it.
fn deviation(
    candidate: (&OutputFile, &Stored),
    reference: (&OutputFile, &Stored),
    tolerance: Tolerance,
    steps: u64,
) -> std::io::Result<(f64, Deviation)> {
    let dtype = reference.1.dtype;
    let mut magnitude = Magnitude::default();
    let mut expected = Vec::new();
    for offset in offsets(reference.1) {
        read(reference, offset, &mut expected)?;
        magnitude.feed(dtype, &expected);
    }
    let scale = magnitude.scale().max(SMALLEST);
    let absolute = Tolerance {
        atol: tolerance.atol * scale,
        ..tolerance
    };
    let mut comparison = Comparison::new(dtype, absolute, scale).allow_steps(steps);
    let mut actual = Vec::new();
    for offset in offsets(reference.1) {
        read(reference, offset, &mut expected)?;
        read(candidate, offset, &mut actual)?;
        comparison.feed(&actual, &expected);
    }
    Ok((scale, comparison.deviation().clone()))
}

fn offsets(output: &Stored) -> impl Iterator<Item = u64> {
    (0..output.bytes).step_by(PIECE)
}

fn read(from: (&OutputFile, &Stored), offset: u64, piece: &mut Vec<u8>) -> std::io::Result<()> {
    let (file, output) = from;
    let left = output.bytes - offset;
    piece.resize(left.min(PIECE as u64) as usize, 0);
    file.read_at(output, offset, piece)
}

/// What has been found, output by output.
struct Told<'a> {
    adapter: &'a str,
    fidelity: Fidelity,
    reasons: Vec<String>,
    untold: usize,
}

impl<'a> Told<'a> {
    fn new(adapter: &'a str, precision: &str) -> Self {
        let tolerance = tolerance(precision, DataType::F32);
        Self {
            adapter,
            fidelity: Fidelity {
                reference: adapter.to_owned(),
                max_abs: 0.0,
                max_relative: 0.0,
                atol: tolerance.atol,
                rtol: tolerance.rtol,
                outputs: Vec::new(),
            },
            reasons: Vec::new(),
            untold: 0,
        }
    }

    fn add(&mut self, name: &str, scale: f64, tolerance: Tolerance, deviation: &Deviation) {
        let fidelity = &mut self.fidelity;
        fidelity.max_abs = fidelity.max_abs.max(deviation.max_abs);
        fidelity.max_relative = fidelity.max_relative.max(deviation.max_relative);
        fidelity.atol = fidelity.atol.max(tolerance.atol);
        fidelity.rtol = fidelity.rtol.max(tolerance.rtol);
        fidelity.outputs.push(OutputFidelity {
            name: name.to_owned(),
            count: deviation.count,
            beyond: deviation.beyond,
            scale,
            max_abs: deviation.max_abs,
            max_relative: deviation.max_relative,
        });
        match &deviation.worst {
            None => {}
            Some(worst) if self.reasons.len() < TOLD => {
                self.reasons
                    .push(self.sentence(name, scale, tolerance, deviation, worst));
            }
            Some(_) => self.untold += 1,
        }
    }

    fn sentence(
        &self,
        name: &str,
        scale: f64,
        tolerance: Tolerance,
        deviation: &Deviation,
        worst: &Mismatch,
    ) -> String {
        let Tolerance { atol, rtol } = tolerance;
        format!(
            "output '{name}' is wrong: {} of {} values, the worst {} (number {}) where {} gives {}; \
             {atol:.0e} of the output's scale {scale:.3e} and {rtol:.0e} of the value are tolerated",
            deviation.beyond,
            deviation.count,
            worst.actual,
            worst.index,
            self.adapter,
            worst.expected
        )
    }

    fn compared(mut self) -> Compared {
        match self.untold {
            0 => {}
            1 => self.reasons.push("1 more output is wrong".to_owned()),
            more => self.reasons.push(format!("{more} more outputs are wrong")),
        }
        Compared::Values(self.fidelity, self.reasons)
    }
}
