//! Whether some kinds of operator cost another time than the rest, as far as the twins tell.

use std::collections::{BTreeMap, BTreeSet};

use tare_statistics::{MeanInterval, RobustFit};

use super::{KindCost, Point};

/// Models that a kind must occur in before it may have a cost of its own.
const FEWEST: usize = 4;
/// Sets of operators for each coefficient.
const PER_COEFFICIENT: usize = 4;
/// The half-width of a cost's 95% interval at the most, as a share of it: kinds that always come together are not told apart.
const WIDEST: f64 = 0.5;

/// Kinds with a cost of their own; all others share one.
#[derive(Debug, Clone, PartialEq)]
pub struct Columns(Vec<String>);

impl Columns {
    /// The counts of these kinds, and of all others together.
    pub fn row(&self, operators: u64, kinds: &BTreeMap<String, u64>) -> Vec<f64> {
        let own = self
            .0
            .iter()
            .map(|kind| kinds.get(kind).copied().unwrap_or(0));
        let own: Vec<u64> = own.collect();
        let others = operators.saturating_sub(own.iter().sum());
        own.into_iter()
            .chain([others])
            .map(|count| count as f64)
            .collect()
    }

    /// What each kind costs by `fit`.
    pub fn costs(&self, fit: &RobustFit) -> Vec<KindCost> {
        let kinds = self.0.iter().cloned().map(Some).chain([None]);
        let costs = kinds.enumerate().filter_map(|(place, kind)| {
            let MeanInterval { mean, low, high } = fit.coefficient(place + 1)?;
            Some(KindCost {
                kind,
                cost_ns: mean,
                cost_low_ns: low,
                cost_high_ns: high,
            })
        });
        costs.collect()
    }
}

/// The law with some kinds apart, where that tells the twins' latencies so much better that it is worth the coefficients.
///
/// Kinds are taken one at a time, the one that lowers the criterion most, while it falls. The criterion is twice Huber's
/// loss in units of the scatter of the law without kinds, plus 2 for each coefficient and 2·ln of the number of kinds to
/// choose from for each that was chosen (robust form of Akaike's: Ronchetti, "Robust model selection in regression", 1985;
/// price of choosing the best of many: Foster and George, "The risk inflation criterion for multiple regression", 1994).
/// Each cost must be known to its half. `None` where no kind is worth it, or some point does not tell its kinds.
pub fn by_kind(twins: &[Point], alike: &RobustFit) -> Option<(Columns, RobustFit)> {
    let kinds: Vec<&BTreeMap<String, u64>> = twins
        .iter()
        .map(|twin| twin.kinds.as_ref())
        .collect::<Option<_>>()?;
    let candidates = candidates(twins);
    let latencies: Vec<f64> = twins.iter().map(Point::latency).collect();
    let rows = |columns: &Columns| {
        let each = twins.iter().zip(&kinds);
        each.map(|(twin, kinds)| columns.row(twin.operators, kinds))
            .collect::<Vec<_>>()
    };
    let price = 2.0 + 2.0 * (candidates.len() as f64).ln();
    let criterion = |columns: &Columns, fit: &RobustFit| {
        let loss = fit.loss(&rows(columns), &latencies, alike.scatter);
        loss + price * columns.0.len() as f64
    };
    let mut columns = Columns(Vec::new());
    let mut best = (criterion(&columns, alike), None);
    while (columns.0.len() + 3) * PER_COEFFICIENT <= twins.len() {
        let tried = candidates.iter().filter(|kind| !columns.0.contains(*kind));
        let tried = tried.filter_map(|kind| {
            let mut wider = columns.clone();
            wider.0.push(kind.clone());
            let fit = RobustFit::of(&rows(&wider), &latencies)?;
            let costs = wider.costs(&fit);
            let is_known =
                |cost: &KindCost| cost.cost_high_ns - cost.cost_ns <= WIDEST * cost.cost_ns;
            let is_possible = costs.len() == wider.0.len() + 1 && costs.iter().all(is_known);
            is_possible.then(|| (criterion(&wider, &fit), wider, fit))
        });
        let Some((lower, wider, fit)) = tried
            .min_by(|one, other| one.0.total_cmp(&other.0))
            .filter(|(lower, ..)| *lower < best.0)
        else {
            break;
        };
        (best, columns) = ((lower, Some(fit)), wider);
    }
    Some((columns, best.1?))
}

