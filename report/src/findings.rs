//! What several cells say together, as sentences for a person: laws, knees, correlations.

use tare_statistics::Knee;

use crate::analysis::{Analysis, BatchKnee, Correlated, KneeModel, Reached, Setting, Size, apart};
use crate::split::{DispatchLaw, differing};
use crate::table::{Style, counted, number, signed_time, time, wrapped};

/// A line each, wrapped to the style's width; nothing where nothing was found.
pub fn findings(analysis: &Analysis, style: Style) -> String {
    let laws = analysis.laws.iter().map(|one| law(one, &analysis.laws));
    let sentences = laws
        .chain(analysis.lacking_laws.iter().cloned())
        .chain(knees(&analysis.knees))
        .chain(correlations(&analysis.correlations))
        .chain(analysis.left_out.iter().cloned());
    let lines = sentences.flat_map(|sentence| wrapped(&sentence, style));
    lines.map(|line| format!("{line}\n")).collect()
}

fn law(law: &DispatchLaw, others: &[DispatchLaw]) -> String {
    let others = others.iter().filter(|other| other.runtime == law.runtime);
    let mut sentence = format!(
        "dispatch law of {} {} ({}, {}{}): {} [{}, {}] + {} [{}, {}] an operator, over {} of {} to {} operators, which scatter around it by {:.1}% (one standard deviation)",
        law.runtime,
        law.version,
        law.device,
        counted(law.threads, "thread"),
        differing(&law.options, others.map(|other| &other.options)),
        signed_time(law.fixed_ns),
        signed_time(law.fixed_low_ns),
        signed_time(law.fixed_high_ns),
        signed_time(law.per_operator_ns),
        signed_time(law.per_operator_low_ns),
        signed_time(law.per_operator_high_ns),
        sets(law),
        law.operators_low,
        law.operators_high,
        law.scatter * 100.0,
    );
    let kinds = law.per_kind.iter().map(|kind| {
        let name = kind.kind.as_deref().unwrap_or("any other");
        format!(
            "{name} {} [{}, {}]",
            time(kind.cost_ns),
            signed_time(kind.cost_low_ns),
            time(kind.cost_high_ns)
        )
    });
    let kinds: Vec<String> = kinds.collect();
    if !kinds.is_empty() {
        sentence.push_str(&format!("; by kind {}", kinds.join(", ")));
    }
    sentence
}

fn sets(law: &DispatchLaw) -> String {
    let (twins, models) = (counted(law.twins, "twin"), counted(law.models, "model"));
    let sets = counted(law.operator_sets, "different set");
    let left_out = match law.not_hollow {
        0 => String::new(),
        count => format!(" ({count} more left out that may not be hollow)"),
    };
    format!("{twins} of {models}{left_out} with {sets}")
}

/// A sentence for each.
fn knees(all: &[BatchKnee]) -> Vec<String> {
    let apart = apart(&all.iter().collect::<Vec<_>>());
    let told = all.iter().zip(apart);
    told.map(|(one, apart)| knee(one, &format!("knee of {}{apart}", one.name())))
        .collect()
}

fn knee(knee: &BatchKnee, whose: &str) -> String {
    let (first, last) = (knee.batches.first(), knee.batches.last());
    let at = |batch: Option<&u64>| batch.copied().unwrap_or_default();
    match knee.reached {
        Reached::Above => format!("{whose}: not reached up to batch {}", at(last)),
        Reached::Below => format!(
            "{whose}: work outweighs overhead from batch {} on",
            at(first)
        ),
        Reached::Within => {
            let end = |end: Option<f64>| end.map_or("–".to_owned(), number);
            let shape = match knee.model {
                KneeModel::Flat => "overhead hides work below it".to_owned(),
                KneeModel::Additive => "overhead and work add up".to_owned(),
                KneeModel::Partial => format!(
                    "overhead hides all but {:.0}% of the work below it",
                    100.0 * knee.exposed
                ),
            };
            format!(
                "{whose}: work equals overhead at batch {} [{}, {}]; {shape}{}",
                number(knee.batch),
                end(knee.batch_low),
                end(knee.batch_high),
                undecided(knee),
            )
        }
    }
}

/// Where the next best shape fits nearly as well.
fn undecided(knee: &BatchKnee) -> String {
    match knee.advantage < Knee::CLEAR {
        true => format!(
            ", but another shape fits nearly as well (AICc {:.1} apart)",
            knee.advantage.abs()
        ),
        false => String::new(),
    }
}

/// A sentence for each set of models at one batch.
fn correlations(all: &[Correlated]) -> Vec<String> {
    type Set = (String, Vec<String>, Size, u64, u64);
    let mut sets: Vec<(Set, String, Vec<String>)> = Vec::new();
    for (one, apart) in all.iter().zip(apart(&all.iter().collect::<Vec<_>>())) {
        let set = (one.name(), one.parts(), one.size, one.batch, one.models);
        let r = format!(
            "{} r={:.2} [{:.2}, {:.2}]",
            one.along.name(),
            one.r,
            one.r_low,
            one.r_high
        );
        match sets.iter_mut().find(|(known, ..)| *known == set) {
            Some((.., told)) => told.push(r),
            None => sets.push((set, apart, vec![r])),
        }
    }
    let sentence = |((name, _, size, batch, models), apart, told): (Set, String, Vec<String>)| {
        format!(
            "latency across {models} models by {name}{apart} at the {} batch, {batch}: {}",
            size.name(),
            told.join(", ")
        )
    };
    sets.into_iter().map(sentence).collect()
}
