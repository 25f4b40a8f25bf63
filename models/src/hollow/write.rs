//! The file of a twin: the original's messages with other constants, attributes and declared sizes.

use std::collections::HashMap;

use crate::graph::{Dim, ValueId};
use crate::proto::{
    GraphProto, ModelProto, NodeProto, StringStringEntryProto, TensorProto, ValueInfoProto,
    dimension, type_proto,
};
use crate::tensor::Tensor;

use super::constants::Constants;
use super::observe::{Observed, TensorId};
use super::problem::{Problem, Rewrite};
use super::solve::Solution;

/// IR version from which initialisers need not be inputs.
const LOOSE_INITIALISERS: i64 = 4;
const SYMBOL: &str = "tare.symbol.";
const HOLLOW: &str = "tare.hollow";

/// What a twin is written from.
pub(super) struct Writer<'a> {
    pub observed: &'a Observed<'a>,
    pub problem: &'a Problem,
    pub solution: &'a Solution,
    pub constants: &'a Constants,
}

impl Writer<'_> {
    /// The twin of `model`, whose graph with functions inlined is `graph`; `note` goes into its metadata.
    pub fn model(&self, model: &ModelProto, graph: &GraphProto, note: String) -> ModelProto {
        let ir_version = model.ir_version.unwrap_or(0);
        let mut twin = ModelProto {
            ir_version: Some(ir_version.max(LOOSE_INITIALISERS)),
            graph: Some(self.graph(graph, ir_version < LOOSE_INITIALISERS)),
            functions: vec![],
            ..ModelProto {
                graph: None,
                functions: vec![],
                ..shallow(model)
            }
        };
        self.note_symbols(&mut twin.metadata_props);
        twin.metadata_props.push(StringStringEntryProto {
            key: Some(HOLLOW.to_owned()),
            value: Some(note),
        });
        twin
    }

    fn graph(&self, graph: &GraphProto, loosens: bool) -> GraphProto {
        let tensors = self.tensors_by_name();
        let resized = |info: &ValueInfoProto| self.resized(info, &tensors);
        let is_constant = |info: &&ValueInfoProto| {
            let name = info.name.as_deref().unwrap_or("");
            graph
                .initializer
                .iter()
                .any(|tensor| tensor.name.as_deref() == Some(name))
        };
        let inputs = graph.input.iter();
        let inputs = inputs.filter(|info| !is_constant(info) || !loosens);
        let inputs = inputs.filter_map(|info| match is_constant(&info) {
            true => self.overridable(info),
            false => Some(resized(info)),
        });
        let declared = graph.value_info.iter();
        let declared =
            declared.filter(|info| tensors.contains_key(info.name.as_deref().unwrap_or("")));
        GraphProto {
            node: self.nodes(graph),
            initializer: self.constants.tensors.iter().map(initialiser).collect(),
            input: inputs.collect(),
            output: graph.output.iter().map(resized).collect(),
            value_info: declared.map(resized).collect(),
            name: graph.name.clone(),
            doc_string: graph.doc_string.clone(),
            quantization_annotation: graph.quantization_annotation.clone(),
            metadata_props: graph.metadata_props.clone(),
            sparse_initializer: vec![],
        }
    }

    /// The operators that stay, in the file's order.
    fn nodes(&self, graph: &GraphProto) -> Vec<NodeProto> {
        let by_output: HashMap<&str, usize> = (self.observed.operators.iter().enumerate())
            .filter_map(|(position, operator)| {
                let first = operator.outputs.iter().flatten().next()?;
                Some((self.name(self.observed.seen(*first).value), position))
            })
            .collect();
        let nodes = graph.node.iter().filter_map(|node| {
            let first = node.output.iter().find(|output| !output.is_empty())?;
            let position = by_output.get(first.as_str())?;
            Some(self.node(node, *position))
        });
        nodes.collect()
    }

    fn node(&self, node: &NodeProto, position: usize) -> NodeProto {
        let mut node = node.clone();
        let operator = &self.observed.operators[position];
        for (name, tensor) in node.input.iter_mut().zip(&operator.inputs) {
            if let Some(form) = tensor.and_then(|tensor| self.constants.names.get(&tensor)) {
                name.clone_from(form);
            }
        }
        let rewrites = self.problem.rewrites.iter();
        for rewrite in rewrites.filter(|rewrite| rewrite.operator == position) {
            self.rewrite(&mut node, rewrite);
        }
        node
    }

    fn rewrite(&self, node: &mut NodeProto, rewrite: &Rewrite) {
        let sizes = rewrite.sizes.iter().map(|size| self.solution.size(*size));
        let named = |name: &Option<String>| name.as_deref() == Some(rewrite.name);
        for attribute in node
            .attribute
            .iter_mut()
            .filter(|attribute| named(&attribute.name))
        {
            match attribute.i {
                Some(_) => attribute.i = sizes.clone().next(),
                None => attribute.ints = sizes.clone().collect(),
            }
        }
    }

    fn name(&self, value: ValueId) -> &str {
        self.observed.graph.name_of(value)
    }

    /// The tensors that are no constants.
    fn tensors_by_name(&self) -> HashMap<&str, TensorId> {
        let tensors = self.observed.tensors.iter().enumerate();
        let tensors = tensors.filter(|(_, seen)| seen.constant.is_none());
        tensors
            .map(|(number, seen)| (self.name(seen.value), TensorId(number)))
            .collect()
    }

    fn resized(&self, info: &ValueInfoProto, tensors: &HashMap<&str, TensorId>) -> ValueInfoProto {
        let tensor = info.name.as_deref().and_then(|name| tensors.get(name));
        let axes = tensor.and_then(|tensor| self.problem.dims[tensor.0].as_deref());
        let sizes = axes.map(|axes| axes.iter().map(|axis| self.solution.size(*axis)).collect());
        sizes.map_or_else(|| info.clone(), |sizes: Vec<i64>| with_sizes(info, &sizes))
    }

    /// An input that has a constant as its default; `None` where nothing reads it.
    fn overridable(&self, info: &ValueInfoProto) -> Option<ValueInfoProto> {
        let tensors = self.constants.tensors.iter();
        let name = info.name.as_deref()?;
        let (_, tensor) = tensors.clone().find(|(constant, _)| constant == name)?;
        let sizes: Vec<i64> = tensor.shape().iter().map(|size| *size as i64).collect();
        Some(with_sizes(info, &sizes))
    }

    /// Sets the customary sizes that a zoo file notes to the twin's.
    fn note_symbols(&self, notes: &mut [StringStringEntryProto]) {
        for (symbol, size) in symbols(self.observed, self.problem, self.solution) {
            let key = format!("{SYMBOL}{symbol}");
            for note in notes
                .iter_mut()
                .filter(|note| note.key.as_deref() == Some(&key))
            {
                note.value = Some(size.to_string());
            }
        }
    }
}

