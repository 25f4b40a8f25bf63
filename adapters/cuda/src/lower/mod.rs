//! From a model's graph to a draft: each operator becomes plain steps, or a view where it only rearranges.

mod activation;
mod combine;
mod convolution;
mod elementwise;
mod layout;
mod normalise;
mod pick;
mod product;
mod reduce;
mod table;

use std::collections::HashMap;

use tare_adapter_api::{AdapterError, LackedOperator};
use tare_models::{DataType, Node, Resolved, Tensor, ValueId};

use crate::NAME;
use crate::draft::{Buffer, Draft, Role};
use crate::expression::{Constant, Instruction, Program, is_held};
use crate::step::{Kind, Source, Step};
use crate::view::View;

/// Refuses a graph with operators that no step computes.
///
/// # Errors
/// `Lacks`, with each of them once.
pub fn refuse_lacked(resolved: &Resolved) -> Result<(), AdapterError> {
    let nodes = resolved.graph.nodes.iter();
    let lacked = nodes.filter(|node| table::rule(node).is_none());
    let mut operators: Vec<LackedOperator> = lacked
        .map(|node| LackedOperator {
            op_type: node.op_type.clone(),
            domain: node.domain.clone(),
            opset: resolved.graph.opsets.get(&node.domain).copied(),
        })
        .collect();
    operators.sort();
    operators.dedup();
    match operators.is_empty() {
        true => Ok(()),
        false => Err(AdapterError::Lacks {
            adapter: NAME,
            operators,
        }),
    }
}

/// The draft of a graph at concrete shapes, nothing fused yet.
///
/// # Errors
/// `Lacks` where an operator is lacked; `Unsupported` where one is asked for what its step cannot do, a type is not held, or a
/// shape is not known before the model runs.
pub fn lower(resolved: &Resolved) -> Result<Draft, AdapterError> {
    refuse_lacked(resolved)?;
    if let Some(open) = resolved.unresolved.first() {
        return Err(AdapterError::Unsupported(format!(
            "{NAME} must know every shape before it runs, but not that of '{}': {}",
            open.name, open.reason
        )));
    }
    let mut lowering = Lowering {
        resolved,
        draft: Draft::default(),
        views: HashMap::new(),
    };
    lowering.inputs()?;
    for node in &resolved.graph.nodes {
        lowering.node(node).map_err(|reason| {
            AdapterError::Unsupported(format!(
                "{NAME} cannot execute {} '{}': {reason}",
                node.op_type, node.name
            ))
        })?;
    }
    lowering.outputs()?;
    let mut draft = lowering.draft;
    draft.prune();
    Ok(draft)
}

/// Why an operator cannot be lowered.
type Refusal = String;

/// A graph on its way.
struct Lowering<'g> {
    resolved: &'g Resolved,
    draft: Draft,
    views: HashMap<ValueId, View>,
}

