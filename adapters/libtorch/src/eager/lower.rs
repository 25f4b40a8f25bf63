//! From a folded graph to a program: kernels, slots, and after which step each tensor is freed.

use std::collections::{HashMap, HashSet};

use tare_adapter_api::AdapterError;
use tare_models::{ValueId, graph};
use tch::Tensor;

use super::program::{NONE, Program, Step};
use crate::lower::{Inputs, Kernel, Node, OWN, Outputs, Refusal, Scope, find};
use crate::rewrite::VIEWS;

/// The program of the scope's graph.
///
/// # Errors
/// `Unsupported`, naming the operator that cannot be executed.
pub(crate) fn program(scope: &Scope<'_>) -> Result<Program, AdapterError> {
    let mut lowering = Lowering {
        scope,
        program: Program::default(),
        slots: HashMap::new(),
    };
    let inputs = scope.graph.inputs.iter();
    let inputs: Vec<u32> = inputs.map(|input| lowering.fresh(input.value)).collect();
    lowering.program.inputs = inputs;
    for node in &scope.graph.nodes {
        lowering
            .step(node)
            .map_err(|refusal| refused(scope, node, &refusal))?;
    }
    lowering.finish()
}

struct Lowering<'s> {
    scope: &'s Scope<'s>,
    program: Program,
    slots: HashMap<ValueId, u32>,
}

impl Lowering<'_> {
    fn step(&mut self, node: &graph::Node) -> Result<(), Refusal> {
        let seen = Node::new(node, self.scope);
        let lower = find(&node.domain, &node.op_type)
            .ok_or_else(|| Refusal::new("for which there is no ATen call here"))?;
        let kernel = lower(&seen)?;
        if self.known_at_load(node) {
            return self.execute(node, &kernel);
        }
        if kernel.is_same
            && let (Some(from), Some(to)) = (node.input(0), node.output(0))
        {
            let slot = self.slot(from)?;
            self.slots.insert(to, slot);
            return Ok(());
        }
        let mut operands = Vec::with_capacity(node.inputs.len());
        for (index, input) in node.inputs.iter().enumerate() {
            operands.push(match input.filter(|_| !seen.is_taken(index)) {
                Some(value) => self.slot(value)?,
                None => NONE,
            });
        }
        if self.writes_to_shared(node, &operands) {
            return Err(Refusal::new("onto an input or a constant"));
        }
        let results = node.outputs.iter();
        let results = results.map(|output| output.map_or(NONE, |value| self.fresh(value)));
        let results = results.collect();
        self.push(node, kernel, operands, results);
        Ok(())
    }

    /// Whether an operator that works in place would write to what other requests or threads read.
    fn writes_to_shared(&self, node: &graph::Node, operands: &[u32]) -> bool {
        let in_place = node.domain == OWN && node.op_type.ends_with('_');
        let onto = operands.first().filter(|_| in_place);
        let constants = || self.program.constants.iter().map(|(slot, _)| slot);
        onto.is_some_and(|onto| {
            self.program.inputs.contains(onto) || constants().any(|slot| slot == onto)
        })
    }

    fn push(&mut self, node: &graph::Node, kernel: Kernel, operands: Vec<u32>, results: Vec<u32>) {
        let program = &mut self.program;
        let start = program.slots.len();
        program.slots.extend(operands);
        let middle = program.slots.len();
        program.slots.extend(results);
        let end = program.slots.len();
        program.steps.push(Step {
            run: kernel.run,
            kind: node.op_type.as_str().into(),
            name: node.name.as_str().into(),
            operands: start..middle,
            results: middle..end,
            freed: end..end,
        });
    }

    /// Views of constants are made once; everything else that could be computed at load was folded, or is to be left.
    fn known_at_load(&self, node: &graph::Node) -> bool {
        let mut inputs = node.inputs.iter().flatten();
        VIEWS.contains(&node.op_type.as_str())
            && node.domain.is_empty()
            && inputs.all(|input| self.scope.is_constant(*input))
    }

    fn execute(&self, node: &graph::Node, kernel: &Kernel) -> Result<(), Refusal> {
        let mut constants = vec![];
        for input in &node.inputs {
            let constant = input.map(|value| self.scope.tensor(value)).transpose()?;
            constants.push(constant.flatten());
        }
        let operands: Vec<Option<&Tensor>> = constants.iter().map(Option::as_deref).collect();
        if let Outputs::One(tensor) = (kernel.run)(Inputs(&operands))?
            && let Some(value) = node.outputs.first().copied().flatten()
        {
            self.scope.keep(value, tensor);
        }
        Ok(())
    }

    fn fresh(&mut self, value: ValueId) -> u32 {
        let slot = self.program.count as u32;
        self.program.count += 1;
        self.slots.insert(value, slot);
        slot
    }

    /// The slot of a value that was computed, fed or is constant.
    fn slot(&mut self, value: ValueId) -> Result<u32, Refusal> {
        if let Some(slot) = self.slots.get(&value) {
            return Ok(*slot);
        }
        let Some(constant) = self.scope.tensor(value)? else {
            let name = self.scope.graph.name_of(value);
            return Err(Refusal::new(format!("whose input '{name}' nothing makes")));
        };
        let slot = self.fresh(value);
        self.program.constants.push((slot, constant));
        Ok(slot)
    }

    fn finish(mut self) -> Result<Program, AdapterError> {
        for output in &self.scope.graph.outputs {
            let slot = self.slot(output.value).map_err(|refusal| {
                AdapterError::Unsupported(format!("libtorch: output '{}' {refusal}", output.name))
            })?;
            self.program.outputs.push(slot);
        }
        free_after_last_use(&mut self.program);
        Ok(self.program)
    }
}

