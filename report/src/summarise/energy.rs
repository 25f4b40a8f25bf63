//! What the timed requests cost in joules, over the repeats.

use tare_results::{Energy, EnergySource, Record};

use super::figures::{Figures, mean};

impl Figures<'_> {
    /// Means over the repeats, source by source; the random part of a mean is smaller than that of one repeat, the
    /// systematic part is not.
    pub fn energy(&mut self) -> Option<Energy> {
        let all = self.group("energy", |record| record.energy.as_ref())?;
        let first = *all.first()?;
        let sources = first.sources.iter();
        let sources: Vec<EnergySource> = sources
            .filter_map(|source| joined(&source.source, &all))
            .collect();
        Some(Energy {
            sources,
            samples: samples(&all),
            stretched: all.iter().any(|energy| energy.stretched),
            primary: first.primary.clone(),
            per_sample_j: self.joules("per_sample_j", |energy| energy.per_sample_j),
            above_idle_per_sample_j: self.joules("above_idle_per_sample_j", |energy| {
                energy.above_idle_per_sample_j
            }),
            average_power_w: self.joules("average_power_w", |energy| energy.average_power_w),
        })
    }

    fn joules(&mut self, name: &str, get: impl Fn(&Energy) -> Option<f64>) -> Option<f64> {
        let get = |record: &Record| get(record.energy.as_ref()?);
        let each = self.group(&format!("energy.{name}"), get)?;
        Some(mean(each.into_iter()))
    }
}

/// The mean number, rounded.
fn samples(all: &[&Energy]) -> Option<u64> {
    let each: Option<Vec<u64>> = all.iter().map(|energy| energy.samples).collect();
    let each = each?;
    Some(mean(each.iter().map(|count| *count as f64)).round() as u64)
}

/// The source of this name, where every repeat has it.
fn joined(name: &str, all: &[&Energy]) -> Option<EnergySource> {
    let each = all
        .iter()
        .map(|energy| energy.sources.iter().find(|source| source.source == name));
    let each: Vec<&EnergySource> = each.collect::<Option<_>>()?;
    let average = |get: fn(&EnergySource) -> Option<f64>| {
        let values: Option<Vec<f64>> = each.iter().map(|source| get(source)).collect();
        values.map(|values| mean(values.into_iter()))
    };
    let random = |get: fn(&EnergySource) -> Option<f64>| {
        let values: Option<Vec<f64>> = each.iter().map(|source| get(source)).collect();
        let squares = values?.iter().map(|value| value * value).sum::<f64>();
        Some(squares.sqrt() / each.len() as f64)
    };
    Some(EnergySource {
        source: name.to_owned(),
        gross_j: average(|source| source.gross_j),
        idle_j: average(|source| source.idle_j),
        loaded_idle_j: average(|source| source.loaded_idle_j),
        above_idle_j: average(|source| source.above_idle_j),
        random_j: random(|source| source.random_j),
        above_idle_random_j: random(|source| source.above_idle_random_j),
        systematic_j: average(|source| source.systematic_j),
        above_idle_systematic_j: average(|source| source.above_idle_systematic_j),
        window_s: mean(each.iter().map(|source| source.window_s)),
        needed_window_s: average(|source| source.needed_window_s),
        idle_before_w: average(|source| source.idle_before_w),
        idle_after_w: average(|source| source.idle_after_w),
    })
}
