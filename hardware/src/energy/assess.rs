//! From what the sources told to the figures of a record: gross, idle, above idle, their uncertainties, doubts, reasons.

use std::collections::BTreeMap;

use tare_results::{Energy, EnergyDoubt, EnergySource};
use tare_units::Nanoseconds;

use crate::energy::idle::{Idle, idle};
use crate::energy::knots::{alike_after, still_after};
use crate::energy::pace::SLOWEST;
use crate::energy::primary::Primary;
use crate::energy::series::History;
use crate::energy::source::Quantity;
use crate::energy::window::{Span, WindowEnergy, WindowFault, expanded, window};

/// The stretches of time around a repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// The requests whose energy is told.
    pub work: Span,
    /// Before the worker was started.
    pub idle_before: Option<Span>,
    /// After the worker ended.
    pub idle_after: Option<Span>,
    /// With the model loaded, before any request.
    pub loaded: Option<Span>,
}

/// What was measured, in which windows, and what is asked of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The windows.
    pub windows: Windows,
    /// Samples that were done in the window of work.
    pub samples: u64,
    /// Whether that is a stretch of further requests after the timed ones.
    pub stretched: bool,
    /// Whose energy counts.
    pub primary: Primary,
    /// What the random part should stay below, as a share of the gross energy.
    pub bound: f64,
}

/// The figures, and what to say with them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Assessment {
    /// `None` where there is no source, for the reason under `energy`.
    pub energy: Option<Energy>,
    /// By dotted path, such as `energy.sources.0.idle_j`.
    pub missing: BTreeMap<String, String>,
    /// By source.
    pub doubts: Vec<(String, EnergyDoubt)>,
}

/// The figures of every source; `missing` are the reasons of the sources that are not there.
pub fn assess(
    histories: &[History],
    measured: &Measured,
    missing: &BTreeMap<String, String>,
) -> Assessment {
    let mut assessment = Assessment {
        missing: missing.clone(),
        ..Assessment::default()
    };
    if histories.is_empty() {
        let reasons: Vec<&str> = missing.values().map(String::as_str).collect();
        let reason = format!("no source of energy readings: {}", reasons.join("; "));
        assessment.missing.insert("energy".to_owned(), reason);
        return assessment;
    }
    let mut sources = Vec::new();
    for (index, history) in histories.iter().enumerate() {
        let mut one = One {
            history,
            path: format!("energy.sources.{index}"),
            assessment: &mut assessment,
        };
        sources.push(one.source(measured));
    }
    disagreements(histories, &sources, &mut assessment);
    assessment.energy = Some(summed_up(sources, measured, &mut assessment.missing));
    assessment
}

/// The figures that need the idle's.
const OF_IDLE: [&str; 4] = [
    "idle_j",
    "above_idle_j",
    "above_idle_random_j",
    "above_idle_systematic_j",
];
/// The figures that need those of the window of work.
const FIGURES: [&str; 11] = [
    "gross_j",
    "idle_j",
    "loaded_idle_j",
    "above_idle_j",
    "random_j",
    "above_idle_random_j",
    "systematic_j",
    "above_idle_systematic_j",
    "needed_window_s",
    "idle_before_w",
    "idle_after_w",
];

const NO_ACCURACY: &str = "nobody says how accurate the meter is: give what its data sheet says, as --meter-accuracy 1%, or let the program print '# accuracy 1%' before its first reading";

/// Of a meter that was waited for.
const UNTOLD: &str = "the meter told nothing new of the time after the window; look whether it still prints, and whether its timestamps are seconds that go on as time does";

struct One<'a> {
    history: &'a History,
    path: String,
    assessment: &'a mut Assessment,
}

