//! Element types: ONNX's, and the ones that libtorch has for them.

use tare_adapter_api::DataType;
use tch::Kind;

const PAIRS: [(DataType, Kind); 10] = [
    (DataType::F32, Kind::Float),
    (DataType::F64, Kind::Double),
    (DataType::F16, Kind::Half),
    (DataType::Bf16, Kind::BFloat16),
    (DataType::I8, Kind::Int8),
    (DataType::I16, Kind::Int16),
    (DataType::I32, Kind::Int),
    (DataType::I64, Kind::Int64),
    (DataType::U8, Kind::Uint8),
    (DataType::Bool, Kind::Bool),
];

/// The kind that holds this type exactly; `None` where libtorch computes with no such type.
pub(crate) fn kind(dtype: DataType) -> Option<Kind> {
    let found = PAIRS.iter().find(|(known, _)| *known == dtype);
    found.map(|(_, kind)| *kind)
}

/// The type that this kind holds.
pub(crate) fn data_type(kind: Kind) -> Option<DataType> {
    let found = PAIRS.iter().find(|(_, known)| *known == kind);
    found.map(|(dtype, _)| *dtype)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_the_width_of_its_type() {
        for (dtype, kind) in PAIRS {
            let bits = kind.elt_size_in_bytes() as u64 * 8;
            assert_eq!(dtype.bits(), Some(bits), "{dtype}");
            assert_eq!(data_type(kind), Some(dtype));
        }
        assert_eq!(kind(DataType::U64), None);
        assert_eq!(data_type(Kind::ComplexFloat), None);
    }
}
