//! How much work a twin may still do, and whether that is little enough for its latency to be a tax.

use tare_results::{Record, Tax, TaxDoubt, TaxMethod};

use super::Weighing;
use super::quantity::{Quantity, sum};

/// Residual work above this share of the twin's latency is a doubt.
pub const BOUND: f64 = 0.05;
/// Bytes a nanosecond that the memory of any machine moves.
const SLOW_BYTES_PER_NS: f64 = 10.0;
/// The share from which on a twin is too much like its original for another pace than the original's own.
const MUCH: f64 = 0.1;
/// The share above which a difference of latencies tells nothing of the work that twin and original have in common.
const MOST: f64 = 0.5;
/// What an element costs in a small twin with the arithmetic on it, in nanoseconds, by framework: the most that
/// `models/scripts/element_cost.py` measured without convolutions, and with them, on an Intel Xeon (family 6, model 167) in
/// fp32.
const NS_AN_ELEMENT: [(&str, f64, f64); 4] = [
    ("onnxruntime", 2.0, 1.1),
    ("rten", 2.4, 4.5),
    ("libtorch", 2.0, 2.6),
    ("tract", 8.0, 40.0),
];
/// The share of what is counted that says enough where the original's latency is not known.
const LITTLE: f64 = 0.01;

/// What an original takes longer than its twin, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Longer {
    mean: f64,
    /// The upper end of its interval; `None` where its spread is not known.
    high: Option<f64>,
}

impl Longer {
    /// Over their repeats.
    pub fn of(original: &Quantity, twin: &Quantity) -> Self {
        Self {
            mean: original.mean - twin.mean,
            high: sum(&[(1.0, original), (-1.0, twin)]).map(|interval| interval.high),
        }
    }
}

/// How much work may be left in a twin, as time.
///
/// With h the share of the original's operations that is left (`hollowness`), e that of the elements between operators
/// (`elements_ratio`) and k the most that the original takes longer than the twin, the upper end of its interval:
/// - by operations at the original's pace, h ÷ (1 − h) · k: of w, the original's work, k is what the twin lacks, (1 − h) · w;
/// - by elements, e ÷ (1 − e) · k, and where e is less than a tenth no more than what the elements that are left take: of
///   frameworks where that was measured as many nanoseconds each as in [`NS_AN_ELEMENT`]. In records that do not have
///   `elements` the latter is e · (`bytes_unfused` − `bytes_min`) at 10 GB/s.
///
/// A twin that keeps more than half may be all work, and from a tenth on so may one whose k has no interval: what it keeps is
/// a multiple of a small difference there.
///
/// The original's pace flatters the operations of small matrices, which are slower; the cost of an element, measured in small
/// twins with the arithmetic on it, is what bounds those.
///
/// Neither is more than the twin's latency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Residual {
    by_operations_ns: Option<f64>,
    by_elements_ns: Option<f64>,
    twin_ns: f64,
}

impl Residual {
    /// Of the twin that `twin` timed, in `twin_ns`, where the original takes so much longer.
    ///
    /// Where that is not known, 1% of what is counted is taken to be little, and more to be all that the twin does.
    pub fn of(twin: &Record, longer: Option<Longer>, twin_ns: f64) -> Self {
        let facts = twin.twin.as_ref();
        let times = |share: f64, difference: f64| share / (1.0 - share) * difference.max(0.0);
        let part = |share: f64| match longer {
            Some(Longer {
                high: Some(high), ..
            }) if share <= MOST => times(share, high),
            Some(Longer { mean, high: None }) if share < MUCH => times(share, mean),
            None if share <= LITTLE => 0.0,
            _ => twin_ns,
        };
        let moving = |share: f64| {
            let elements = facts.and_then(|facts| facts.elements);
            let left = match elements {
                Some(elements) => an_element(twin).map(|cost| elements as f64 * cost),
                None => activations_ns(twin).map(|all| share * all),
            };
            let left = left.filter(|_| share < MUCH);
            left.map_or(part(share), |left| part(share).min(left))
        };
        let operations = facts.and_then(|facts| facts.hollowness);
        let elements = facts.and_then(|facts| facts.elements_ratio);
        Self {
            by_operations_ns: operations.map(|share| part(share).min(twin_ns)),
            by_elements_ns: elements.map(|share| moving(share).min(twin_ns)),
            twin_ns,
        }
    }

    /// The larger bound, as a share of the twin's latency.
    pub fn share(&self) -> Option<f64> {
        Some(self.most_ns()? / self.twin_ns)
    }

    /// The larger bound; `None` where nothing is known of what is left.
    pub fn most_ns(&self) -> Option<f64> {
        let known = [self.by_operations_ns, self.by_elements_ns];
        known.into_iter().flatten().reduce(f64::max)
    }

    /// Why the twin's latency is no tax; `None` where its residual work is small beside it.
    pub fn doubt(&self) -> Option<TaxDoubt> {
        let share = |part: Option<f64>| part.map(|part| part / self.twin_ns);
        let is_small = self.share().is_some_and(|share| share <= BOUND);
        (!is_small).then(|| TaxDoubt::NotHollow {
            operations_share: share(self.by_operations_ns),
            elements_share: share(self.by_elements_ns),
            bound: BOUND,
        })
    }
}

impl Weighing<'_> {
    /// What may be left in the cell's twin; `None` where either was not timed.
    pub fn residual(&self) -> Option<Residual> {
        let (latency, twin) = (p50(&self.cell.counted)?, p50(&self.twins.counted)?);
        let record = self.twins.counted.first()?;
        Some(Residual::of(
            record,
            Some(Longer::of(&latency, &twin)),
            twin.mean,
        ))
    }

    /// Why the twin's latency is no more than an upper bound of the tax.
    pub fn not_hollow(&self) -> Option<TaxDoubt> {
        self.residual()?.doubt()
    }

    /// Whether a split has an upper bound for its tax.
    pub fn is_upper_bound(&self, tax: &Tax) -> bool {
        tax.method == TaxMethod::HollowTwin && self.not_hollow().is_some()
    }
}

/// The medians of records.
pub fn p50(records: &[&Record]) -> Option<Quantity> {
    Quantity::of(records, |record| record.latency.as_ref()?.p50.as_ref())
}

/// Nanoseconds that an element of a twin costs; `None` of a framework of which nobody measured it.
///
/// A model of both convolutions and much else has the larger cost.
fn an_element(twin: &Record) -> Option<f64> {
    let name = &twin.runtime.as_ref()?.name;
    let (_, plain, convolving) = NS_AN_ELEMENT.iter().find(|(known, ..)| known == name)?;
    let kinds = twin.twin.as_ref().and_then(|facts| facts.kinds.as_ref());
    let counted = kinds.map(|kinds| {
        let convolves = |(kind, _): &(&String, &u64)| kind.to_ascii_lowercase().contains("conv");
        let convolutions: u64 = kinds.iter().filter(convolves).map(|(_, count)| count).sum();
        (convolutions, kinds.values().sum::<u64>())
    });
    Some(match counted {
        Some((0, _)) => *plain,
        Some((convolutions, all)) if 2 * convolutions > all => *convolving,
        _ => plain.max(*convolving),
    })
}

/// What moving all that operators hand to each other takes.
fn activations_ns(record: &Record) -> Option<f64> {
    let model = &record.model;
    let bytes = model.bytes_unfused?.as_bytes();
    let bytes = bytes.saturating_sub(model.bytes_min?.as_bytes());
    Some(bytes as f64 / SLOW_BYTES_PER_NS)
}
