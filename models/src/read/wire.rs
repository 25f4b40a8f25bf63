//! Walks the wire format before anything is decoded, so that a small hostile file cannot exhaust memory or the stack.
//!
//! Two bytes of an empty message become a structure of hundreds: without a count of them, decoding a file of 100 MB
//! could take 100 GB.

use std::mem::size_of;

use super::error::ModelError;
use crate::proto;

/// The deepest nesting of messages; the decoder's own limit is higher.
pub(super) const DEPTH_LIMIT: usize = 96;
const FREE_BYTES: u64 = 256 << 20;
const BYTES_PER_BYTE: u64 = 16;

#[derive(Clone, Copy)]
enum Message {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    Sparse,
    ValueInfo,
    Type,
    TensorType,
    Shape,
    Dimension,
    Element,
    Map,
    Function,
    Annotation,
    Pair,
}

impl Message {
    fn memory(self) -> usize {
        match self {
            Self::Model => size_of::<proto::ModelProto>(),
            Self::Graph => size_of::<proto::GraphProto>(),
            Self::Node => size_of::<proto::NodeProto>(),
            Self::Attribute => size_of::<proto::AttributeProto>(),
            Self::Tensor => size_of::<proto::TensorProto>(),
            Self::Sparse => size_of::<proto::SparseTensorProto>(),
            Self::ValueInfo => size_of::<proto::ValueInfoProto>(),
            Self::Type | Self::TensorType | Self::Shape | Self::Element | Self::Map => {
                size_of::<proto::TypeProto>() + size_of::<proto::TensorShapeProto>()
            }
            Self::Dimension => size_of::<proto::Dimension>(),
            Self::Function => size_of::<proto::FunctionProto>(),
            Self::Annotation => size_of::<proto::TensorAnnotation>(),
            Self::Pair => size_of::<proto::StringStringEntryProto>(),
        }
    }

    fn child(self, field: u64) -> Option<Self> {
        Some(match (self, field) {
            (Self::Model, 7) | (Self::Attribute, 6 | 11) => Self::Graph,
            (Self::Model, 25) => Self::Function,
            (Self::Graph, 1) | (Self::Function, 7) => Self::Node,
            (Self::Graph, 5) | (Self::Attribute, 5 | 10) | (Self::Sparse, 1 | 2) => Self::Tensor,
            (Self::Graph, 11..=13) | (Self::Function, 12) => Self::ValueInfo,
            (Self::Graph, 14) => Self::Annotation,
            (Self::Graph, 15) | (Self::Attribute, 22 | 23) => Self::Sparse,
            (Self::Node, 5) | (Self::Function, 11) => Self::Attribute,
            (Self::Attribute, 14 | 15)
            | (Self::ValueInfo, 2)
            | (Self::Element, 1)
            | (Self::Map, 2) => Self::Type,
            (Self::Type, 1 | 8) => Self::TensorType,
            (Self::Type, 4 | 9) => Self::Element,
            (Self::Type, 5) => Self::Map,
            (Self::TensorType, 2) => Self::Shape,
            (Self::Shape, 1) => Self::Dimension,
            (Self::Model, 8 | 14)
            | (Self::Graph, 16)
            | (Self::Node, 9)
            | (Self::Tensor, 13 | 16)
            | (Self::ValueInfo, 4)
            | (Self::Function, 9 | 14)
            | (Self::Annotation, 2) => Self::Pair,
            _ => return None,
        })
    }
}

/// Checks that `bytes` can be decoded as a model in bounded memory and stack.
///
/// # Errors
/// [`ModelError::Truncated`], [`ModelError::TooDeep`], [`ModelError::TooBig`], [`ModelError::Malformed`].
pub(super) fn check(bytes: &[u8]) -> Result<(), ModelError> {
    let limit = memory_limit(bytes.len());
    let mut walk = Walk { need: 0, limit };
    walk.message(bytes, Message::Model, 1)
}

/// Bytes of memory that reading a file of `size` bytes may take beside the file.
pub(super) fn memory_limit(size: usize) -> u64 {
    FREE_BYTES.saturating_add((size as u64).saturating_mul(BYTES_PER_BYTE))
}

struct Walk {
    need: u64,
    limit: u64,
}

impl Walk {
    fn message(&mut self, bytes: &[u8], message: Message, depth: usize) -> Result<(), ModelError> {
        if depth > DEPTH_LIMIT {
            return Err(ModelError::TooDeep { limit: DEPTH_LIMIT });
        }
        self.take(message.memory())?;
        let mut rest = bytes;
        while !rest.is_empty() {
            let tag = varint(&mut rest).ok_or_else(|| truncated(bytes, depth, 1))?;
            let (field, wire) = (tag >> 3, tag & 7);
            if field == 0 {
                return Err(malformed("a field with the number 0"));
            }
            let length = match wire {
                0 => {
                    varint(&mut rest).ok_or_else(|| truncated(bytes, depth, 1))?;
                    continue;
                }
                1 => 8,
                2 => varint(&mut rest).ok_or_else(|| truncated(bytes, depth, 1))?,
                5 => 4,
                _ => return Err(malformed("a field of an unknown wire type")),
            };
            let have = rest.len() as u64;
            if length > have {
                return Err(truncated(bytes, depth, length - have));
            }
            let (body, after) = rest.split_at(length as usize);
            rest = after;
            match message.child(field).filter(|_| wire == 2) {
                Some(child) => self.message(body, child, depth + 1)?,
                None => self.take(size_of::<bytes::Bytes>())?,
            }
        }
        Ok(())
    }

    fn take(&mut self, bytes: usize) -> Result<(), ModelError> {
        self.need += bytes as u64;
        if self.need > self.limit {
            return Err(ModelError::TooBig {
                need: self.need,
                limit: self.limit,
            });
        }
        Ok(())
    }
}

fn truncated(bytes: &[u8], depth: usize, missing: u64) -> ModelError {
    if depth > 1 {
        return malformed("a field that reaches beyond its message");
    }
    ModelError::Truncated {
        have: bytes.len() as u64,
        missing,
    }
}

fn malformed(problem: &str) -> ModelError {
    ModelError::Malformed(problem.to_owned())
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for (position, byte) in rest.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * position as u32).min(63);
        if byte & 0x80 == 0 {
            *rest = &rest[position + 1..];
            return Some(value);
        }
    }
    None
}
