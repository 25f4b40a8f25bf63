//! One pass over the operators in execution order, inferring and computing as it goes.

use std::collections::{BTreeMap, HashMap};

use super::feed::{self, Symbols};
use super::{ResolveError, Resolved, Unresolved, prune, weights};
use crate::bind::TensorSpec;
use crate::evaluate::{evaluate, work};
use crate::graph::{Graph, Node, ValueId};
use crate::infer::{self, Context, Failure, Known, Shapes};

/// Elements of the largest result that is computed.
const MOST_ELEMENTS: u64 = 1 << 20;
/// Elements read and written by all that is computed.
const MOST_WORK: u64 = 1 << 25;
/// Elements read and written by all that is computed in one branch that may not be taken.
const WORK_INSIDE: u64 = 1 << 14;
/// Elements and axes of the largest tensor that any operator may have.
const LARGEST: u64 = 1 << 48;
const MOST_AXES: usize = 64;

static NOTHING: Known = Known {
    dtype: None,
    shape: None,
    value: None,
};

/// What is known so far, and the operators seen, those of branches taken included.
pub(super) struct Walk {
    pub graph: Graph,
    pub known: HashMap<ValueId, Known>,
    /// By name, filled once a branch needs it.
    pub names: HashMap<String, ValueId>,
    pub nodes: Vec<Node>,
    reasons: BTreeMap<ValueId, String>,
    symbols: Symbols,
    work_left: u64,
}

impl Walk {
    /// With the types of the inputs and the constants of the file.
    pub fn start(graph: &Graph, inputs: &[TensorSpec]) -> Result<Self, ResolveError> {
        let (specs, symbols) = feed::feed(graph, inputs)?;
        let constants = graph.constants.iter();
        let mut known: HashMap<ValueId, Known> = constants
            .map(|(value, tensor)| (*value, Known::constant(tensor.clone())))
            .collect();
        for (declared, spec) in graph.inputs.iter().zip(specs) {
            let shape = spec.shape.clone();
            if !addressable(&shape) {
                return Err(ResolveError::InputShape {
                    name: spec.name.clone(),
                    declared: "at most 64 axes and 2^48 elements".to_owned(),
                    given: shape,
                });
            }
            let input = Known {
                dtype: Some(spec.dtype),
                shape: Some(shape),
                value: None,
            };
            known.insert(declared.value, input);
        }
        Ok(Self {
            graph: Graph {
                nodes: vec![],
                ..graph.clone()
            },
            known,
            names: HashMap::new(),
            nodes: Vec::with_capacity(graph.nodes.len()),
            reasons: BTreeMap::new(),
            symbols,
            work_left: MOST_WORK,
        })
    }

    /// For a graph inside an operator of `outer`, with what it captures.
    pub fn inside(graph: &Graph, captured: HashMap<ValueId, Known>, outer: &Self) -> Self {
        let constants = graph.constants.iter();
        let constants = constants.map(|(value, tensor)| (*value, Known::constant(tensor.clone())));
        Self {
            graph: graph.clone(),
            known: captured.into_iter().chain(constants).collect(),
            names: HashMap::new(),
            nodes: vec![],
            reasons: BTreeMap::new(),
            symbols: outer.symbols.clone(),
            work_left: outer.work_left.min(WORK_INSIDE),
        }
    }

    /// What is known of the graph's outputs once its operators are gone through; `None` where one cannot run.
    pub fn types_of_outputs(mut self) -> Option<Vec<Known>> {
        let nodes = std::mem::take(&mut self.graph.nodes);
        self.run(&nodes).ok()?;
        let outputs = self.graph.outputs.iter();
        Some(
            outputs
                .map(|output| self.known.get(&output.value).cloned().unwrap_or_default())
                .collect(),
        )
    }

    /// Goes through operators in their order.
    pub fn run(&mut self, nodes: &[Node]) -> Result<(), ResolveError> {
        for node in nodes {
            match self.branch_taken(node) {
                Some(branch) => self.run(&branch)?,
                None => {
                    self.step(node)?;
                    self.nodes.push(node.clone());
                }
            }
        }
        Ok(())
    }

    fn step(&mut self, node: &Node) -> Result<(), ResolveError> {
        let look = |value: &ValueId| self.known.get(value).unwrap_or(&NOTHING);
        let operands: Vec<Option<&Known>> = node
            .inputs
            .iter()
            .map(|input| input.as_ref().map(look))
            .collect();
        let context = Context {
            node,
            operands: &operands,
            opset: self.opset(&node.domain),
        };
        let dtypes = infer::dtypes(&context);
        let affordable = self.work_left > 0 || !counts_elements(node);
        let mut shapes = match affordable {
            true => infer::shapes(&context).and_then(bounded),
            false => Err(Failure::Open("enough was computed before".to_owned())),
        };
        let mut results: Vec<Known> = (dtypes.into_iter())
            .map(|dtype| Known {
                dtype,
                ..Known::default()
            })
            .collect();
        let mut reason = "there is no rule for this output".to_owned();
        if let Some(agreed) = self.either_branch(node) {
            results = agreed;
            shapes = Ok(vec![]);
            reason = "its branches give different types".to_owned();
        }
        match shapes {
            Ok(shapes) => {
                for (result, shape) in results.iter_mut().zip(shapes) {
                    result.shape = Some(shape);
                }
            }
            Err(Failure::Open(why)) => reason = self.explain(node, why),
            Err(Failure::Misfit(reason)) => return Err(self.misfit(node, reason)),
        }
        let spent = compute(&context, &mut results, self.work_left);
        self.work_left = self.work_left.saturating_sub(spent);
        self.record(node, results, &reason);
        Ok(())
    }

