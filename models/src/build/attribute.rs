//! Attributes of nodes under construction, so that callers write values and not messages.

use bytes::Bytes;

use crate::proto::{AttributeProto, AttributeType};

/// The value of a node's attribute.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Attr {
    Int(i64),
    Float(f32),
    Ints(Vec<i64>),
    Text(&'static str),
}

impl Attr {
    pub(super) fn to_proto(&self, name: &str) -> AttributeProto {
        let mut proto = AttributeProto {
            name: Some(name.into()),
            ..Default::default()
        };
        let kind = match self {
            Self::Int(value) => {
                proto.i = Some(*value);
                AttributeType::Int
            }
            Self::Float(value) => {
                proto.f = Some(*value);
                AttributeType::Float
            }
            Self::Ints(values) => {
                proto.ints.clone_from(values);
                AttributeType::Ints
            }
            Self::Text(value) => {
                proto.s = Some(Bytes::from_static(value.as_bytes()));
                AttributeType::String
            }
        };
        proto.r#type = Some(kind as i32);
        proto
    }
}
