//! Small graphs for the tests of passes: drafted, fused by one pass, and executed both ways.

use prost::Message as _;
use tare_adapter_api::Tensor;
use tare_models::build::{Builder, Value, Weights};
use tare_models::{DataType, Dim, Inputs, Model, ShapeRequest, bind, resolve};

use crate::draft::Draft;
use crate::layout::lay_out;
use crate::lower::lower;
use crate::plan::{Plan, kind_name};
use crate::reference::outputs_of;

const SEED: u64 = 3;

/// A value that comes out, and its shape.
pub(crate) type Output = (Value, &'static [usize]);

/// A graph under test: its draft, and inputs for it.
pub(crate) struct Case {
    pub(crate) draft: Draft,
    inputs: Vec<Tensor>,
}

impl Case {
    /// The graph that `draw` builds over inputs of these shapes; what it returns are the outputs.
    pub(crate) fn new(
        inputs: &[&[usize]],
        draw: impl FnOnce(&mut Builder, &[Value]) -> Vec<Output>,
    ) -> Self {
        let mut graph = Builder::new("case", Weights::Seeded(SEED));
        let values: Vec<Value> = inputs
            .iter()
            .enumerate()
            .map(|(number, shape)| {
                let dims: Vec<Dim> = shape.iter().map(|size| Dim::Fixed(*size)).collect();
                graph.input(&format!("x{number}"), DataType::F32, &dims)
            })
            .collect();
        for (number, (output, shape)) in draw(&mut graph, &values).iter().enumerate() {
            let dims: Vec<Dim> = shape.iter().map(|size| Dim::Fixed(*size)).collect();
            graph.output(&format!("y{number}"), output, &dims);
        }
        let model = Model::from_bytes(graph.finish().encode_to_vec()).expect("a model");
        let specs = bind(model.graph(), &ShapeRequest::default()).expect("fixed shapes");
        let drawn = Inputs::new(model.graph(), &specs, &|_| None, SEED).expect("inputs");
        let resolved = resolve(model.graph(), &specs).expect("resolved");
        Self {
            draft: lower(&resolved).expect("lowered"),
            inputs: drawn.generate(0),
        }
    }

    /// One request.
    pub(crate) fn inputs(&self) -> &[Tensor] {
        &self.inputs
    }

    /// What comes out of a draft of this graph.
    pub(crate) fn outputs(&self, draft: &Draft) -> Vec<Vec<f32>> {
        let (plan, weights) = Plan::of(lay_out(draft.clone()));
        let outputs = outputs_of(&plan, &weights, &self.inputs).expect("it runs");
        let floats = outputs
            .iter()
            .map(|output| output.values::<f32>().expect("floats").to_vec());
        floats.collect()
    }

    /// The kinds of the steps after these passes, once the outputs are those of the plain steps.
    pub(crate) fn after(&self, passes: &[fn(Draft) -> Draft]) -> Vec<String> {
        let fused = passes
            .iter()
            .fold(self.draft.clone(), |draft, pass| pass(draft));
        let (before, after) = (self.outputs(&self.draft), self.outputs(&fused));
        assert_eq!(before.len(), after.len());
        for (before, after) in before.iter().flatten().zip(after.iter().flatten()) {
            let allowed = 1e-5 + 1e-4 * before.abs();
            assert!((before - after).abs() <= allowed, "{before} became {after}");
        }
        kinds(&fused)
    }
}

/// The kinds of the steps.
pub(crate) fn kinds(draft: &Draft) -> Vec<String> {
    draft
        .steps
        .iter()
        .map(|step| kind_name(&step.kind))
        .collect()
}