    pub fn opset(&self, domain: &str) -> i64 {
        self.graph.opsets.get(domain).copied().unwrap_or(1)
    }

    fn record(&mut self, node: &Node, results: Vec<Known>, reason: &str) {
        for (output, mut result) in node.outputs.iter().zip(results) {
            let Some(value) = output else {
                continue;
            };
            self.fall_back_on_declaration(*value, &mut result);
            if result.shape.is_none() || result.dtype.is_none() {
                let reason = match result.shape {
                    Some(_) => "its element type is not known",
                    None => reason,
                };
                let reason = format!("{} '{}': {reason}", node.op_type, node.name);
                self.reasons.insert(*value, reason);
            }
            self.known.insert(*value, result);
        }
    }

    fn fall_back_on_declaration(&self, value: ValueId, result: &mut Known) {
        if result.shape.is_some() && result.dtype.is_some() {
            return;
        }
        let mut outputs = self.graph.outputs.iter();
        let Some(declared) = outputs.find(|declared| declared.value == value) else {
            return;
        };
        let shape =
            feed::declared_shape(declared, &self.symbols).filter(|shape| addressable(shape));
        result.shape = result.shape.take().or(shape);
        result.dtype = result.dtype.or(Some(declared.dtype));
    }

    fn explain(&self, node: &Node, why: String) -> String {
        let mut inputs = node.inputs.iter().flatten();
        let open = inputs.find(|input| self.known.get(input).is_none_or(|k| k.shape.is_none()));
        match open {
            Some(input) => format!("the shape of '{}' is not known", self.graph.name_of(*input)),
            None => why,
        }
    }

    fn misfit(&self, node: &Node, reason: String) -> ResolveError {
        let operands = node.inputs.iter().map(|input| {
            let known = input.and_then(|input| self.known.get(&input));
            let dtype = known
                .and_then(|known| known.dtype)
                .map(|dtype| dtype.to_string());
            let shape = known.and_then(|known| known.shape.as_ref());
            match (dtype, shape) {
                (Some(dtype), Some(shape)) => format!("{dtype}{shape:?}"),
                (_, Some(shape)) => format!("{shape:?}"),
                _ => "?".to_owned(),
            }
        });
        ResolveError::Misfit {
            node: node.name.clone(),
            op_type: node.op_type.clone(),
            operands: operands.take(16).collect::<Vec<_>>().join(", "),
            reason,
        }
    }

    /// The folded graph with what is known of its values.
    pub fn finish(self) -> Resolved {
        let weights = weights::weights(&self);
        let Self {
            mut graph,
            known,
            nodes,
            mut reasons,
            ..
        } = self;
        let computed = nodes.iter().flat_map(|node| node.outputs.iter().flatten());
        for value in computed {
            if let Some(tensor) = known.get(value).and_then(|known| known.value.clone()) {
                graph.constants.insert(*value, tensor);
            }
        }
        graph.nodes = nodes;
        let live = prune::prune(&mut graph);
        let mut types = BTreeMap::new();
        for (value, known) in known {
            if let (Some(dtype), Some(shape)) = (known.dtype, known.shape) {
                types.insert(value, (dtype, shape));
            }
        }
        reasons.retain(|value, _| live.contains(value));
        let unresolved = reasons.into_iter().map(|(value, reason)| Unresolved {
            value,
            name: graph.name_of(value).to_owned(),
            reason,
        });
        let unresolved = unresolved.collect();
        Resolved {
            graph,
            types,
            unresolved,
            weights,
        }
    }
}

/// Whether inference itself has to look at every element.
fn counts_elements(node: &Node) -> bool {
    matches!(node.op_type.as_str(), "NonZero" | "Compress")
}

/// Fills in the values where all can be computed within `left`; returns what that took.
fn compute(context: &Context, results: &mut [Known], left: u64) -> u64 {
    let typed = results
        .iter()
        .map(|result| Some((result.dtype?, result.shape.clone()?)));
    let Some(typed) = typed.collect::<Option<Vec<_>>>() else {
        return 0;
    };
    let work = work(context, &typed);
    if work > left.min(MOST_ELEMENTS.saturating_mul(4)) || (work > 1 && too_many(&typed)) {
        return 0;
    }
    let Some(values) = evaluate(context, &typed) else {
        return if counts_elements(context.node) {
            work
        } else {
            0
        };
    };
    for (result, value) in results.iter_mut().zip(values) {
        result.value = Some(value);
    }
    work
}

fn too_many(outputs: &[(crate::DataType, Vec<usize>)]) -> bool {
    let views = outputs.iter().map(|(_, shape)| shape);
    views.into_iter().any(|shape| {
        let product = |all: u64, size: &usize| all.saturating_mul(*size as u64);
        shape.iter().fold(1, product) > MOST_ELEMENTS
    })
}

fn bounded(shapes: Shapes) -> Result<Shapes, Failure> {
    match shapes.iter().find(|shape| !addressable(shape)) {
        Some(shape) => Err(Failure::Misfit(format!(
            "an output of {} axes has more than 2^48 elements or 64 axes",
            shape.len()
        ))),
        None => Ok(shapes),
    }
}

fn addressable(shape: &[usize]) -> bool {
    let product = |all: u64, size: &usize| all.saturating_mul((*size as u64).max(1));
    shape.len() <= MOST_AXES && shape.iter().fold(1, product) <= LARGEST
}
