//! Attributes of operators, nested graphs among them.

use super::error::ModelError;
use super::graph::Reader;
use super::tensor::{data_type, tensor};
use super::values::Scope;
use crate::data_type::DataType;
use crate::graph::Attribute;
use crate::proto::{AttributeProto, AttributeType, GraphProto, TensorProto};

impl Reader<'_> {
    /// Converts an attribute of the operator called `node`; graphs in it read values of `scope`.
    pub(super) fn attribute(
        &mut self,
        proto: &AttributeProto,
        node: &str,
        scope: &Scope<'_>,
    ) -> Result<Attribute, ModelError> {
        let name = proto.name.as_deref().unwrap_or("");
        let place = format!("{node}.{name}");
        if proto
            .ref_attr_name
            .as_deref()
            .is_some_and(|to| !to.is_empty())
        {
            return Err(ModelError::Malformed(format!(
                "the attribute '{place}' refers to a function's attribute outside a function"
            )));
        }
        Ok(match kind(proto) {
            AttributeType::Float => Attribute::Float(proto.f.unwrap_or(0.0)),
            AttributeType::Int => Attribute::Int(proto.i.unwrap_or(0)),
            AttributeType::String => {
                Attribute::String(proto.s.as_deref().unwrap_or_default().to_vec())
            }
            AttributeType::Floats => Attribute::Floats(proto.floats.clone()),
            AttributeType::Ints => Attribute::Ints(proto.ints.clone()),
            AttributeType::Strings => {
                Attribute::Strings(proto.strings.iter().map(|s| s.to_vec()).collect())
            }
            AttributeType::Tensor => self.tensor_attribute(proto.t.as_ref(), &place)?,
            AttributeType::Tensors => self.tensors_attribute(&proto.tensors, &place)?,
            AttributeType::Graph => {
                let empty = GraphProto::default();
                let graph = proto.g.as_ref().unwrap_or(&empty);
                Attribute::Graph(Box::new(self.nested(graph, &place, scope)?))
            }
            AttributeType::Graphs => {
                let graphs = proto.graphs.iter().map(|g| self.nested(g, &place, scope));
                Attribute::Graphs(graphs.collect::<Result<_, _>>()?)
            }
            AttributeType::SparseTensor => Attribute::Other("SPARSE_TENSOR"),
            AttributeType::SparseTensors => Attribute::Other("SPARSE_TENSORS"),
            AttributeType::TypeProto => Attribute::Other("TYPE_PROTO"),
            AttributeType::TypeProtos => Attribute::Other("TYPE_PROTOS"),
            AttributeType::Undefined => {
                return Err(ModelError::Malformed(format!(
                    "the attribute '{place}' has no type"
                )));
            }
        })
    }

    fn tensor_attribute(
        &mut self,
        proto: Option<&TensorProto>,
        place: &str,
    ) -> Result<Attribute, ModelError> {
        let proto = proto.ok_or_else(|| {
            ModelError::Malformed(format!("the attribute '{place}' has no tensor"))
        })?;
        if data_type(proto, place)? == DataType::String {
            return Ok(Attribute::Other("TENSOR of strings"));
        }
        tensor(proto, place, self.external).map(Attribute::Tensor)
    }

    fn tensors_attribute(
        &mut self,
        protos: &[TensorProto],
        place: &str,
    ) -> Result<Attribute, ModelError> {
        let tensors = protos.iter().map(|t| tensor(t, place, self.external));
        Ok(Attribute::Tensors(tensors.collect::<Result<_, _>>()?))
    }
}

/// The declared type, or for files from before types were declared, the one whose field is set.
fn kind(proto: &AttributeProto) -> AttributeType {
    let declared = proto
        .r#type
        .and_then(|number| AttributeType::try_from(number).ok());
    if let Some(kind) = declared.filter(|kind| *kind != AttributeType::Undefined) {
        return kind;
    }
    let set = [
        (proto.f.is_some(), AttributeType::Float),
        (proto.i.is_some(), AttributeType::Int),
        (proto.s.is_some(), AttributeType::String),
        (proto.t.is_some(), AttributeType::Tensor),
        (proto.g.is_some(), AttributeType::Graph),
        (!proto.floats.is_empty(), AttributeType::Floats),
        (!proto.ints.is_empty(), AttributeType::Ints),
        (!proto.strings.is_empty(), AttributeType::Strings),
        (!proto.tensors.is_empty(), AttributeType::Tensors),
        (!proto.graphs.is_empty(), AttributeType::Graphs),
    ];
    set.into_iter()
        .find(|(is_set, _)| *is_set)
        .map_or(AttributeType::Undefined, |(_, kind)| kind)
}