impl One<'_> {
    fn source(&mut self, measured: &Measured) -> EnergySource {
        let windows = &measured.windows;
        let mut source = EnergySource {
            source: self.history.spec.name.clone(),
            window_s: windows.work.length().as_secs_f64(),
            ..EnergySource::default()
        };
        self.misreadings();
        let gross = match self.window(windows.work) {
            Ok(gross) => gross,
            Err(reason) => {
                self.gaps(&FIGURES, &reason);
                return source;
            }
        };
        self.gross(&gross, measured.bound, &mut source);
        self.above_idle(&gross, windows, &mut source);
        source
    }

    /// Where a source fell silent, its own reason says more than the readings that lack.
    fn window(&self, span: Span) -> Result<WindowEnergy, String> {
        window(self.history, span).map_err(|fault| match (&fault, &self.history.silent) {
            (WindowFault::EndsTooLate | WindowFault::NoReading, Some(silent)) => silent.clone(),
            (WindowFault::EndsTooLate, None) if self.history.spec.tick == Nanoseconds::ZERO => {
                self.too_slow().unwrap_or_else(|| UNTOLD.to_owned())
            }
            _ => self.too_slow().unwrap_or_else(|| fault.to_string()),
        })
    }

    fn too_slow(&self) -> Option<String> {
        let pace = self.history.pace().filter(|pace| *pace > SLOWEST)?;
        Some(format!(
            "the source is updated once in {pace}, and the window begins or ends within such a pause; one that is updated each {SLOWEST} or more often is waited for"
        ))
    }

    fn gross(&mut self, gross: &WindowEnergy, bound: f64, source: &mut EnergySource) {
        let (energy, random) = (gross.energy.as_joules(), gross.random().as_joules());
        let needed = gross.needed_window(bound).map(Nanoseconds::as_secs_f64);
        source.gross_j = Some(energy);
        source.random_j = Some(random);
        source.needed_window_s = needed;
        source.systematic_j = self.history.spec.gain.map(|gain| gain * energy.abs());
        if source.systematic_j.is_none() {
            self.gaps(
                &["systematic_j", "above_idle_systematic_j"],
                match self.history.spec.name == "meter" {
                    true => NO_ACCURACY,
                    false => "the accuracy of the sensor is not known",
                },
            );
        }
        if gross.exceeds(bound) {
            self.doubt(EnergyDoubt::Imprecise {
                share: (energy > 0.0).then(|| random / energy),
                bound,
                window_s: gross.length.as_secs_f64(),
                needed_window_s: needed,
            });
        }
        if needed.is_none() {
            self.gap("needed_window_s", "not even an hour would do".to_owned());
        }
        self.stretches(gross);
    }

    fn stretches(&mut self, gross: &WindowEnergy) {
        let spec = &self.history.spec;
        let (still, gap) = (gross.longest_still, gross.longest_gap);
        let limit = still_after(spec, &self.history.readings);
        let averaged = spec.averaged;
        let alike = alike_after(spec).unwrap_or(limit);
        if still.as_secs_f64() > alike {
            let longest_s = still.as_secs_f64();
            self.doubt(EnergyDoubt::Stuck { longest_s });
        }
        if gap.as_secs_f64() > limit {
            let longest_s = gap.as_secs_f64();
            self.doubt(EnergyDoubt::Gaps { longest_s });
        }
        if let Some(over) = averaged {
            let over_s = over.as_secs_f64();
            self.doubt(EnergyDoubt::Averaged { over_s });
        }
    }

    fn misreadings(&mut self) {
        let (nonsense, back) = (self.history.nonsense, self.history.time_back);
        if nonsense > 0 {
            self.doubt(EnergyDoubt::Nonsense { readings: nonsense });
        }
        if back > 0 {
            self.doubt(EnergyDoubt::TimeRanBack { readings: back });
        }
    }

    fn above_idle(&mut self, gross: &WindowEnergy, windows: &Windows, source: &mut EnergySource) {
        let loaded = self.side(windows.loaded, "loaded_idle_j");
        source.loaded_idle_j = loaded.map(|loaded| (loaded.power() * gross.length).as_joules());
        let before = self.side(windows.idle_before, "idle_before_w");
        let after = self.side(windows.idle_after, "idle_after_w");
        let Some(idle) = idle(before.as_ref(), after.as_ref()) else {
            self.gaps(&OF_IDLE, "idle was measured neither before nor after");
            return;
        };
        self.idle_doubts(&idle, [before.as_ref(), after.as_ref()]);
        let idle_j = (idle.power * gross.length).as_joules();
        let above = gross.energy.as_joules() - idle_j;
        let standard = gross
            .standard()
            .hypot(idle.standard * gross.length.as_secs_f64());
        source.idle_j = Some(idle_j);
        source.above_idle_j = Some(above);
        let random = expanded(standard).as_joules();
        source.above_idle_random_j = Some(random);
        if random > above.abs() {
            self.doubt(EnergyDoubt::WithinIdle {
                above_idle_j: above,
                random_j: random,
            });
        }
        source.above_idle_systematic_j = self.history.spec.gain.map(|gain| gain * above.abs());
        source.idle_before_w = idle.before.map(|power| power.as_watts());
        source.idle_after_w = idle.after.map(|power| power.as_watts());
    }

    fn side(&mut self, span: Option<Span>, field: &str) -> Option<WindowEnergy> {
        let found = match span {
            Some(span) => self.window(span),
            None => Err("it was not measured".to_owned()),
        };
        found.map_err(|reason| self.gap(field, reason)).ok()
    }

    fn idle_doubts(&mut self, idle: &Idle, sides: [Option<&WindowEnergy>; 2]) {
        let [Some(before), Some(after)] = sides else {
            self.doubt(EnergyDoubt::IdleOnOneSide);
            return;
        };
        if idle.drifts([before, after]) {
            self.doubt(EnergyDoubt::IdleDrift {
                before_w: before.power().as_watts(),
                after_w: after.power().as_watts(),
            });
        }
    }

    fn gaps(&mut self, fields: &[&str], reason: &str) {
        for field in fields {
            self.gap(field, reason.to_owned());
        }
    }

    fn gap(&mut self, field: &str, reason: String) {
        let path = format!("{}.{field}", self.path);
        self.assessment.missing.insert(path, reason);
    }

    fn doubt(&mut self, doubt: EnergyDoubt) {
        let name = self.history.spec.name.clone();
        self.assessment.doubts.push((name, doubt));
    }
}

