//! One operator of the pass: what is known of its inputs becomes what is known of its outputs.

use super::ResolveError;
use super::walk::{Walk, addressable};
use crate::evaluate::{evaluate, work};
use crate::graph::Node;
use crate::infer::{self, Context, Failure, Inferred, Known, Shapes};

/// Elements of the largest result that is computed.
const MOST_ELEMENTS: u64 = 1 << 20;

static NOTHING: Known = Known {
    dtype: None,
    shape: None,
    value: None,
};

impl Walk {
    /// Infers, computes and records the outputs of one operator.
    pub(super) fn step(&mut self, node: &Node) -> Result<(), ResolveError> {
        if node.op_type == "If" {
            self.learn_names();
        }
        let look = |value| self.known.get(value).unwrap_or(&NOTHING);
        let inputs = node.inputs.iter();
        let operands: Vec<Option<&Known>> = inputs.map(|input| input.as_ref().map(look)).collect();
        let opset = self.graph.opsets.get(&node.domain).copied().unwrap_or(1);
        let context = Context {
            node,
            operands: &operands,
            opset,
        };
        let counting = counting(&context);
        let mut reason = "there is no rule for this output".to_owned();
        let mut results = match self.inferred(&context, counting) {
            Ok(results) => results,
            Err(Failure::Open(why)) => {
                reason = self.explain(node, why);
                unshaped(&context)
            }
            Err(Failure::Misfit(reason)) => return Err(self.misfit(node, reason)),
        };
        let left = self.work_left.saturating_sub(counting);
        let spent = compute(&context, &mut results, left);
        self.work_left = left.saturating_sub(spent);
        self.record(node, results, &reason);
        Ok(())
    }

    fn inferred(&self, context: &Context, counting: u64) -> Result<Vec<Known>, Failure> {
        if let Some(agreed) = self.either_branch(context.node) {
            return Ok(agreed);
        }
        if counting > self.work_left.min(4 * MOST_ELEMENTS) {
            return Err(Failure::Open("too many elements to count".to_owned()));
        }
        let shapes = bounded(infer::shapes(context)?)?;
        let mut results = unshaped(context);
        for (result, shape) in results.iter_mut().zip(shapes) {
            result.shape = Some(shape);
        }
        Ok(results)
    }

    fn record(&mut self, node: &Node, results: Vec<Known>, reason: &str) {
        for (value, mut result) in node.outputs.iter().zip(results) {
            let Some(value) = value else {
                continue;
            };
            if let Some(declared) = self.declared.get(value) {
                result.shape = result.shape.or_else(|| declared.shape.clone());
                result.dtype = result.dtype.or(declared.dtype);
            }
            let reason = match (&result.shape, result.dtype) {
                (Some(_), Some(_)) => None,
                (Some(_), None) => Some("its element type is not known"),
                _ => Some(reason),
            };
            if let Some(reason) = reason {
                let reason = format!("{} '{}': {reason}", node.op_type, node.name);
                self.reasons.insert(*value, reason);
            }
            self.known.insert(*value, result);
        }
    }

    fn explain(&self, node: &Node, why: String) -> String {
        let mut inputs = node.inputs.iter().flatten();
        let known = |input| self.known.get(input).unwrap_or(&NOTHING);
        match inputs.find(|input| known(input).shape.is_none()) {
            Some(input) => format!("the shape of '{}' is not known", self.graph.name_of(*input)),
            None => why,
        }
    }

    fn misfit(&self, node: &Node, reason: String) -> ResolveError {
        let operands = node.inputs.iter().flatten().take(16).map(|input| {
            let known = self.known.get(input).unwrap_or(&NOTHING);
            let dtype = known.dtype.map(|dtype| dtype.to_string());
            match &known.shape {
                Some(shape) => format!("{}{shape:?}", dtype.unwrap_or_default()),
                None => format!("{}[?]", dtype.unwrap_or_default()),
            }
        });
        ResolveError::Misfit {
            node: node.name.clone(),
            op_type: node.op_type.clone(),
            operands: operands.collect::<Vec<_>>().join(", "),
            reason,
        }
    }
}

fn unshaped(context: &Context) -> Vec<Known> {
    let dtypes = infer::dtypes(context).into_iter();
    let known = |dtype| Known {
        dtype,
        ..Known::default()
    };
    dtypes.map(known).collect()
}

/// How many elements inference itself has to look at.
fn counting(context: &Context) -> u64 {
    match context.node.op_type.as_str() {
        "NonZero" | "Compress" => (0..2)
            .filter_map(|index| context.value(index))
            .map(|tensor| tensor.len() as u64)
            .sum(),
        _ => 0,
    }
}

/// Fills in the values where all can be computed within `left`; returns what that took.
fn compute(context: &Context, results: &mut [Known], left: u64) -> u64 {
    let typed = results.iter();
    let typed = typed.map(|result| Some((result.dtype?, result.shape.clone()?)));
    let Some(typed) = typed.collect::<Option<Vec<_>>>() else {
        return 0;
    };
    let work = work(context, &typed);
    let too_large = work > 1
        && typed
            .iter()
            .any(|(_, shape)| elements(shape) > MOST_ELEMENTS);
    if too_large || work > left.min(4 * MOST_ELEMENTS) {
        return 0;
    }
    let Some(values) = evaluate(context, &typed) else {
        let constant = context.operands.iter().flatten();
        let attempted = constant.into_iter().all(|known| known.value.is_some());
        return if attempted { work } else { 0 };
    };
    for (result, value) in results.iter_mut().zip(values) {
        result.value = Some(value);
    }
    work
}

fn elements(shape: &[usize]) -> u64 {
    let product = |all: u64, size: &usize| all.saturating_mul(*size as u64);
    shape.iter().fold(1, product)
}

fn bounded(shapes: Shapes) -> Inferred {
    match shapes.iter().find(|shape| !addressable(shape)) {
        Some(shape) => Err(Failure::Misfit(format!(
            "an output of {} axes has more than 2^48 elements or 64 axes",
            shape.len()
        ))),
        None => Ok(shapes),
    }
}
