//! What stands above a table: everything that its rows share.

use super::dimensions::{Dimensions, counted};
use super::numbers::time;
use crate::summary::Summary;

/// What was measured, then where and how often, each in its parts; `summaries` is not empty.
pub fn caption(summaries: &[Summary], dimensions: &Dimensions) -> Vec<Vec<String>> {
    let first = &summaries[0];
    let shared = dimensions.shared.iter();
    let (run, what): (Vec<String>, Vec<String>) = shared
        .map(|dimension| (dimension.described)(first))
        .filter(|text| !text.is_empty())
        .partition(|text| text.starts_with("run "));
    let same = |text: fn(&Summary) -> Option<String>| {
        let shared = text(first)?;
        let mut others = summaries.iter().map(text);
        others
            .all(|other| other.as_deref() == Some(shared.as_str()))
            .then_some(shared)
    };
    let place = [machine, tuned, repeats, harness]
        .map(same)
        .into_iter()
        .flatten();
    [what, run.into_iter().chain(place).collect()]
        .into_iter()
        .filter(|parts: &Vec<String>| !parts.is_empty())
        .collect()
}

fn machine(summary: &Summary) -> Option<String> {
    let cpu = &summary.machine.cpu;
    let count = match (cpu.allowed_cpus, cpu.logical_cpus) {
        (Some(allowed), Some(all)) if allowed != all => {
            Some(format!("{allowed} of {}", counted(all, "CPU")))
        }
        (allowed, all) => allowed.or(all).map(|count| counted(count, "CPU")),
    };
    let parts: Vec<String> = cpu.model.clone().into_iter().chain(count).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn tuned(summary: &Summary) -> Option<String> {
    summary.tuned.as_ref().map(|_| "tuned".to_owned())
}

fn repeats(summary: &Summary) -> Option<String> {
    Some(counted(summary.repeats, "repeat"))
}

fn harness(summary: &Summary) -> Option<String> {
    let cost = summary.harness.as_ref()?;
    Some(format!("harness {}", time(cost.p50_ns)))
}
