//! The types that a caller gives to a graph's inputs, checked against what the file declares.

use std::collections::HashMap;

use super::error::ResolveError;
use crate::bind::TensorSpec;
use crate::graph::{Declared, Dim, Graph};

/// Size of each symbol that a declared input names.
pub(super) type Symbols = HashMap<String, usize>;

/// The specification of each input, in the graph's order, and the symbols that they fix.
pub(super) fn feed<'a>(
    graph: &Graph,
    inputs: &'a [TensorSpec],
) -> Result<(Vec<&'a TensorSpec>, Symbols), ResolveError> {
    let names = || {
        graph
            .inputs
            .iter()
            .map(|input| input.name.clone())
            .collect()
    };
    let mut by_name: HashMap<&str, &TensorSpec> = HashMap::new();
    for spec in inputs {
        by_name.insert(&spec.name, spec);
    }
    let mut symbols = Symbols::new();
    let mut specs = Vec::with_capacity(graph.inputs.len());
    for declared in &graph.inputs {
        let name = declared.name.clone();
        let Some(spec) = by_name.remove(declared.name.as_str()) else {
            return Err(ResolveError::MissingInput {
                name,
                inputs: names(),
            });
        };
        check(declared, spec, &mut symbols)?;
        specs.push(spec);
    }
    match by_name.into_keys().min() {
        Some(name) => Err(ResolveError::UnknownInput {
            name: name.to_owned(),
            inputs: names(),
        }),
        None => Ok((specs, symbols)),
    }
}

fn check(
    declared: &Declared,
    spec: &TensorSpec,
    symbols: &mut Symbols,
) -> Result<(), ResolveError> {
    if declared.dtype != spec.dtype {
        return Err(ResolveError::InputType {
            name: spec.name.clone(),
            declared: declared.dtype,
            given: spec.dtype,
        });
    }
    let Some(dims) = &declared.dims else {
        return Ok(());
    };
    let fits = dims.len() == spec.shape.len()
        && dims.iter().zip(&spec.shape).all(|(dim, size)| match dim {
            Dim::Fixed(fixed) => fixed == size,
            Dim::Symbol(symbol) => *symbols.entry(symbol.clone()).or_insert(*size) == *size,
            Dim::Unknown => true,
        });
    if fits {
        return Ok(());
    }
    Err(ResolveError::InputShape {
        name: spec.name.clone(),
        declared: describe(dims, symbols),
        given: spec.shape.clone(),
    })
}

fn describe(dims: &[Dim], symbols: &Symbols) -> String {
    let dims = dims.iter().map(|dim| match dim {
        Dim::Fixed(size) => size.to_string(),
        Dim::Symbol(symbol) => match symbols.get(symbol) {
            Some(size) => format!("{symbol} = {size}"),
            None => symbol.clone(),
        },
        Dim::Unknown => "?".to_owned(),
    });
    format!("[{}]", dims.collect::<Vec<_>>().join(", "))
}

/// The shape of a declaration whose every size is known.
pub(super) fn declared_shape(declared: &Declared, symbols: &Symbols) -> Option<Vec<usize>> {
    let sizes = declared.dims.as_ref()?.iter().map(|dim| match dim {
        Dim::Fixed(size) => Some(*size),
        Dim::Symbol(symbol) => symbols.get(symbol).copied(),
        Dim::Unknown => None,
    });
    sizes.collect()
}
