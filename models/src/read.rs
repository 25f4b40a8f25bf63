//! From the bytes of an ONNX file to a checked [`Graph`], in three steps: walk the wire, decode, convert.

mod attribute;
mod constant;
mod declared;
mod error;
mod function;
mod graph;
mod guess;
mod name;
mod order;
mod tensor;
mod types;
mod values;
mod wire;

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use prost::Message as _;

pub use self::error::ModelError;
use self::graph::Reader;
use crate::external::External;
use crate::graph::Graph;
use crate::proto::{GraphProto, ModelProto, OperatorSetIdProto};

const OPSETS: std::ops::RangeInclusive<i64> = 9..=23;
const OPSETS_LIMIT: usize = 64;
const IR_VERSIONS: std::ops::RangeInclusive<i64> = 3..=13;
const MODEL_TAGS: [u8; 10] = [0x08, 0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72, 0xca];

/// Decodes a model; its weights stay slices of `bytes`.
///
/// # Errors
/// Where the bytes are empty, cut off, something else, or would take far more memory than they are.
pub(crate) fn decode(bytes: &Bytes) -> Result<ModelProto, ModelError> {
    if bytes.is_empty() {
        return Err(ModelError::Empty);
    }
    let decoded = wire::check(bytes).and_then(|()| {
        ModelProto::decode(bytes.clone()).map_err(|error| ModelError::Malformed(error.to_string()))
    });
    match decoded {
        Ok(proto) if proto.graph.is_some() => Ok(proto),
        Ok(_) => Err(not_onnx(bytes)
            .unwrap_or_else(|| ModelError::Malformed("the model has no graph".to_owned()))),
        Err(error @ (ModelError::TooDeep { .. } | ModelError::TooBig { .. })) => Err(error),
        Err(error) => Err(not_onnx(bytes).unwrap_or(error)),
    }
}

fn not_onnx(bytes: &[u8]) -> Option<ModelError> {
    let looks_like = guess::looks_like(bytes);
    let unknown = looks_like == guess::UNKNOWN;
    let begins_like_onnx = bytes.first().is_some_and(|byte| MODEL_TAGS.contains(byte));
    (!unknown || !begins_like_onnx).then_some(ModelError::NotOnnx { looks_like })
}

/// Converts a decoded model to its graph, reading external data through `external`.
///
/// # Errors
/// Every variant of [`ModelError`] that speaks of versions, values, tensors or operators.
pub(crate) fn convert(proto: &ModelProto, external: &mut External) -> Result<Graph, ModelError> {
    check_ir_version(proto.ir_version.unwrap_or(0))?;
    let opsets = opsets(&proto.opset_import)?;
    let graph = inlined(proto, &opsets)?;
    Reader::new(opsets, external).graph(&graph)
}

/// The model's own graph, model-local functions inlined.
///
/// # Errors
/// As [`convert`].
pub(crate) fn whole_graph(proto: &ModelProto) -> Result<Cow<'_, GraphProto>, ModelError> {
    inlined(proto, &opsets(&proto.opset_import)?)
}

fn inlined<'p>(
    proto: &'p ModelProto,
    opsets: &BTreeMap<String, i64>,
) -> Result<Cow<'p, GraphProto>, ModelError> {
    let graph = proto
        .graph
        .as_ref()
        .ok_or_else(|| ModelError::Malformed("the model has no graph".to_owned()))?;
    if proto.functions.is_empty() {
        return Ok(Cow::Borrowed(graph));
    }
    function::inline(graph, &proto.functions, opsets, proto.encoded_len()).map(Cow::Owned)
}

fn check_ir_version(found: i64) -> Result<(), ModelError> {
    if IR_VERSIONS.contains(&found) {
        return Ok(());
    }
    Err(ModelError::IrVersion {
        found,
        oldest: *IR_VERSIONS.start(),
        newest: *IR_VERSIONS.end(),
    })
}

fn opsets(imports: &[OperatorSetIdProto]) -> Result<BTreeMap<String, i64>, ModelError> {
    if imports.len() > OPSETS_LIMIT {
        return Err(ModelError::Malformed(format!(
            "{} operator sets are imported, {OPSETS_LIMIT} at most are read",
            imports.len()
        )));
    }
    let mut opsets = BTreeMap::new();
    for import in imports {
        let domain = name::domain(import.domain.as_deref());
        let version = import.version.unwrap_or(0);
        if opsets
            .insert(domain.to_owned(), version)
            .is_some_and(|v| v != version)
        {
            return Err(ModelError::Malformed(format!(
                "the operator set '{domain}' is imported in two versions"
            )));
        }
    }
    let found = *opsets.get("").ok_or(ModelError::NoOpset)?;
    if OPSETS.contains(&found) {
        return Ok(opsets);
    }
    Err(ModelError::Opset {
        found,
        oldest: *OPSETS.start(),
        newest: *OPSETS.end(),
    })
}
