//! Why a split is not to be trusted fully.

use tare_results::{Doubt, Tax, TaxDoubt, TaxMethod};
use tare_units::SignedNanoseconds;

use super::Weighing;
use crate::summarise::{is_alike, reason};

/// A profiled request that takes so many times as long says little of an unprofiled one.
const DISTORTED: f64 = 1.2;

impl Weighing<'_> {
    /// All of them; `no_floor` says why there is none.
    pub fn suspicions(&self, tax: &Tax, no_floor: Option<String>) -> Vec<TaxDoubt> {
        let mut doubts: Vec<TaxDoubt> = negative(tax);
        doubts.extend(no_floor.map(|reason| TaxDoubt::NoFloor { reason }));
        if Self::is_by_law(tax) {
            doubts.extend(self.of_law());
            if !self.twins.counted.is_empty() {
                doubts.extend(self.of_twin());
            }
        } else if !self.twins.counted.is_empty() {
            let bound = self.not_hollow().filter(|_| self.is_upper_bound(tax));
            doubts.extend(bound);
            doubts.extend(self.of_rung());
            doubts.extend(self.of_twin());
        }
        if matches!(
            tax.method,
            TaxMethod::DeviceIntervals | TaxMethod::DeviceEvents
        ) {
            doubts.extend(self.of_device());
        }
        if self.may_hide(tax) {
            let reason = self.profile.map_or_else(
                || "the cell has no profile".to_owned(),
                |record| reason(record, "profile.device"),
            );
            doubts.push(TaxDoubt::NoDeviceIntervals { reason });
        }
        doubts
    }

    /// Whether profiling distorts the shares of operators.
    pub fn perturbation(&self) -> Option<TaxDoubt> {
        let profile = self.profile?.profile.as_ref()?;
        let profile = Some(profile).filter(|profile| profile.tells_operators())?;
        let perturbation = profile.perturbation.filter(|times| *times > DISTORTED)?;
        Some(TaxDoubt::Perturbation {
            perturbation,
            bound: DISTORTED,
        })
    }

    fn of_law(&self) -> Vec<TaxDoubt> {
        let predicted = self.cell.counted.first().and_then(|record| {
            let told = self.laws.predict(record, self.operators().as_ref());
            told.ok().map(|(_, law)| law)
        });
        let Some(law) = predicted else {
            return Vec::new();
        };
        let mut doubts = vec![TaxDoubt::ByLaw {
            reason: self.why_by_law(),
            twins: law.twins,
        }];
        let operators = self.operators().map(|executed| executed.count);
        let (low, high) = (law.operators_low, law.operators_high);
        let outside = operators.filter(|count| *count < low || *count > high);
        doubts.extend(outside.map(|operators| TaxDoubt::LawExtrapolates {
            operators,
            low,
            high,
        }));
        doubts
    }

    /// Why a law stands in.
    pub fn why_by_law(&self) -> String {
        let left = self.not_hollow().and_then(|doubt| doubt.why_not_hollow());
        left.unwrap_or_else(|| self.no_twin())
    }

    /// Whether the twin executes what the original does.
    fn of_rung(&self) -> Option<TaxDoubt> {
        let facts = self.facts()?;
        let rung = facts.rung.clone();
        match (
            facts.same_operators,
            facts.original_operators_executed,
            facts.operators_executed,
        ) {
            (Some(true), ..) => None,
            (Some(false), Some(original), Some(twin)) => Some(TaxDoubt::OperatorsDiffer {
                original,
                twin,
                rung,
            }),
            _ => {
                let record = self.twins.counted.first()?;
                let told = record.missing.get("twin.same_operators").cloned();
                let reason = told.unwrap_or_else(|| "the adapter offers no profile".to_owned());
                Some(TaxDoubt::RungUnproved { rung, reason })
            }
        }
    }

    fn of_twin(&self) -> Vec<TaxDoubt> {
        let (have, cell) = (
            self.twins.counted.len() as u64,
            self.cell.counted.len() as u64,
        );
        let few = (have < cell).then_some(TaxDoubt::FewTwinRepeats { have, cell });
        let threads = self
            .cell
            .counted
            .first()
            .map_or(1, |record| record.cell.threads);
        let threads = (threads > 1).then_some(TaxDoubt::Threads { threads });
        let mut about: Vec<Doubt> = Vec::new();
        let told = self.twins.counted.iter().flat_map(|record| &record.doubts);
        for doubt in told.filter(|doubt| is_of_timing(doubt)) {
            if !about.iter().any(|known| is_alike(known, doubt)) {
                about.push(doubt.clone());
            }
        }
        let about = about.into_iter().map(|about| TaxDoubt::OfTwin {
            about: Box::new(about),
        });
        few.into_iter().chain(threads).chain(about).collect()
    }
}

/// What says something of the twin's latency, and not of the model, the machine or the energy.
fn is_of_timing(doubt: &Doubt) -> bool {
    matches!(
        doubt,
        Doubt::Unsteady { .. } | Doubt::DelayedRequests { .. } | Doubt::FailedRequests { .. }
    )
}

fn negative(tax: &Tax) -> Vec<TaxDoubt> {
    let inefficiency = tax.inefficiency_ns.filter(|_| !tax.algorithmic);
    let parts: [(&str, Option<SignedNanoseconds>); 3] = [
        ("tax", Some(tax.tax_ns)),
        ("inefficiency", inefficiency),
        ("kernel", Some(tax.kernel_ns)),
    ];
    let negative = parts.into_iter().filter_map(|(part, value)| {
        let value_ns = value.filter(|value| value.is_negative())?;
        let part = part.to_owned();
        Some(TaxDoubt::NegativePart { part, value_ns })
    });
    negative.collect()
}
