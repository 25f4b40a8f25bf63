//! The doubts of a cell: each kind once, as bad as it gets.

use std::mem::discriminant;

use tare_results::{Doubt, EnergyDoubt, Met, PeaksDoubt, Serving, ServingDoubt, TaxDoubt};

use super::repeats::Repeats;

/// The doubts of all repeats, then those that only appear between them; `agreeing` names the percentiles that vary
/// less between repeats than within.
pub fn union(repeats: &Repeats<'_>, agreeing: &[String]) -> Vec<Doubt> {
    let within = repeats
        .made
        .iter()
        .flat_map(|record| record.doubts.iter().cloned());
    let agreeing = agreeing.iter().cloned();
    let agreeing = agreeing.map(|percentile| Doubt::WithinRepeatSpread { percentile });
    let mut union: Vec<Doubt> = Vec::new();
    for doubt in within.chain(repeats.doubts()).chain(agreeing) {
        match union.iter_mut().find(|known| is_alike(known, &doubt)) {
            Some(known) if severity(&doubt) > severity(known) => *known = doubt,
            Some(_) => {}
            None => union.push(doubt),
        }
    }
    union
}

/// Whether an objective is decided is a matter of all requests together, not of those of one repeat: of `doubts` those of
/// repeats give way to that of `serving`, which is handed back.
pub fn settle(doubts: &mut Vec<Doubt>, serving: Option<Serving>) -> Option<Serving> {
    let is_of_repeat = |doubt: &Doubt| match doubt {
        Doubt::Serving { why } => matches!(why, ServingDoubt::ObjectiveNotDecided { .. }),
        _ => false,
    };
    doubts.retain(|doubt| !is_of_repeat(doubt));
    let objective = serving.as_ref().and_then(|one| one.objective.as_ref());
    if let Some(objective) = objective.filter(|one| one.met == Met::NotDecided) {
        let why = ServingDoubt::ObjectiveNotDecided {
            objective: objective.to_string(),
            over: objective.over,
            due: serving.as_ref().map_or(0, |one| one.due),
        };
        doubts.push(Doubt::Serving { why });
    }
    serving
}

/// Whether both are of the same thing, however bad.
pub fn is_alike(one: &Doubt, other: &Doubt) -> bool {
    match (one, other) {
        (Doubt::Environment { check, .. }, Doubt::Environment { check: known, .. }) => {
            check == known
        }
        (
            Doubt::Energy { source, why },
            Doubt::Energy {
                source: known,
                why: other,
            },
        ) => source == known && discriminant(why) == discriminant(other),
        (Doubt::Peaks { why }, Doubt::Peaks { why: other }) => match (why, other) {
            (
                PeaksDoubt::ProbesDisagree { figure, .. },
                PeaksDoubt::ProbesDisagree { figure: known, .. },
            ) => figure == known,
            _ => discriminant(why) == discriminant(other),
        },
        (Doubt::Serving { why }, Doubt::Serving { why: other }) => {
            discriminant(why) == discriminant(other)
        }
        (Doubt::Tax { why }, Doubt::Tax { why: other }) => match (why, other) {
            (TaxDoubt::NegativePart { part, .. }, TaxDoubt::NegativePart { part: known, .. }) => {
                part == known
            }
            (TaxDoubt::OfTwin { about }, TaxDoubt::OfTwin { about: known }) => {
                is_alike(about, known)
            }
            _ => why == other || is_by_degree(why) && discriminant(why) == discriminant(other),
        },
        _ => is_same_kind(one, other),
    }
}

/// Whether two of this kind are the same doubt, only the one is worse.
fn is_by_degree(why: &TaxDoubt) -> bool {
    matches!(
        why,
        TaxDoubt::NotHollow { .. }
            | TaxDoubt::Perturbation { .. }
            | TaxDoubt::Threads { .. }
            | TaxDoubt::ActivitiesLost { .. }
    )
}

fn is_same_kind(one: &Doubt, other: &Doubt) -> bool {
    match one {
        Doubt::WithinRepeatSpread { .. }
        | Doubt::UnknownCost { .. }
        | Doubt::GuessedInputs { .. } => one == other,
        _ => discriminant(one) == discriminant(other),
    }
}

/// How bad a doubt is beside another of its kind; 0 where it is no matter of degree.
pub fn severity(doubt: &Doubt) -> f64 {
    match doubt {
        Doubt::Unsteady { warmup_requests } => *warmup_requests as f64,
        Doubt::NewBatches { batches } => *batches as f64,
        Doubt::MissingRepeats { have, planned } => *planned as f64 - *have as f64,
        Doubt::DelayedRequests { share } => *share,
        Doubt::FailedRequests { failed, count } => *failed as f64 / *count as f64,
        Doubt::Environment { excess, .. } => excess.unwrap_or(0.0),
        Doubt::Peaks {
            why: PeaksDoubt::ProbesDisagree { before, after, .. },
        } => (after - before).abs() / (after + before),
        Doubt::Tax { why } => of_split(why),
        Doubt::Serving { why } => why.severity(),
        Doubt::Drift { change } => change.abs(),
        Doubt::NotDecided { reach, .. } => reach.unwrap_or(f64::INFINITY),
        Doubt::Energy {
            why: EnergyDoubt::Imprecise { share, .. },
            ..
        } => share.unwrap_or(f64::INFINITY),
        _ => 0.0,
    }
}

fn of_split(doubt: &TaxDoubt) -> f64 {
    match doubt {
        TaxDoubt::NegativePart { value_ns, .. } => -value_ns.as_nanos_f64(),
        TaxDoubt::NotHollow {
            operations_share,
            elements_share,
            ..
        } => {
            let known = [operations_share, elements_share].into_iter().flatten();
            known.copied().reduce(f64::max).unwrap_or(f64::INFINITY)
        }
        TaxDoubt::Perturbation { perturbation, .. } => *perturbation,
        TaxDoubt::Threads { threads } => *threads as f64,
        TaxDoubt::ActivitiesLost { lost, recorded } => *lost as f64 / (*recorded).max(1) as f64,
        TaxDoubt::OfTwin { about } => severity(about),
        _ => 0.0,
    }
}
