//! The constants of a twin: each use cropped to its sizes, those that come out equal stored once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::graph::ValueId;
use crate::tensor::Tensor;

use super::crop::{crop, with_integers};
use super::observe::{Observed, TensorId};
use super::problem::Problem;
use super::solve::Solution;

/// Constants by the name under which a twin's operators read them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Constants {
    /// In the order of first use.
    pub tensors: Vec<(String, Tensor)>,
    /// The name of each use.
    pub names: HashMap<TensorId, String>,
}

/// Crops every use of a constant; `Err` names a tensor that cannot be.
///
/// The first form of a constant keeps the constant's name.
pub(super) fn constants(
    observed: &Observed,
    problem: &Problem,
    solution: &Solution,
) -> Result<Constants, TensorId> {
    let mut constants = Constants::default();
    let mut forms: BTreeMap<ValueId, Vec<usize>> = BTreeMap::new();
    let mut taken: BTreeSet<String> = observed.graph.value_names.iter().cloned().collect();
    let inputs = observed
        .operators
        .iter()
        .flat_map(|operator| &operator.inputs);
    // What stays as it is comes first: graphs inside operators read it by its name.
    let uses = observed.kept.iter().chain(inputs.flatten());
    for tensor in uses {
        let seen = observed.seen(*tensor);
        let Some(constant) = &seen.constant else {
            continue;
        };
        let form = form(constant, *tensor, problem, solution).ok_or(*tensor)?;
        let known = forms.entry(seen.value).or_default();
        let equal = known
            .iter()
            .find(|index| constants.tensors[**index].1 == form);
        let index = match equal {
            Some(index) => *index,
            None => {
                let name = name(observed.graph.name_of(seen.value), known.len(), &mut taken);
                known.push(constants.tensors.len());
                constants.tensors.push((name, form));
                constants.tensors.len() - 1
            }
        };
        let name = constants.tensors[index].0.clone();
        constants.names.insert(*tensor, name);
    }
    Ok(constants)
}

fn name(original: &str, forms: usize, taken: &mut BTreeSet<String>) -> String {
    if forms == 0 {
        return original.to_owned();
    }
    let mut name = format!("{original}.form{forms}");
    while !taken.insert(name.clone()) {
        name.push('_');
    }
    name
}

fn form(
    constant: &Tensor,
    tensor: TensorId,
    problem: &Problem,
    solution: &Solution,
) -> Option<Tensor> {
    let shape: Vec<usize> = match problem.dims[tensor.0].as_deref() {
        Some(axes) => axes
            .iter()
            .map(|axis| solution.size(*axis) as usize)
            .collect(),
        None => constant.shape().to_vec(),
    };
    let cropped = crop(constant, &shape)?;
    if let Some(rows) = problem.clips.get(&tensor) {
        let rows = solution.size(*rows);
        return with_integers(&cropped, |_, index| index.clamp(-rows, rows - 1));
    }
    match problem.tags.get(&tensor) {
        Some(tags) if tags.iter().any(Option::is_some) => {
            with_integers(&cropped, |index, number| match tags.get(index) {
                Some(Some(tag)) => solution.size(*tag),
                _ => number,
            })
        }
        _ => Some(cropped),
    }
}
