//! What a file declares of its inputs and outputs, read without judging the operators between them.
//!
//! The cases reach from operator set 1 to 24, beyond what is read elsewhere, and it is the adapter that is on trial.

use std::collections::BTreeSet;

use prost::Message as _;
use tare_adapter_api::{DataType, OutputSpec};
use tare_models::proto::type_proto::Value;
use tare_models::proto::{GraphProto, ModelProto, ValueInfoProto};

/// Names of the inputs that are no initialisers, and the outputs.
pub(crate) type Declared = (Vec<String>, Vec<OutputSpec>);

/// What the file declares; `None` where an input or an output is no tensor of numbers: sequences, optionals, maps, strings.
pub(crate) fn declared(file: &[u8]) -> Result<Option<Declared>, String> {
    let model = ModelProto::decode(file).map_err(|error| error.to_string())?;
    let graph = model.graph.ok_or("the file holds no graph")?;
    let inputs: Option<Vec<OutputSpec>> = inputs(&graph).map(tensor).collect();
    let outputs: Option<Vec<OutputSpec>> = graph.output.iter().map(tensor).collect();
    Ok(inputs.zip(outputs).map(|(inputs, outputs)| {
        let names = inputs.into_iter().map(|input| input.name).collect();
        (names, outputs)
    }))
}

fn inputs(graph: &GraphProto) -> impl Iterator<Item = &ValueInfoProto> {
    let constants: BTreeSet<&str> = graph
        .initializer
        .iter()
        .map(|tensor| tensor.name())
        .collect();
    graph
        .input
        .iter()
        .filter(move |info| !constants.contains(info.name()))
}

fn tensor(info: &ValueInfoProto) -> Option<OutputSpec> {
    let Value::TensorType(tensor) = info.r#type.as_ref()?.value.as_ref()? else {
        return None;
    };
    let dtype = DataType::from_onnx(tensor.elem_type())?;
    (dtype != DataType::String).then(|| OutputSpec {
        name: info.name().to_owned(),
        dtype,
    })
}

#[cfg(test)]
mod tests {
    use tare_models::build::{Builder, Weights};
    use tare_models::proto::{TypeProto, type_proto};

    use super::*;

    fn model() -> ModelProto {
        let mut graph = Builder::new("sum", Weights::Absent);
        let x = graph.input("x", DataType::F32, &[]);
        let one = graph.scalar(1.0);
        let sum = graph.op("Add", &[&x, &one]);
        graph.output("y", &sum, &[]);
        graph.finish()
    }

    #[test]
    fn initialisers_are_no_inputs() {
        let mut model = model();
        let graph = model.graph.as_mut().expect("a graph");
        let constant = graph.initializer[0].name().to_owned();
        let mut second = graph.input[0].clone();
        second.name = Some(constant);
        graph.input.push(second);
        let declared = declared(&model.encode_to_vec()).expect("a model");
        let (inputs, outputs) = declared.expect("tensors");
        assert_eq!(inputs, ["x"]);
        assert_eq!(
            outputs,
            [OutputSpec {
                name: "y".to_owned(),
                dtype: DataType::F32
            }]
        );
    }

    #[test]
    fn what_is_no_tensor_of_numbers_is_told_apart() {
        let mut model = model();
        assert!(declared(b"this is no model").is_err());
        assert_eq!(
            declared(&model.encode_to_vec()).map(|it| it.is_some()),
            Ok(true)
        );
        let output = |model: &mut ModelProto, r#type| {
            model.graph.as_mut().expect("a graph").output[0].r#type = Some(TypeProto {
                value: r#type,
                ..TypeProto::default()
            });
            declared(&model.encode_to_vec())
        };
        assert_eq!(output(&mut model, None), Ok(None));
        let strings = type_proto::Tensor {
            elem_type: Some(DataType::String.to_onnx()),
            ..type_proto::Tensor::default()
        };
        assert_eq!(
            output(&mut model, Some(Value::TensorType(strings))),
            Ok(None)
        );
    }
}
