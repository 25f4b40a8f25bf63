//! What was asked for against what there is: lists with something in them, and symbols that a model has.

use std::collections::{BTreeMap, BTreeSet};

use tare_models::{Graph, free_dimensions};

use super::{PlanError, Selection};

/// Refuses empty lists, and numbers that measure nothing.
///
/// # Errors
/// The first of them.
pub fn check_counts(selection: &Selection) -> Result<(), PlanError> {
    let lists = [
        (selection.models.is_empty(), "model"),
        (selection.adapters.is_empty(), "adapter"),
        (selection.scenarios.is_empty(), "scenario"),
        (selection.devices.is_empty(), "device"),
        (selection.threads.is_empty(), "number of threads"),
    ];
    if let Some((_, what)) = lists.iter().find(|(empty, _)| *empty) {
        return Err(PlanError::Nothing(what));
    }
    let sizes = selection.shapes.iter().flat_map(BTreeMap::values);
    for (option, zero) in [
        ("--batch", selection.batches.contains(&0)),
        ("--threads", selection.threads.contains(&0)),
        ("--shape", sizes.clone().any(|size| *size == 0)),
    ] {
        if zero {
            return Err(PlanError::Zero { option });
        }
    }
    Ok(())
}

/// Refuses sizes for a symbol that none of the models of `selection` has, whose symbols are `known`.
///
/// # Errors
/// The first such symbol, where there are several models; of one alone, binding its shapes tells.
pub fn check_symbols(selection: &Selection, known: BTreeSet<String>) -> Result<(), PlanError> {
    let asked: BTreeSet<&String> = selection.shapes.iter().flat_map(BTreeMap::keys).collect();
    match asked
        .into_iter()
        .find(|symbol| selection.models.len() > 1 && !known.contains(*symbol))
    {
        Some(symbol) => Err(PlanError::UnknownSymbol {
            symbol: symbol.clone(),
            known: match known.is_empty() {
                true => "none".to_owned(),
                false => known.into_iter().collect::<Vec<_>>().join(", "),
            },
        }),
        None => Ok(()),
    }
}

/// The symbols that a caller may give a size: those of the inputs' free dimensions and, of a sum, its terms.
pub fn symbols_of(graph: &Graph) -> BTreeSet<String> {
    let free = free_dimensions(graph).unwrap_or_default();
    free.iter()
        .flat_map(|free| {
            free.symbol
                .split('+')
                .map(str::trim)
                .chain([free.symbol.as_str()])
        })
        .map(str::to_owned)
        .collect()
}
