//! The split of a cell's median latency into floor, inefficiency and tax, from its records and its twin's.

mod class;
mod device;
mod floor;
mod law;
mod parts;
mod quantity;
mod residual;
mod suspicions;
mod twin;

use tare_results::{Missing, Record, Tax, TaxDoubt, TaxMethod, TwinFacts, TwinFigures};
use tare_statistics::MeanInterval;
use tare_units::SignedNanoseconds;

use crate::summarise::{Repeats, reason};
pub(crate) use law::differing;
pub use law::{DispatchLaw, KindCost, Laws};
use parts::{Parts, Source};
use quantity::Quantity;
pub use residual::BOUND;

/// Everything that the split of one cell is made of.
pub struct Weighing<'a> {
    /// Its measurements.
    pub cell: &'a Repeats<'a>,
    /// Those of its twin.
    pub twins: &'a Repeats<'a>,
    /// Its latest profile.
    pub profile: Option<&'a Record>,
    /// All its profiles.
    pub profiles: &'a [&'a Record],
    /// The laws that may stand in for a twin.
    pub laws: &'a Laws,
    /// Whether twins were asked for.
    pub asked: bool,
}

/// Why nothing that was served under load is split.
const UNDER_LOAD: &str =
    "a latency under load holds what requests wait for each other, which is neither work nor tax";

/// What came of it.
#[derive(Default)]
pub struct Weighed {
    /// The split; `None`, with its reason in `missing`, where the tax is not known.
    pub tax: Option<Tax>,
    /// The twin's own figures.
    pub twin: Option<TwinFigures>,
    /// Why not to trust it fully.
    pub doubts: Vec<TaxDoubt>,
    /// Why fields are `null`.
    pub missing: Missing,
}