/// Kinds that occur in enough models.
fn candidates(points: &[Point]) -> Vec<String> {
    let mut models: BTreeMap<&String, BTreeSet<&String>> = BTreeMap::new();
    for point in points {
        for kind in point.kinds.iter().flat_map(BTreeMap::keys) {
            models.entry(kind).or_default().extend(&point.models);
        }
    }
    let occurs = models.into_iter().filter(|(_, of)| of.len() >= FEWEST);
    occurs.map(|(kind, _)| kind.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twelve twins whose products cost `product` and whose other operators cost 400 ns, all off by 1%, up and down in turn.
    fn twins(product: f64) -> Vec<Point> {
        let counts = [2, 5, 9, 14, 20, 33, 50, 66, 120, 178, 346, 700];
        let twin = |(place, operators): (u64, u64)| {
            let products = operators * (1 + place % 4) / 5;
            let kinds = [("MatMul", products), ("Add", operators - products)];
            let cost = 4_000.0 + product * products as f64 + 400.0 * (operators - products) as f64;
            let off = if place % 2 == 0 { 1.01 } else { 0.99 };
            Point {
                models: [place.to_string()].into(),
                operators,
                kinds: Some(kinds.map(|(kind, count)| (kind.to_owned(), count)).into()),
                latencies: vec![cost * off],
            }
        };
        (0..).zip(counts).map(twin).collect()
    }

    fn chosen(twins: &[Point]) -> Option<(Columns, RobustFit)> {
        let counts: Vec<Vec<f64>> = twins
            .iter()
            .map(|twin| vec![twin.operators as f64])
            .collect();
        let latencies: Vec<f64> = twins.iter().map(Point::latency).collect();
        by_kind(twins, &RobustFit::of(&counts, &latencies).expect("a law"))
    }

    #[test]
    fn a_kind_that_costs_more_is_told_apart() {
        let (columns, fit) = chosen(&twins(2_000.0)).expect("products stand out");
        let costs = columns.costs(&fit);
        assert_eq!(costs.len(), 2);
        for cost in costs {
            let truth = match cost.kind.as_deref() {
                Some("MatMul") => 2_000.0,
                Some("Add") => 400.0,
                _ if columns.0[0] == "MatMul" => 400.0,
                _ => 2_000.0,
            };
            assert!((cost.cost_ns / truth - 1.0).abs() < 0.1, "{cost:?}");
        }
    }

    #[test]
    fn kinds_that_cost_alike_share_one_cost() {
        assert_eq!(chosen(&twins(400.0)), None);
    }

    #[test]
    fn kinds_that_always_come_together_are_not_told_apart() {
        let mut together = twins(2_000.0);
        for point in &mut together {
            let half = point.operators / 2;
            let kinds = [("MatMul", half), ("Add", point.operators - half)];
            point.kinds = Some(kinds.map(|(kind, count)| (kind.to_owned(), count)).into());
            point.latencies = vec![4_000.0 + 1_200.0 * point.operators as f64];
        }
        for (place, point) in together.iter_mut().enumerate() {
            point.latencies[0] *= if place % 3 == 0 { 1.02 } else { 0.99 };
        }
        assert_eq!(chosen(&together), None);
    }

    #[test]
    fn a_kind_of_few_models_has_no_cost_of_its_own() {
        let mut few = twins(2_000.0);
        for (place, point) in few.iter_mut().enumerate() {
            point.models = [(place % 3).to_string()].into();
        }
        assert_eq!(chosen(&few), None);
    }

    #[test]
    fn a_twin_that_does_not_tell_its_kinds_leaves_them_alike() {
        let mut twins = twins(2_000.0);
        twins[3].kinds = None;
        assert_eq!(chosen(&twins), None);
    }

    #[test]
    fn a_model_without_a_kind_has_none_of_it() {
        let columns = Columns(vec!["MatMul".to_owned()]);
        let kinds = BTreeMap::from([("Add".to_owned(), 7)]);
        assert_eq!(columns.row(7, &kinds), [0.0, 7.0]);
    }
}
