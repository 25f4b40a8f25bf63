//! A model's file as the plan needs it, whatever its format: a graph to bind shapes to, a hash, and facts where there are any.

use std::collections::BTreeMap;

use tare_adapter_api::{ModelFormat, OutputSpec};
use tare_models::zoo::{self, Architecture};
use tare_models::{DataType, Graph, InputSpec, Model, TorchScript};
use tare_results::{Missing, ModelFacts};

use super::{ModelChoice, PlanError, ZooFile};

/// A model that was asked for, read.
pub struct Opened<'a> {
    /// As it was asked for.
    pub choice: &'a ModelChoice,
    file: File,
}

/// Operators that draw from a framework's own generator, with a seed or without.
fn draws(op_type: &str) -> bool {
    let drawing = ["RandomNormal", "RandomUniform", "Multinomial", "Bernoulli"];
    drawing.iter().any(|name| op_type.starts_with(name))
}

enum File {
    Onnx(Box<Model>),
    TorchScript {
        archive: Box<TorchScript>,
        graph: Box<Graph>,
    },
    Zoo {
        graph: Box<Graph>,
        sha256: String,
    },
}

impl<'a> Opened<'a> {
    /// Reads the file of `choice`.
    ///
    /// # Errors
    /// Where it is no model, or a TorchScript file whose inputs nobody told.
    pub fn open(choice: &'a ModelChoice) -> Result<Self, PlanError> {
        let file = match (&choice.zoo, TorchScript::is_meant(&choice.path)) {
            (Some(known), _) => sketch(known)?,
            (None, true) => torchscript(choice)?,
            (None, false) => {
                let model = Model::open(&choice.path).map_err(|error| PlanError::Model {
                    model: choice.path.display().to_string(),
                    error: Box::new(error),
                })?;
                File::Onnx(Box::new(model))
            }
        };
        Ok(Self { choice, file })
    }

    /// The graph, of which a TorchScript file has the inputs only.
    pub fn graph(&self) -> &Graph {
        match &self.file {
            File::Onnx(model) => model.graph(),
            File::TorchScript { graph, .. } | File::Zoo { graph, .. } => graph,
        }
    }

    /// What adapters are told that it is.
    pub fn format(&self) -> ModelFormat {
        match self.file {
            File::Onnx(_) | File::Zoo { .. } => ModelFormat::Onnx,
            File::TorchScript { .. } => ModelFormat::TorchScript,
        }
    }

    /// Of the file and its external data.
    pub fn sha256(&self) -> &str {
        match &self.file {
            File::Onnx(model) => model.sha256(),
            File::TorchScript { archive, .. } => archive.sha256(),
            File::Zoo { sha256, .. } => sha256,
        }
    }

    /// What is known without the graph.
    pub fn facts(&self) -> ModelFacts {
        let (format, opset) = match &self.file {
            File::Onnx(model) => (model.format(), Some(model.opset())),
            File::TorchScript { archive, .. } => (archive.format(), None),
            File::Zoo { graph, .. } => ("onnx", graph.opsets.get("").copied()),
        };
        ModelFacts {
            name: self.choice.name.clone(),
            sha256: self.sha256().to_owned(),
            format: format.to_owned(),
            opset,
            parameters: None,
            operators: None,
            flops: None,
            macs_paper: None,
            bytes_min: None,
            bytes_unfused: None,
            input_bytes: None,
            output_bytes: None,
            peak_activation_bytes: None,
        }
    }

    /// Why facts are not there, and why nothing can be compared.
    pub fn missing(&self) -> Missing {
        match self.file {
            File::Onnx(_) | File::Zoo { .. } => self.random().into_iter().collect(),
            File::TorchScript { .. } => FACTS_OF_A_GRAPH
                .iter()
                .map(|fact| {
                    let reason = "a TorchScript file has no graph that is read here";
                    (format!("model.{fact}"), reason.to_owned())
                })
                .collect(),
        }
    }

    /// Outputs that no two frameworks have in common: each draws from a generator of its own.
    fn random(&self) -> Option<(String, String)> {
        let mut nodes = self.graph().nodes.iter();
        let node = nodes.find(|node| node.domain.is_empty() && draws(&node.op_type))?;
        let reason = format!(
            "the model draws random numbers: {} '{}'",
            node.op_type, node.name
        );
        Some(("fidelity".to_owned(), reason))
    }

    /// What comes out, as the file declares it.
    pub fn outputs(&self) -> Vec<OutputSpec> {
        let outputs = self.graph().outputs.iter();
        outputs
            .map(|output| OutputSpec {
                name: output.name.clone(),
                dtype: output.dtype,
            })
            .collect()
    }

    /// `int8` of a quantised model; else the precision of most of the floating-point constants, else of the inputs, else
    /// `fp32`.
    pub fn precision(&self) -> String {
        let graph = self.graph();
        let quantises = |operator: &str| QUANTISING.contains(&operator);
        if graph.nodes.iter().any(|node| quantises(&node.op_type)) {
            return "int8".to_owned();
        }
        let mut bytes: BTreeMap<DataType, usize> = BTreeMap::new();
        for constant in graph.constants.values() {
            *bytes.entry(constant.dtype()).or_default() += constant.bytes().len();
        }
        for input in &graph.inputs {
            bytes.entry(input.dtype).or_default();
        }
        let most = bytes
            .into_iter()
            .filter(|(dtype, _)| dtype.is_float())
            .max_by_key(|(_, bytes)| *bytes);
        match most.map(|(dtype, _)| dtype) {
            Some(DataType::F16) => "fp16".to_owned(),
            Some(DataType::F64) => "fp64".to_owned(),
            None | Some(DataType::F32) => "fp32".to_owned(),
            Some(other) => other.to_string(),
        }
    }
}

/// Operators that only quantised models have.
const QUANTISING: [&str; 7] = [
    "ConvInteger",
    "DequantizeLinear",
    "DynamicQuantizeLinear",
    "MatMulInteger",
    "QLinearConv",
    "QLinearMatMul",
    "QuantizeLinear",
];

const FACTS_OF_A_GRAPH: [&str; 9] = [
    "opset",
    "parameters",
    "operators",
    "flops",
    "macs_paper",
    "bytes_min",
    "bytes_unfused",
    "output_bytes",
    "peak_activation_bytes",
];

fn sketch(known: &ZooFile) -> Result<File, PlanError> {
    let named = |error: &dyn std::fmt::Display| PlanError::Zoo(error.to_string());
    let architecture: Architecture = zoo::find(&known.name).map_err(|error| named(&error))?;
    let graph = architecture.sketch().map_err(|error| named(&error))?;
    Ok(File::Zoo {
        graph: Box::new(graph),
        sha256: known.sha256.clone(),
    })
}

fn torchscript(choice: &ModelChoice) -> Result<File, PlanError> {
    let archive =
        TorchScript::open(&choice.path).map_err(|error| PlanError::TorchScript(Box::new(error)))?;
    if choice.inputs.is_empty() {
        return Err(PlanError::NoInputs {
            model: choice.name.clone(),
        });
    }
    Ok(File::TorchScript {
        archive: Box::new(archive),
        graph: Box::new(InputSpec::graph(&choice.inputs)),
    })
}