impl Weighing<'_> {
    /// The split, or why there is none.
    pub fn weighed(&self) -> Weighed {
        let mut weighed = Weighed::default();
        weighed.twin = self.twin_figures(&mut weighed.missing);
        match self.split(&mut weighed) {
            Ok(tax) => weighed.tax = Some(tax),
            Err(reason) => {
                weighed.missing.retain(|path, _| !path.starts_with("tax."));
                weighed.missing.insert("tax".to_owned(), reason);
                weighed.doubts.clear();
            }
        }
        weighed.doubts.extend(self.perturbation());
        weighed
    }

    fn split(&self, weighed: &mut Weighed) -> Result<Tax, String> {
        if self.is_served() {
            return Err(UNDER_LOAD.to_owned());
        }
        let latency = residual::p50(&self.cell.counted);
        let latency = latency.ok_or_else(|| self.no_latency())?;
        let source = self.source(&latency)?;
        let floor = self.floor();
        let parts = Parts::of(
            &latency,
            &source,
            floor.as_ref().ok().map(|(floor, _)| floor),
        );
        let mut tax = parts.tax(source.method());
        match &floor {
            Ok((_, term)) => tax.floor_term = Some(*term),
            Err(reason) => lack(&mut weighed.missing, FLOOR, reason),
        }
        self.count(&mut tax, &mut weighed.missing);
        self.predict(&mut tax, &mut weighed.missing);
        self.describe_twin(&mut tax, &mut weighed.missing);
        self.compare(&mut tax, weighed);
        self.label(&mut tax, &mut weighed.missing);
        weighed.doubts = self.suspicions(&tax, floor.err());
        Ok(tax)
    }

    /// What the tax is read from.
    fn source(&self, latency: &Quantity) -> Result<Source, String> {
        if let Some(source) = self.by_device(latency) {
            return Ok(source);
        }
        let Some(twin) = residual::p50(&self.twins.counted) else {
            return self.by_law(&self.no_twin());
        };
        let surplus = self.residual().and_then(|residual| residual.most_ns());
        let surplus = surplus.unwrap_or(twin.mean);
        let why = self.not_hollow().and_then(|doubt| doubt.why_not_hollow());
        let law = why.and_then(|why| self.predicted(&why).ok());
        let law = law.and_then(|predicted| within(&twin, surplus, predicted));
        Ok(law.map_or(Source::Twin(twin, surplus), Source::Law))
    }

    /// What a law says where there is no twin, for the reason `why`.
    fn by_law(&self, why: &str) -> Result<Source, String> {
        self.predicted(why).map(Source::Law)
    }

    fn predicted(&self, why: &str) -> Result<MeanInterval, String> {
        if !self.asked && self.twins.made.is_empty() {
            return Err(why.to_owned());
        }
        let record = *self.cell.counted.first().ok_or("no repeat ended well")?;
        let counted = self.operators();
        let predicted = self.laws.predict(record, counted.as_ref());
        let (prediction, _) = predicted.map_err(|law| format!("{why}; {law}"))?;
        Ok(prediction)
    }

    /// Whether requests waited for each other.
    fn is_served(&self) -> bool {
        let first = self.cell.counted.first();
        first.is_some_and(|record| record.serving.is_some())
    }

    /// Why nothing was heard of a twin.
    fn no_twin(&self) -> String {
        if self.is_served() {
            return UNDER_LOAD.to_owned();
        }
        let made = self.twins.made.first();
        let failed = made.and_then(|record| record.failure.as_ref());
        let none = made.and_then(|record| record.missing.get("twin"));
        match (failed, none, made) {
            (_, Some(reason), _) => format!("there is no twin: {reason}"),
            (Some(failure), None, _) => format!("the twin failed: {}", failure.message),
            (None, None, Some(record)) => reason(record, "latency.p50"),
            _ if !self.asked => NOT_ASKED.to_owned(),
            _ => "the twin was not timed yet".to_owned(),
        }
    }

    fn no_latency(&self) -> String {
        match self.cell.counted.first() {
            Some(record) => reason(record, "latency.p50"),
            None => "no repeat ended well".to_owned(),
        }
    }

    fn predict(&self, tax: &mut Tax, missing: &mut Missing) {
        let Some(record) = self.cell.counted.first() else {
            return;
        };
        match self.laws.predict(record, self.operators().as_ref()) {
            Ok((predicted, _)) => {
                tax.predicted_tax_ns = Some(SignedNanoseconds::from_nanos_f64(predicted.mean));
                let (low, high) = parts::outward(predicted);
                tax.predicted_tax_low_ns = Some(low);
                tax.predicted_tax_high_ns = Some(high);
            }
            Err(reason) => lack(missing, PREDICTED, &reason),
        }
    }

    fn facts(&self) -> Option<&TwinFacts> {
        let made = self.twins.counted.iter().chain(&self.twins.made);
        made.filter_map(|record| record.twin.as_ref()).next()
    }

    fn is_by_twin(tax: &Tax) -> bool {
        tax.method != TaxMethod::Law
    }
}

/// What a law says of a tax that lies from `twin` less `surplus` to `twin`, in nanoseconds: nothing where it says something
/// else, or where that is known better without it.
fn within(twin: &Quantity, surplus: f64, predicted: MeanInterval) -> Option<MeanInterval> {
    let known = twin.interval().unwrap_or(MeanInterval::exactly(twin.mean));
    let (low, high) = (known.low - surplus, known.high);
    let is_narrower = predicted.high - predicted.low < high - low;
    let serves = is_narrower && (low..=high).contains(&predicted.mean);
    serves.then(|| MeanInterval {
        low: predicted.low.max(low),
        high: predicted.high.min(high),
        ..predicted
    })
}

const FLOOR: &[&str] = &[
    "floor_ns",
    "floor_low_ns",
    "floor_high_ns",
    "floor_term",
    "inefficiency_ns",
    "inefficiency_low_ns",
    "inefficiency_high_ns",
];
const PREDICTED: &[&str] = &[
    "predicted_tax_ns",
    "predicted_tax_low_ns",
    "predicted_tax_high_ns",
];
/// Why there is no split where nobody asked for one.
pub const NOT_ASKED: &str = "not asked for: tare run without --no-tax times hollow twins";

/// Keeps the same reason for several fields of the split.
fn lack(missing: &mut Missing, fields: &[&str], reason: &str) {
    for field in fields {
        missing.insert(format!("tax.{field}"), reason.to_owned());
    }
}