/// The size of each symbol of the inputs.
pub(super) fn symbols(
    observed: &Observed,
    problem: &Problem,
    solution: &Solution,
) -> std::collections::BTreeMap<String, usize> {
    let inputs = observed.graph.inputs.iter().zip(&observed.inputs);
    let axes = inputs.flat_map(|(declared, tensor)| {
        let dims = declared.dims.iter().flatten();
        dims.zip(problem.axes(*tensor))
    });
    let symbols = axes.filter_map(|(dim, axis)| match dim {
        Dim::Symbol(symbol) => Some((symbol.clone(), solution.size(*axis) as usize)),
        _ => None,
    });
    symbols.collect()
}

/// The messages around the graph.
fn shallow(model: &ModelProto) -> ModelProto {
    ModelProto {
        ir_version: model.ir_version,
        producer_name: model.producer_name.clone(),
        producer_version: model.producer_version.clone(),
        domain: model.domain.clone(),
        model_version: model.model_version,
        doc_string: model.doc_string.clone(),
        graph: None,
        opset_import: model.opset_import.clone(),
        metadata_props: model.metadata_props.clone(),
        functions: vec![],
    }
}

fn initialiser((name, tensor): &(String, Tensor)) -> TensorProto {
    TensorProto {
        name: Some(name.clone()),
        data_type: Some(tensor.dtype().to_onnx()),
        dims: tensor.shape().iter().map(|size| *size as i64).collect(),
        raw_data: Some(tensor.bytes().clone()),
        ..TensorProto::default()
    }
}

/// The declaration with these sizes where it has numbers; symbols stay.
fn with_sizes(info: &ValueInfoProto, sizes: &[i64]) -> ValueInfoProto {
    let mut info = info.clone();
    let value = info.r#type.as_mut().and_then(|kind| kind.value.as_mut());
    if let Some(type_proto::Value::TensorType(tensor)) = value
        && let Some(shape) = tensor.shape.as_mut()
    {
        for (dim, size) in shape.dim.iter_mut().zip(sizes) {
            if let Some(dimension::Value::DimValue(value)) = dim.value.as_mut() {
                *value = *size;
            }
        }
    }
    info
}
