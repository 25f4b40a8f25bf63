//! What a file declares of its inputs and outputs, read without judging the operators between them.
//!
//! The cases reach from operator set 1 to 24, beyond what is read elsewhere, and it is the adapter that is on trial.

use std::collections::BTreeSet;

use prost::Message as _;
use tare_adapter_api::{DataType, OutputSpec};
use tare_models::proto::type_proto::Value;
use tare_models::proto::{GraphProto, ModelProto, ValueInfoProto};

/// Inputs that are no initialisers, by name, and outputs; the error names what is no tensor.
pub(crate) fn declared(file: &[u8]) -> Result<(Vec<String>, Vec<OutputSpec>), String> {
    let model = ModelProto::decode(file).map_err(|error| error.to_string())?;
    let graph = model.graph.ok_or("the file holds no graph")?;
    let inputs = inputs(&graph).map(tensor).collect::<Result<Vec<_>, _>>()?;
    let outputs = graph.output.iter().map(tensor).collect::<Result<_, _>>()?;
    Ok((
        inputs.into_iter().map(|input| input.name).collect(),
        outputs,
    ))
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

fn tensor(info: &ValueInfoProto) -> Result<OutputSpec, String> {
    let name = info.name().to_owned();
    let Some(Value::TensorType(tensor)) = info
        .r#type
        .as_ref()
        .and_then(|r#type| r#type.value.as_ref())
    else {
        return Err(format!(
            "'{name}' is no tensor: only tensors are fed and fetched"
        ));
    };
    match DataType::from_onnx(tensor.elem_type()) {
        None | Some(DataType::String) => Err(format!(
            "'{name}' holds no numbers: only numbers are fed and fetched"
        )),
        Some(dtype) => Ok(OutputSpec { name, dtype }),
    }
}

#[cfg(test)]
mod tests {
    use tare_models::build::{Builder, Weights};
    use tare_models::proto::TypeProto;

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
        let (inputs, outputs) = declared(&model.encode_to_vec()).expect("tensors");
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
    fn what_is_no_tensor_of_numbers_is_named() {
        let mut model = model();
        let graph = model.graph.as_mut().expect("a graph");
        graph.output[0].r#type = Some(TypeProto::default());
        assert_eq!(
            declared(&model.encode_to_vec()).expect_err("no type"),
            "'y' is no tensor: only tensors are fed and fetched"
        );
    }
}
