//! ONNX's test data: one tensor a file, the message `TensorProto`.

use std::path::Path;

use prost::Message as _;
use tare_adapter_api::Tensor;
use tare_models::Model;
use tare_models::proto::{GraphProto, ModelProto, OperatorSetIdProto, TensorProto};

/// The tensor in the file; the error says why it is none.
pub(crate) fn read(path: &Path) -> Result<Tensor, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let proto = TensorProto::decode(bytes.as_slice())
        .map_err(|error| format!("{}: {error}", path.display()))?;
    tensor(proto)
}

/// Reads the message as the one constant of an empty model, so that there is one reader of tensors only.
fn tensor(mut proto: TensorProto) -> Result<Tensor, String> {
    proto.name = Some("tensor".to_owned());
    let model = ModelProto {
        ir_version: Some(8),
        opset_import: vec![OperatorSetIdProto {
            domain: None,
            version: Some(17),
        }],
        graph: Some(GraphProto {
            initializer: vec![proto],
            ..GraphProto::default()
        }),
        ..ModelProto::default()
    };
    let model = Model::from_bytes(model.encode_to_vec()).map_err(|error| error.to_string())?;
    let constant = model.graph().constants.values().next().cloned();
    constant.ok_or_else(|| "the file holds no tensor".to_owned())
}

#[cfg(test)]
mod tests {
    use tare_adapter_api::DataType;

    use super::*;

    #[test]
    fn a_tensor_is_read_as_it_was_written() {
        let proto = TensorProto {
            dims: vec![2],
            data_type: Some(DataType::I64.to_onnx()),
            int64_data: vec![3, -4],
            ..TensorProto::default()
        };
        let read = tensor(proto).expect("well formed");
        assert_eq!(
            read,
            Tensor::from_values(vec![2], vec![3i64, -4]).expect("fits")
        );
    }

    #[test]
    fn strings_are_refused() {
        let proto = TensorProto {
            dims: vec![1],
            data_type: Some(DataType::String.to_onnx()),
            string_data: vec![bytes::Bytes::from_static(b"a")],
            ..TensorProto::default()
        };
        assert!(tensor(proto).expect_err("strings").contains("strings"));
    }
}
