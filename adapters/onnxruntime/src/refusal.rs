//! What ONNX Runtime's message means where it would not load a model: operators it lacks, a file too new for it, data missing.

mod lacking;
mod too_new;

use std::collections::BTreeSet;
use std::path::Path;

use prost::Message as _;
use tare_adapter_api::{AdapterError, LackedOperator};
use tare_models::proto::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto};

use self::lacking::Lacking;
use crate::NAME;

/// The refusal of the model at `path` by this version, whose own words are `message`. Reads the file.
pub(crate) fn refusal(version: &str, path: &Path, message: &str) -> AdapterError {
    let message = own_words(path, message);
    let model = std::fs::read(path).ok();
    let model = model.and_then(|bytes| ModelProto::decode(bytes.as_slice()).ok());
    if let Some(lacking) = lacking::parse(message) {
        return AdapterError::Lacks {
            adapter: NAME,
            operators: vec![located(lacking, model.as_ref())],
        };
    }
    if let Some(too_new) = too_new::parse(message) {
        return AdapterError::Unsupported(format!("{NAME} {version} {too_new}"));
    }
    if message.contains("fallback to CPU EP has been explicitly disabled") {
        return AdapterError::Unsupported(format!(
            "{NAME} would run operators of '{}' on the cpu: add fallback=true to let it",
            path.display()
        ));
    }
    let missing = model.and_then(|model| missing_data(path, &model));
    let missing = missing.map(|file| {
        format!("its weights lie in '{file}', which is not beside it: put that file into the same folder")
    });
    AdapterError::Load(format!(
        "'{}': {}",
        path.display(),
        missing.as_deref().unwrap_or(message)
    ))
}

/// The message without the path before it, the exception's place in the source, and the empty line after it.
fn own_words<'m>(path: &Path, message: &'m str) -> &'m str {
    let before = format!("Load model from {} failed:", path.display());
    let message = message.strip_prefix(&before).unwrap_or(message);
    message.trim()
}

/// The operator with the domain and the opset that the file gives it, where the message does not say.
fn located(lacking: Lacking, model: Option<&ModelProto>) -> LackedOperator {
    let in_file = model.and_then(|model| {
        let mut found = None;
        each_node(model, &mut |node| {
            if found.is_none() && node.op_type() == lacking.op_type {
                found = Some(node.domain().to_owned());
            }
        });
        found
    });
    let domain = lacking.domain.or(in_file).unwrap_or_default();
    let domain = if domain == "ai.onnx" {
        String::new()
    } else {
        domain
    };
    let imports = model.map_or(&[][..], |model| &model.opset_import);
    let import = imports.iter().find(|import| {
        let imported = import.domain();
        imported == domain || (domain.is_empty() && imported == "ai.onnx")
    });
    LackedOperator {
        opset: import.and_then(|import| import.version).or(lacking.opset),
        op_type: lacking.op_type,
        domain,
    }
}

fn each_node<'m>(model: &'m ModelProto, visit: &mut dyn FnMut(&'m NodeProto)) {
    if let Some(graph) = &model.graph {
        nodes_of(&graph.node, visit);
    }
    for function in &model.functions {
        nodes_of(&function.node, visit);
    }
}

fn nodes_of<'m>(nodes: &'m [NodeProto], visit: &mut dyn FnMut(&'m NodeProto)) {
    for node in nodes {
        visit(node);
        for graph in node.attribute.iter().flat_map(graphs) {
            nodes_of(&graph.node, visit);
        }
    }
}

fn graphs(attribute: &AttributeProto) -> impl Iterator<Item = &GraphProto> {
    attribute.g.iter().chain(&attribute.graphs)
}

/// The first file of weights that the model names and that is not there.
fn missing_data(path: &Path, model: &ModelProto) -> Option<String> {
    let folder = path.parent()?;
    let mut files = BTreeSet::new();
    let graph = model.graph.as_ref()?;
    files.extend(graph.initializer.iter().filter_map(location));
    each_node(model, &mut |node| {
        for attribute in &node.attribute {
            files.extend(attribute.t.iter().filter_map(location));
            let inner = graphs(attribute).flat_map(|graph| &graph.initializer);
            files.extend(inner.filter_map(location));
        }
    });
    let missing = files.into_iter().find(|file| !folder.join(file).exists());
    missing.map(str::to_owned)
}

fn location(tensor: &TensorProto) -> Option<&str> {
    let mut entries = tensor.external_data.iter();
    let entry = entries.find(|entry| entry.key() == "location");
    entry.map(|entry| entry.value())
}

#[cfg(test)]
mod tests;
