//! ONNX's element types and ONNX Runtime's, side by side, as their numbers part ways after the 4-bit types.

use ort::sys::ONNXTensorElementDataType;
use ort::value::TensorElementType as Element;
use tare_adapter_api::DataType;

/// Every type of numbers that both have; strings and complex numbers are none that a request can carry.
const ELEMENTS: [(DataType, Element); 21] = [
    (DataType::F32, Element::Float32),
    (DataType::F64, Element::Float64),
    (DataType::F16, Element::Float16),
    (DataType::Bf16, Element::Bfloat16),
    (DataType::I8, Element::Int8),
    (DataType::I16, Element::Int16),
    (DataType::I32, Element::Int32),
    (DataType::I64, Element::Int64),
    (DataType::U8, Element::Uint8),
    (DataType::U16, Element::Uint16),
    (DataType::U32, Element::Uint32),
    (DataType::U64, Element::Uint64),
    (DataType::Bool, Element::Bool),
    (DataType::F8E4M3Fn, Element::Float8E4M3FN),
    (DataType::F8E4M3Fnuz, Element::Float8E4M3FNUZ),
    (DataType::F8E5M2, Element::Float8E5M2),
    (DataType::F8E5M2Fnuz, Element::Float8E5M2FNUZ),
    (DataType::F8E8M0, Element::Float8E8M0),
    (DataType::U4, Element::Uint4),
    (DataType::I4, Element::Int4),
    (DataType::F4E2M1, Element::Float4E2M1),
];

/// ONNX Runtime's type of these elements; `None` for strings and complex numbers.
pub(crate) fn element(dtype: DataType) -> Option<Element> {
    let found = ELEMENTS.iter().find(|(known, _)| *known == dtype);
    found.map(|(_, element)| *element)
}

/// ONNX's type of these elements; `None` for what no request can carry.
pub(crate) fn dtype(element: Element) -> Option<DataType> {
    let found = ELEMENTS.iter().find(|(_, known)| *known == element);
    found.map(|(dtype, _)| *dtype)
}

/// ONNX's type for a number of `ONNXTensorElementDataType`, which libraries newer than this program may extend.
pub(crate) fn from_number(number: i32) -> Option<DataType> {
    let is_it = |element: Element| ONNXTensorElementDataType::from(element) as i32 == number;
    let found = ELEMENTS.iter().find(|(_, element)| is_it(*element));
    found.map(|(dtype, _)| *dtype)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_comes_back_as_it_went() {
        for (known, _) in ELEMENTS {
            let there = element(known).expect("in the table");
            assert_eq!(dtype(there), Some(known));
            let number = ONNXTensorElementDataType::from(there) as i32;
            assert_eq!(from_number(number), Some(known));
        }
    }

    #[test]
    fn what_no_request_can_carry_has_no_type() {
        assert_eq!(element(DataType::String), None);
        assert_eq!(element(DataType::Complex64), None);
        assert_eq!(dtype(Element::String), None);
        assert_eq!(dtype(Element::Undefined), None);
        for number in [-1, 0, 8, 14, 99] {
            assert_eq!(from_number(number), None);
        }
    }
}
