//! Chooses the values of one input from its name, its type, and what its readers demand.

use super::demand::{Demand, Kind};
use super::walk::Walker;
use super::{InputPlan, Types, Values};
use crate::bind::TensorSpec;
use crate::data_type::DataType;
use crate::graph::Graph;

/// The plan for the input that `spec` describes.
pub(super) fn plan(
    graph: &Graph,
    spec: &TensorSpec,
    specs: &[TensorSpec],
    types: &Types<'_>,
) -> InputPlan {
    let declared = graph.inputs.iter().find(|input| input.name == spec.name);
    let walker = Walker::new(specs, types);
    let demands = declared.map(|input| walker.demands(graph, &input.name));
    let mut demands = demands.unwrap_or_default();
    if is_numeric(spec.dtype) {
        demands.retain(|demand| !matches!(demand.kind, Kind::Mask | Kind::Divisor));
    }
    let chosen = mask(spec, &demands)
        .or_else(|| prescribed(spec, &demands))
        .or_else(|| index(spec, &demands))
        .or_else(|| by_demand(&demands, &Kind::Mask, Values::Fill(1), "a mask"));
    let guessed = chosen.is_none() && !spec.dtype.is_float();
    let (values, why) = chosen.unwrap_or_else(|| default(spec));
    InputPlan {
        spec: spec.clone(),
        values,
        why,
        guessed,
    }
}

type Choice = Option<(Values, String)>;

fn mask(spec: &TensorSpec, demands: &[Demand]) -> Choice {
    let name = spec.name.to_lowercase();
    let named = if is_numeric(spec.dtype) {
        name.split(|c: char| !c.is_alphanumeric())
            .any(|word| word == "mask")
    } else {
        name.contains("mask")
    };
    let indexes = demands
        .iter()
        .any(|demand| matches!(demand.kind, Kind::Index { high, .. } if high < 2));
    (named && !indexes).then(|| (Values::Fill(1), "a mask by its name".to_owned()))
}

fn prescribed(spec: &TensorSpec, demands: &[Demand]) -> Choice {
    let count = spec.shape.iter().product();
    demands.iter().find_map(|demand| {
        let values = match &demand.kind {
            Kind::Fill(number) => Values::Fill(*number),
            Kind::List(numbers) => Values::List(numbers.iter().copied().take(count).collect()),
            Kind::Divisor => Values::Fill(1),
            Kind::Positive => Values::Positive,
            _ => return None,
        };
        Some((values, format!("read by {}", demand.by)))
    })
}

fn index(spec: &TensorSpec, demands: &[Demand]) -> Choice {
    let counts = spec.name.to_lowercase().contains("position");
    let mut range: Option<(i64, i64)> = None;
    let mut by = None;
    for demand in demands {
        let (low, high) = match demand.kind {
            Kind::Index { low, high } => (low, high),
            Kind::AnyIndex => (0, 1),
            _ => continue,
        };
        let (before_low, before_high) = range.unwrap_or((i64::MIN, i64::MAX));
        if high < before_high {
            by = Some(&demand.by);
        }
        range = Some((low.max(before_low), high.min(before_high)));
    }
    let Some((low, high)) = range else {
        let below = i64::from(i32::MAX);
        let why = "positions by its name".to_owned();
        return counts.then_some((Values::Counting { below }, why));
    };
    let by = by.map_or("an index", String::as_str);
    let why = format!("an index into the {} rows of {by}", high.max(1));
    let high = high.max(low.saturating_add(1));
    Some(if counts && low == 0 {
        (Values::Counting { below: high }, why)
    } else {
        (Values::Uniform { low, high }, why)
    })
}

fn by_demand(demands: &[Demand], kind: &Kind, values: Values, what: &str) -> Choice {
    let demand = demands.iter().find(|demand| demand.kind == *kind)?;
    Some((values, format!("{what}, read by {}", demand.by)))
}

fn default(spec: &TensorSpec) -> (Values, String) {
    if is_numeric(spec.dtype) {
        return (Values::Normal, "floating-point numbers".to_owned());
    }
    let name = spec.name.to_lowercase();
    if name.contains("length") || name.ends_with("_len") || name.ends_with("_lens") {
        return (Values::Fill(1), "a length by its name".to_owned());
    }
    let why = "whole numbers whose readers make no demand".to_owned();
    (Values::Uniform { low: 0, high: 2 }, why)
}

fn is_numeric(dtype: DataType) -> bool {
    dtype.is_float() || matches!(dtype, DataType::Complex64 | DataType::Complex128)
}