/// A device's counter and its power are two views of one sensor, so its gain explains no difference between them.
fn disagreements(histories: &[History], sources: &[EnergySource], assessment: &mut Assessment) {
    let told: Vec<_> = histories.iter().zip(sources).collect();
    let of = |quantity| {
        let own = move |told: &&(&History, &EnergySource)| told.0.spec.quantity == quantity;
        told.iter().filter(own)
    };
    for (counter, counted) in of(Quantity::Energy) {
        let same = |told: &&(&History, &EnergySource)| {
            counter.spec.device.is_some() && told.0.spec.device == counter.spec.device
        };
        for (_, drawn) in of(Quantity::Power).filter(same) {
            if let Some(doubt) = disagreement(counted, drawn) {
                assessment.doubts.push((counted.source.clone(), doubt));
            }
        }
    }
}

fn disagreement(counted: &EnergySource, drawn: &EnergySource) -> Option<EnergyDoubt> {
    let (this_j, other_j) = (counted.gross_j?, drawn.gross_j?);
    let apart = (this_j - other_j).abs();
    let explained = counted.random_j?.hypot(drawn.random_j?);
    let is_small = apart <= super::DEFAULT_BOUND * this_j.abs();
    (apart > explained && !is_small).then(|| EnergyDoubt::Disagreement {
        with: drawn.source.clone(),
        this_j,
        other_j,
    })
}

fn summed_up(
    sources: Vec<EnergySource>,
    measured: &Measured,
    missing: &mut BTreeMap<String, String>,
) -> Energy {
    let primary = primary(&sources, &measured.primary).cloned();
    let mut energy = Energy {
        sources,
        samples: Some(measured.samples),
        stretched: measured.stretched,
        ..Energy::default()
    };
    let Some(primary) = primary else {
        let reason = silent(&energy.sources, &measured.primary, missing);
        let fields = [
            "primary",
            "per_sample_j",
            "above_idle_per_sample_j",
            "average_power_w",
        ];
        for field in fields {
            missing.insert(format!("energy.{field}"), reason.clone());
        }
        return energy;
    };
    let per_sample = |joules: f64| (measured.samples > 0).then(|| joules / measured.samples as f64);
    energy.per_sample_j = primary.gross_j.and_then(per_sample);
    energy.above_idle_per_sample_j = primary.above_idle_j.and_then(per_sample);
    energy.average_power_w = primary.gross_j.map(|joules| joules / primary.window_s);
    let mut unknown = |figure: Option<f64>, field: &str, reason: &str| {
        if figure.is_none() {
            missing.insert(format!("energy.{field}"), reason.to_owned());
        }
    };
    unknown(energy.per_sample_j, "per_sample_j", "no sample was done");
    let reason = match measured.samples {
        0 => "no sample was done",
        _ => "idle was measured neither before nor after",
    };
    unknown(
        energy.above_idle_per_sample_j,
        "above_idle_per_sample_j",
        reason,
    );
    energy.primary = Some(primary.source);
    energy
}

/// Why no source told the energy: that of the one that would have.
fn silent(sources: &[EnergySource], of: &Primary, missing: &BTreeMap<String, String>) -> String {
    let told = of.names().iter().find_map(|name| {
        let index = sources.iter().position(|source| source.source == *name)?;
        let reason = missing.get(&format!("energy.sources.{index}.gross_j"))?;
        Some(format!("{name}: {reason}"))
    });
    told.unwrap_or_else(|| match of {
        Primary::Cpu => "no source tells the processors' energy".to_owned(),
        Primary::Gpu(device) => format!("no source tells the energy of {device}"),
    })
}

/// The source that watches just what computes, before one that watches more.
fn primary<'a>(sources: &'a [EnergySource], of: &Primary) -> Option<&'a EnergySource> {
    of.names().iter().find_map(|name| {
        let own = |source: &&EnergySource| source.source == *name && source.gross_j.is_some();
        sources.iter().find(own)
    })
}

#[cfg(test)]
mod meters;
#[cfg(test)]
mod tests;
