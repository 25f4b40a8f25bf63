//! Concrete shapes for a model's inputs: which sizes were asked for, and what that gives.

mod error;
mod free;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::error::BindError;
pub use self::free::{FreeDimension, free_dimensions};
use self::free::{batch_symbols, symbol_at, terms};
use crate::data_type::DataType;
use crate::graph::{Declared, Dim, Graph};
use crate::tensor::byte_len;

/// The sizes a caller asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShapeRequest {
    /// The size of the batch axis: the symbol of the first axis that the inputs share.
    pub batch: Option<usize>,
    /// Sizes by symbol.
    pub symbols: BTreeMap<String, usize>,
}

/// A tensor's name, type and concrete shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TensorSpec {
    /// Name in the model.
    pub name: String,
    /// Element type.
    pub dtype: DataType,
    /// Size of each axis.
    pub shape: Vec<usize>,
}

/// Gives each input of `graph` a concrete shape, in the graph's order.
///
/// The batch is the symbol that is the first axis of the inputs (of those that have one: the one they share; where no
/// first axis has a name, the unnamed ones); it is 1 unless asked for. A dimension without a name goes by `input:axis`.
/// A symbol that is a sum, such as `past + seq`, follows from its terms. Where the inputs are all of fixed size, a
/// request is what the file says, and a batch may be left out.
///
/// # Errors
/// Sizes that are missing, zero, unknown, contradictory, or too large; a batch other than the fixed first dimension;
/// inputs without a rank or with strings.
pub fn bind(graph: &Graph, request: &ShapeRequest) -> Result<Vec<TensorSpec>, BindError> {
    let free = free_dimensions(graph)?;
    let sizes = sizes(graph, request)?;
    check_known(&free, request)?;
    let missing = free
        .iter()
        .filter(|free| size(&sizes, &free.symbol).is_none());
    let missing: Vec<_> = missing.cloned().collect();
    if !missing.is_empty() {
        return Err(BindError::missing(missing, &sizes));
    }
    graph
        .inputs
        .iter()
        .map(|input| spec(input, &sizes))
        .collect()
}

type Sizes = BTreeMap<String, usize>;

fn sizes(graph: &Graph, request: &ShapeRequest) -> Result<Sizes, BindError> {
    let mut sizes = request.symbols.clone();
    if let Some((symbol, _)) = sizes.iter().find(|(_, size)| **size == 0) {
        return Err(BindError::Zero(symbol.clone()));
    }
    if request.batch == Some(0) {
        return Err(BindError::Zero("batch".to_owned()));
    }
    let batch_symbols = batch_symbols(graph);
    if batch_symbols.is_empty() {
        check_fixed_batch(graph, request.batch)?;
    }
    for symbol in batch_symbols {
        let batch = request.batch.or(sizes.get(&symbol).copied()).unwrap_or(1);
        let before = sizes.insert(symbol.clone(), batch);
        if let Some(asked) = before.filter(|asked| *asked != batch) {
            return Err(BindError::Contradiction {
                symbol,
                asked,
                batch,
            });
        }
    }
    Ok(sizes)
}

fn check_fixed_batch(graph: &Graph, asked: Option<usize>) -> Result<(), BindError> {
    let Some(asked) = asked else {
        return Ok(());
    };
    let firsts = graph.inputs.iter().filter_map(|input| {
        match input.dims.as_deref().and_then(<[Dim]>::first) {
            Some(Dim::Fixed(size)) => Some((input, *size)),
            _ => None,
        }
    });
    let firsts: Vec<_> = firsts.collect();
    if firsts.iter().any(|(_, size)| *size == asked) || (firsts.is_empty() && asked == 1) {
        return Ok(());
    }
    Err(match firsts.first() {
        Some((input, fixed)) => BindError::FixedBatch {
            input: input.name.clone(),
            fixed: *fixed,
            asked,
        },
        None => BindError::NoBatch { asked },
    })
}

fn check_known(free: &[FreeDimension], request: &ShapeRequest) -> Result<(), BindError> {
    let names = |free: &FreeDimension| {
        let mut names: Vec<String> = terms(&free.symbol).map(str::to_owned).collect();
        names.push(free.symbol.clone());
        names
    };
    let mut known: Vec<String> = free.iter().flat_map(names).collect();
    known.sort();
    known.dedup();
    match request
        .symbols
        .keys()
        .find(|symbol| !known.contains(symbol))
    {
        Some(symbol) => Err(BindError::unknown(symbol, &known)),
        None => Ok(()),
    }
}

fn size(sizes: &Sizes, symbol: &str) -> Option<usize> {
    if let Some(size) = sizes.get(symbol) {
        return Some(*size);
    }
    if !symbol.contains('+') {
        return None;
    }
    symbol
        .split('+')
        .map(str::trim)
        .try_fold(0usize, |sum, term| {
            let size = sizes.get(term).copied().or_else(|| term.parse().ok())?;
            sum.checked_add(size)
        })
}

fn spec(input: &Declared, sizes: &Sizes) -> Result<TensorSpec, BindError> {
    let mut shape = Vec::new();
    for (axis, dim) in input.dims.iter().flatten().enumerate() {
        shape.push(match dim {
            Dim::Fixed(size) => *size,
            _ => size(sizes, &symbol_at(input, axis)).unwrap_or(1),
        });
    }
    match byte_len(input.dtype, &shape) {
        Some(bytes) if bytes <= isize::MAX as u64 => Ok(TensorSpec {
            name: input.name.clone(),
            dtype: input.dtype,
            shape,
        }),
        _ => Err(BindError::TooLarge {
            input: input.name.clone(),
            shape,
        }),
    }
}
