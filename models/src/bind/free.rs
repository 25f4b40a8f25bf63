//! The dimensions of a model's inputs that the file leaves open.

use super::error::BindError;
use crate::data_type::DataType;
use crate::graph::{Declared, Dim, Graph};

/// A dimension that the file leaves open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeDimension {
    /// Its name in the file, or `input:axis`.
    pub symbol: String,
    /// Inputs and their axes that have it.
    pub places: Vec<(String, usize)>,
}

/// The free dimensions of the inputs of `graph`, in the order in which they appear.
///
/// # Errors
/// An input of unknown rank or of strings.
pub fn free_dimensions(graph: &Graph) -> Result<Vec<FreeDimension>, BindError> {
    let mut free: Vec<FreeDimension> = Vec::new();
    for input in &graph.inputs {
        if input.dtype == DataType::String {
            return Err(BindError::Strings(input.name.clone()));
        }
        let dims = input.dims.as_ref();
        let dims = dims.ok_or_else(|| BindError::NoRank(input.name.clone()))?;
        let open = dims
            .iter()
            .enumerate()
            .filter(|(_, dim)| !matches!(dim, Dim::Fixed(_)));
        for (axis, _) in open {
            let symbol = symbol_at(input, axis);
            let place = (input.name.clone(), axis);
            match free.iter_mut().find(|known| known.symbol == symbol) {
                Some(known) => known.places.push(place),
                None => free.push(FreeDimension {
                    symbol,
                    places: vec![place],
                }),
            }
        }
    }
    Ok(free)
}

/// The symbol of an axis that is not fixed: its name, or `input:axis`.
pub(super) fn symbol_at(input: &Declared, axis: usize) -> String {
    match input.dims.as_deref().and_then(|dims| dims.get(axis)) {
        Some(Dim::Symbol(symbol)) => symbol.clone(),
        _ => format!("{}:{axis}", input.name),
    }
}

/// The symbols that make up `symbol` where it is a sum, else itself.
pub(super) fn terms(symbol: &str) -> impl Iterator<Item = &str> {
    let terms = symbol.split('+').map(str::trim);
    terms.filter(|term| !term.is_empty() && term.parse::<usize>().is_err())
}

/// The symbols of the batch axis: one name, or the unnamed first axes where no first axis has a name.
pub(super) fn batch_symbols(graph: &Graph) -> Vec<String> {
    let first = |input: &Declared| input.dims.as_deref().and_then(<[Dim]>::first).cloned();
    let mut named: Vec<(String, usize)> = Vec::new();
    for dim in graph.inputs.iter().filter_map(first) {
        let Dim::Symbol(symbol) = dim else { continue };
        match named.iter_mut().find(|(known, _)| *known == symbol) {
            Some((_, count)) => *count += 1,
            None => named.push((symbol, 1)),
        }
    }
    if named.is_empty() {
        let unnamed = graph
            .inputs
            .iter()
            .filter(|input| first(input) == Some(Dim::Unknown));
        return unnamed.map(|input| symbol_at(input, 0)).collect();
    }
    if named.len() > 1 {
        named.retain(|(_, count)| *count > 1);
    }
    match named.as_slice() {
        [(symbol, _)] => vec![symbol.clone()],
        _ => Vec::new(),
    }
}
