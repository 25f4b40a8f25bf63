//! What the hardware needs for the work of a cell, by what it could do beside each repeat.

use tare_results::{FloorTerm, Record};
use tare_units::Rate;

use super::Weighing;
use super::quantity::Quantity;
use crate::summarise::reason;
use tare_statistics::MeanInterval;

impl Weighing<'_> {
    /// The floor in each repeat, and what makes it in most of the time; or why it is not known.
    pub fn floor(&self) -> Result<(Quantity, FloorTerm), String> {
        let each: Vec<(u64, Vec<(FloorTerm, f64)>)> = self
            .cell
            .counted
            .iter()
            .map(|record| Ok((record.repeat, terms(record)?)))
            .collect::<Result<_, String>>()?;
        let largest = |terms: &[(FloorTerm, f64)]| terms.iter().fold(0.0, |a: f64, b| a.max(b.1));
        let floors: Vec<(u64, f64)> = each
            .iter()
            .map(|(repeat, terms)| (*repeat, largest(terms)))
            .collect();
        let (_, first) = each.first().ok_or("no repeat ended well")?;
        let total = |term: FloorTerm| {
            let all = each.iter().flat_map(|(_, terms)| terms);
            all.filter(|one| one.0 == term)
                .map(|one| one.1)
                .sum::<f64>()
        };
        let term = first
            .iter()
            .map(|(term, _)| *term)
            .max_by(|one, other| total(*one).total_cmp(&total(*other)));
        let alone = match floors.as_slice() {
            [(_, only)] => Some(MeanInterval::exactly(*only)),
            _ => None,
        };
        Ok((Quantity::over(floors, alone), term.ok_or("no term")?))
    }
}

/// The least time for each thing that the work needs, in nanoseconds; the floor is the largest.
fn terms(record: &Record) -> Result<Vec<(FloorTerm, f64)>, String> {
    let peaks = record.peaks.as_ref();
    let peaks = peaks.ok_or_else(|| reason(record, "peaks"))?;
    let model = &record.model;
    let unknown = |what: &str| {
        let told = record.missing.get(&format!("model.{what}"));
        told.cloned()
            .unwrap_or_else(|| format!("the model's {what} is not known"))
    };
    let flops = model.flops.ok_or_else(|| unknown("flops"))?.as_operations() as f64;
    let moved = model
        .bytes_min
        .ok_or_else(|| unknown("bytes_min"))?
        .as_bytes() as f64;
    let mut terms = vec![
        (FloorTerm::Compute, time(flops, peaks.flops_per_s)?),
        (FloorTerm::Memory, time(moved, peaks.bytes_per_s)?),
    ];
    if let (Some(rate), Some(bytes)) = (peaks.h2d_bytes_per_s, model.input_bytes) {
        terms.push((
            FloorTerm::HostToDevice,
            time(bytes.as_bytes() as f64, rate)?,
        ));
    }
    if let (Some(rate), Some(bytes)) = (peaks.d2h_bytes_per_s, model.output_bytes) {
        terms.push((
            FloorTerm::DeviceToHost,
            time(bytes.as_bytes() as f64, rate)?,
        ));
    }
    Ok(terms)
}

fn time(amount: f64, rate: impl Rate) -> Result<f64, String> {
    let nanos = amount / rate.per_s() * 1e9;
    let possible = nanos.is_finite().then_some(nanos);
    possible.ok_or_else(|| "a peak of zero was recorded: calibrate anew".to_owned())
}