impl Lowering<'_> {
    fn inputs(&mut self) -> Result<(), AdapterError> {
        for (number, input) in self.resolved.graph.inputs.iter().enumerate() {
            let (dtype, shape) = self
                .type_of(input.value)
                .map_err(AdapterError::Unsupported)?;
            let is_empty = shape.contains(&0);
            if !is_held(dtype) || is_empty {
                let what = if is_empty {
                    "no elements"
                } else {
                    "elements of another type"
                };
                return Err(AdapterError::Unsupported(format!(
                    "{NAME} takes f32, i64, i32 and bool, but input '{}' is {dtype} {shape:?}, which has {what}",
                    input.name
                )));
            }
            let view = self.draft.add(Buffer {
                name: input.name.clone(),
                dtype,
                shape,
                role: Role::Input(number),
            });
            self.views.insert(input.value, view);
        }
        Ok(())
    }

    fn node(&mut self, node: &Node) -> Result<(), Refusal> {
        for output in node.outputs.iter().flatten() {
            let (dtype, shape) = self.type_of(*output)?;
            if !is_held(dtype) {
                return Err(format!(
                    "its output is {dtype}; f32, i64, i32 and bool are held"
                ));
            }
            if shape.contains(&0) {
                return Err("its output has no elements".to_owned());
            }
        }
        let rule = table::rule(node).ok_or_else(|| "it is lacked".to_owned())?;
        rule(self, node)
    }

    /// A buffer for each of the model's outputs, filled by whom makes it where it can be, else by a copy.
    fn outputs(&mut self) -> Result<(), AdapterError> {
        for (number, output) in self.resolved.graph.outputs.iter().enumerate() {
            let told = |reason| {
                AdapterError::Unsupported(format!(
                    "{NAME} cannot give output '{}': {reason}",
                    output.name
                ))
            };
            let view = self.shown(output.value).map_err(told)?;
            let (dtype, shape) = self.type_of(output.value).map_err(told)?;
            let buffer = self.draft.buffer(view.buffer);
            if buffer.role == Role::Local && self.draft.is_all(&view) {
                let buffer = &mut self.draft.buffers[view.buffer.0];
                buffer.role = Role::Output(number);
                buffer.shape = shape;
                buffer.name.clone_from(&output.name);
                continue;
            }
            let made = self.draft.add(Buffer {
                name: output.name.clone(),
                dtype,
                shape,
                role: Role::Output(number),
            });
            self.draft.steps.push(Step {
                kind: Kind::Map {
                    program: Program::identity(),
                },
                inputs: vec![view],
                outputs: vec![made],
                sources: Vec::new(),
            });
        }
        Ok(())
    }

    fn type_of(&self, value: ValueId) -> Result<(DataType, Vec<usize>), Refusal> {
        let known = self.resolved.types.get(&value).cloned();
        known.ok_or_else(|| {
            let name = self.resolved.graph.name_of(value);
            format!("the type or shape of '{name}' is not known")
        })
    }

    /// What shows a value; a constant becomes a weight when it is first asked for.
    fn shown(&mut self, value: ValueId) -> Result<View, Refusal> {
        if let Some(view) = self.views.get(&value) {
            return Ok(view.clone());
        }
        let name = self.resolved.graph.name_of(value).to_owned();
        let Some(tensor) = self.resolved.graph.constants.get(&value) else {
            return Err(format!("nothing makes '{name}'"));
        };
        if !is_held(tensor.dtype()) || tensor.is_empty() {
            return Err(format!(
                "constant '{name}' is {} {:?}; f32, i64, i32 and bool with elements are held",
                tensor.dtype(),
                tensor.shape()
            ));
        }
        let view = self.draft.add_weight(name, tensor.clone());
        self.views.insert(value, view.clone());
        Ok(view)
    }

    fn input(&mut self, node: &Node, index: usize) -> Result<View, Refusal> {
        let value = node
            .input(index)
            .ok_or_else(|| format!("input {index} is left out"))?;
        self.shown(value)
    }

    /// The input, of 32-bit floats.
    fn floats(&mut self, node: &Node, index: usize) -> Result<View, Refusal> {
        let view = self.input(node, index)?;
        match self.draft.buffer(view.buffer).dtype {
            DataType::F32 => Ok(view),
            other => Err(format!("input {index} is {other}; it computes on f32")),
        }
    }

    fn constant(&self, node: &Node, index: usize) -> Option<&Tensor> {
        self.resolved.graph.constants.get(&node.input(index)?)
    }

    /// A constant input of integers; `None` where it is left out.
    fn integers(&self, node: &Node, index: usize) -> Result<Option<Vec<i64>>, Refusal> {
        if node.input(index).is_none() {
            return Ok(None);
        }
        let tensor = self.constant(node, index);
        let wide = tensor.and_then(|tensor| tensor.values::<i64>().map(|all| all.into_owned()));
        let narrow = || {
            let narrow = tensor.and_then(|tensor| tensor.values::<i32>());
            narrow.map(|all| all.iter().map(|value| i64::from(*value)).collect())
        };
        let integers = wide.or_else(narrow);
        integers.map(Some).ok_or_else(|| {
            format!("input {index} must be constant integers, known before the model runs")
        })
    }

    fn opset(&self, node: &Node) -> i64 {
        self.resolved
            .graph
            .opsets
            .get(&node.domain)
            .copied()
            .unwrap_or(1)
    }

    fn output_type(&self, node: &Node) -> Result<(DataType, Vec<usize>), Refusal> {
        let value = node.output(0).ok_or("its first output is left out")?;
        self.type_of(value)
    }

    fn set(&mut self, node: &Node, index: usize, view: View) {
        if let Some(value) = node.output(index) {
            self.views.insert(value, view);
        }
    }

    /// A buffer for an intermediate of this operator.
    fn local(&mut self, node: &Node, dtype: DataType, shape: &[usize]) -> View {
        let value = node.outputs.iter().flatten().next();
        let name = value
            .map_or("", |value| self.resolved.graph.name_of(*value))
            .to_owned();
        self.draft.add(Buffer {
            name,
            dtype,
            shape: shape.to_vec(),
            role: Role::Local,
        })
    }

    fn push(&mut self, node: &Node, kind: Kind, inputs: Vec<View>, output: View) {
        self.draft.steps.push(Step {
            kind,
            inputs,
            outputs: vec![output],
            sources: vec![source(node)],
        });
    }

    /// A program over operands that are repeated to `shape`; numbers among the constants stand in the program.
    fn compute(
        &mut self,
        node: &Node,
        program: &Program,
        operands: &[View],
        shape: &[usize],
    ) -> Result<View, Refusal> {
        let (program, operands) = self.with_numbers(program, operands);
        let repeated: Option<Vec<View>> = operands
            .iter()
            .map(|operand| operand.broadcast(shape))
            .collect();
        let repeated = repeated.ok_or("its operands do not fit the output's shape")?;
        let (program, inputs) = Draft::without_repeats(&program, &repeated);
        let dtypes: Vec<DataType> = inputs
            .iter()
            .map(|input| self.draft.buffer(input.buffer).dtype)
            .collect();
        let types = program.types(&dtypes)?;
        let dtype = types.last().copied().ok_or("it computes nothing")?;
        let output = self.local(node, dtype, shape);
        self.push(node, Kind::Map { program }, inputs, output.clone());
        Ok(output)
    }

    fn with_numbers(&self, program: &Program, operands: &[View]) -> (Program, Vec<View>) {
        let number = |view: &View| match &self.draft.buffer(view.buffer).role {
            Role::Weight(tensor) => Draft::number(tensor),
            _ => None,
        };
        let numbers: Vec<Option<Constant>> = operands.iter().map(number).collect();
        let mut places = Vec::new();
        let mut kept = Vec::new();
        for (operand, number) in operands.iter().zip(&numbers) {
            places.push(kept.len());
            if number.is_none() {
                kept.push(operand.clone());
            }
        }
        let mut program = program.clone();
        for instruction in &mut program.instructions {
            if let Instruction::Operand(operand) = *instruction {
                *instruction = match numbers[operand] {
                    Some(constant) => Instruction::Constant(constant),
                    None => Instruction::Operand(places[operand]),
                };
            }
        }
        (program, kept)
    }

    /// What `view` shows under another shape, copied where that is needed.
    fn reshaped(&mut self, node: &Node, view: &View, shape: &[usize]) -> Result<View, Refusal> {
        if let Some(view) = view.reshape(shape) {
            return Ok(view);
        }
        let (step, made) = self.draft.copied(view, vec![source(node)]);
        self.draft.steps.push(step);
        made.reshape(shape)
            .ok_or_else(|| "its elements do not fit the output's shape".to_owned())
    }
}

fn source(node: &Node) -> Source {
    Source {
        name: node.name.clone(),
        op_type: node.op_type.clone(),
    }
}

/// An axis that may count from the end.
fn axis_of(axis: i64, rank: usize) -> Result<usize, Refusal> {
    let counted = if axis < 0 { axis + rank as i64 } else { axis };
    match usize::try_from(counted) {
        Ok(axis) if axis < rank => Ok(axis),
        _ => Err(format!("axis {axis} of a tensor with {rank} axes")),
    }
}

#[cfg(test)]
mod tests;
