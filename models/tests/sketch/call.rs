//! One operator under test, as it is called.

use tare_models::DataType::{self, F32};
use tare_models::{Attribute, ResolveError, Tensor, ValueId};

use super::{Sketch, ints, sketch};

/// An input of the operator under test.
pub enum In {
    Fed(DataType, &'static [usize]),
    Constant(Tensor),
    Absent,
}
pub use In::{Absent, Constant, Fed};

pub fn f(shape: &'static [usize]) -> In {
    Fed(F32, shape)
}

pub fn c(values: &[i64]) -> In {
    Constant(ints(values))
}

/// One operator, as it is called.
pub struct Call {
    domain: &'static str,
    op_type: &'static str,
    inputs: Vec<In>,
    attributes: Vec<(&'static str, Attribute)>,
    outputs: usize,
    opset: i64,
}

pub fn call<const N: usize>(op_type: &'static str, inputs: [In; N]) -> Call {
    Call {
        domain: "",
        op_type,
        inputs: inputs.into(),
        attributes: vec![],
        outputs: 1,
        opset: 17,
    }
}

impl Call {
    pub fn with(mut self, name: &'static str, value: Attribute) -> Self {
        self.attributes.push((name, value));
        self
    }

    pub fn outputs(mut self, outputs: usize) -> Self {
        self.outputs = outputs;
        self
    }

    pub fn opset(mut self, opset: i64) -> Self {
        self.opset = opset;
        self
    }

    pub fn microsoft(mut self) -> Self {
        self.domain = "com.microsoft";
        self
    }

    fn draw(self) -> (Sketch, Vec<ValueId>) {
        let mut graph = sketch().opset(self.opset);
        let inputs = self.inputs.iter().enumerate().map(|(index, input)| {
            let name = format!("in{index}");
            match input {
                Fed(dtype, shape) => Some(graph.input(&name, *dtype, shape)),
                Constant(tensor) => Some(graph.constant(&name, tensor.clone())),
                Absent => None,
            }
        });
        let inputs: Vec<_> = inputs.collect();
        let given: Vec<_> = inputs.iter().flatten().copied().collect();
        let outputs = graph.op_of(
            self.domain,
            self.op_type,
            &given,
            &self.attributes,
            self.outputs,
        );
        graph.graph.nodes[0].inputs = inputs;
        outputs.iter().for_each(|output| graph.output(*output));
        (graph, outputs)
    }

    pub fn types(self) -> Vec<(DataType, Vec<usize>)> {
        let op_type = self.op_type;
        let (graph, outputs) = self.draw();
        let resolved = graph
            .try_resolve()
            .unwrap_or_else(|error| panic!("{op_type}: {error}"));
        let typed = |value| resolved.types.get(value).cloned();
        let typed =
            |value| typed(value).unwrap_or_else(|| panic!("{op_type}: {:?}", resolved.unresolved));
        outputs.iter().map(typed).collect()
    }

    pub fn shape(self) -> Vec<usize> {
        self.types().remove(0).1
    }

    pub fn refusal(self) -> ResolveError {
        let op_type = self.op_type;
        let (graph, _) = self.draw();
        match graph.try_resolve() {
            Err(error) => error,
            Ok(resolved) => panic!("{op_type} was accepted: {:?}", resolved.types),
        }
    }

    pub fn leaves_open(self) -> bool {
        let (graph, outputs) = self.draw();
        let resolved = graph.resolve();
        resolved
            .unresolved
            .iter()
            .any(|open| open.value == outputs[0])
    }
}