/// Marks after which step each slot is emptied; outputs and constants stay.
fn free_after_last_use(program: &mut Program) {
    let kept: HashSet<u32> = program.outputs.iter().copied().collect();
    let constants: HashSet<u32> = program.constants.iter().map(|(slot, _)| *slot).collect();
    let mut seen: HashSet<u32> = constants.union(&kept).copied().chain([NONE]).collect();
    let mut freed = vec![vec![]; program.steps.len()];
    for (step, dying) in program.steps.iter().zip(&mut freed).rev() {
        let touched = step.operands.start..step.results.end;
        for slot in &program.slots[touched] {
            if seen.insert(*slot) {
                dying.push(*slot);
            }
        }
    }
    for (step, dying) in program.steps.iter_mut().zip(freed) {
        let start = program.slots.len();
        program.slots.extend(dying);
        step.freed = start..program.slots.len();
    }
    let unread = program
        .inputs
        .iter_mut()
        .filter(|slot| !seen.contains(slot));
    unread.for_each(|slot| *slot = NONE);
    let mut left: Vec<u32> = kept.difference(&constants).copied().collect();
    left.sort_unstable();
    program.left = left;
}

fn refused(scope: &Scope<'_>, node: &graph::Node, refusal: &Refusal) -> AdapterError {
    let domain = match node.domain.as_str() {
        "" => "ai.onnx",
        other => other,
    };
    let opset = scope.graph.opsets.get(&node.domain);
    let opset = opset.map_or("unknown".to_owned(), i64::to_string);
    AdapterError::Unsupported(format!(
        "libtorch cannot execute operator {} '{}' (domain {domain}, opset {opset}) {refusal}",
        node.op_type, node.name
    ))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tare_adapter_api::{DataType, Tensor as HostTensor};
    use tare_models::{Declared, Graph, Resolved};
    use tch::{Device, Kind};

    use super::*;
    use crate::lower::Target;

    /// Why there is no program of an operator on the input 0 and the constant 1.
    fn refusal(op_type: &str, domain: &str, first: u32) -> String {
        let operand = HostTensor::from_values(vec![1], vec![1.0f32]).expect("fits");
        let input = Declared {
            name: "x".to_owned(),
            value: ValueId(0),
            dtype: DataType::F32,
            dims: None,
        };
        let graph = Graph {
            opsets: [(String::new(), 18)].into(),
            inputs: vec![input],
            constants: [(ValueId(1), operand)].into(),
            nodes: vec![graph::Node {
                name: "one".to_owned(),
                op_type: op_type.to_owned(),
                domain: domain.to_owned(),
                inputs: vec![Some(ValueId(first)), Some(ValueId(0))],
                outputs: vec![Some(ValueId(2))],
                attributes: BTreeMap::new(),
            }],
            ..Graph::default()
        };
        let known = |value| (ValueId(value), (DataType::F32, vec![1]));
        let resolved = Resolved {
            graph,
            types: [known(0), known(1), known(2)].into(),
            unresolved: vec![],
            weights: vec![],
        };
        let target = Target {
            device: Device::Cpu,
            float: Kind::Float,
        };
        let refused = program(&Scope::new(&resolved.graph, &resolved, target));
        refused.map(|_| ()).expect_err("refused").to_string()
    }

    #[test]
    fn nothing_is_written_onto_an_input_or_a_constant() {
        for (first, op_type) in [(0, "relu_"), (1, "relu_"), (0, "add_"), (1, "add_")] {
            let said = refusal(op_type, OWN, first);
            assert!(said.contains("onto an input or a constant"), "{said}");
        }
    }

    #[test]
    fn a_refusal_names_operator_domain_and_version() {
        let said = refusal("Nothing", "", 0);
        let expected = "operator Nothing 'one' (domain ai.onnx, opset 18) for which there is no ATen call here";
        assert!(said.ends_with(expected), "{said}");
    }
}
