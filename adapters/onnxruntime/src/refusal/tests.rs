//! What becomes of ONNX Runtime's messages, with the file they are about.

use std::path::PathBuf;

use tare_models::proto::{
    AttributeType, FunctionProto, OperatorSetIdProto, StringStringEntryProto,
};
use tempfile::TempDir;

use super::*;

fn node(op_type: &str, domain: &str) -> NodeProto {
    NodeProto {
        op_type: Some(op_type.to_owned()),
        domain: Some(domain.to_owned()),
        ..NodeProto::default()
    }
}

fn opset(domain: &str, version: i64) -> OperatorSetIdProto {
    OperatorSetIdProto {
        domain: Some(domain.to_owned()),
        version: Some(version),
    }
}

fn holding(graph: GraphProto) -> AttributeProto {
    AttributeProto {
        name: Some("body".to_owned()),
        r#type: Some(AttributeType::Graph as i32),
        g: Some(graph),
        ..AttributeProto::default()
    }
}

fn outside(location: &str) -> TensorProto {
    TensorProto {
        external_data: vec![
            StringStringEntryProto {
                key: Some("offset".to_owned()),
                value: Some("0".to_owned()),
            },
            StringStringEntryProto {
                key: Some("location".to_owned()),
                value: Some(location.to_owned()),
            },
        ],
        ..TensorProto::default()
    }
}

/// `Relu`, then `Outer` of com.example around `Inner` of ai.onnx.ml, and a function of `Deep`.
fn model() -> ModelProto {
    let inner = GraphProto {
        node: vec![node("Inner", "ai.onnx.ml")],
        ..GraphProto::default()
    };
    let mut outer = node("Outer", "com.example");
    outer.attribute = vec![holding(inner)];
    ModelProto {
        opset_import: vec![
            opset("", 17),
            opset("com.example", 3),
            opset("ai.onnx.ml", 4),
        ],
        graph: Some(GraphProto {
            node: vec![node("Relu", "ai.onnx"), outer],
            ..GraphProto::default()
        }),
        functions: vec![FunctionProto {
            node: vec![node("Deep", "com.deep")],
            ..FunctionProto::default()
        }],
        ..ModelProto::default()
    }
}

fn written(model: &ModelProto) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.onnx");
    std::fs::write(&path, model.encode_to_vec()).expect("writes");
    (folder, path)
}

fn refused(model: &ModelProto, message: &str) -> AdapterError {
    let (_folder, path) = written(model);
    refusal("1.31.1", &path, message)
}

fn no_kernel(operator: &str) -> String {
    let message = format!("Could not find an implementation for {operator}(1) node with name ''");
    refused(&model(), &message).to_string()
}

#[test]
fn the_file_tells_the_domain_and_the_opset_that_the_message_leaves_out() {
    assert_eq!(
        no_kernel("Relu"),
        "onnxruntime lacks operator Relu (domain ai.onnx, opset 17)"
    );
    assert_eq!(
        no_kernel("Outer"),
        "onnxruntime lacks operator Outer (domain com.example, opset 3)"
    );
    assert_eq!(
        no_kernel("Inner"),
        "onnxruntime lacks operator Inner (domain ai.onnx.ml, opset 4)"
    );
    assert_eq!(
        no_kernel("Deep"),
        "onnxruntime lacks operator Deep (domain com.deep, opset unknown)"
    );
}

#[test]
fn an_operator_that_a_function_expanded_to_is_one_of_onnxs_own() {
    assert_eq!(
        no_kernel("RandomUniformLike"),
        "onnxruntime lacks operator RandomUniformLike (domain ai.onnx, opset 17)"
    );
}

#[test]
fn without_the_file_the_message_alone_is_told() {
    let message = "This is an invalid model. In Node, (\"n\", Gelu, \"\", -1) : () -> () , Error No Op registered for Gelu with domain_version of 17";
    assert_eq!(
        refusal("1.31.1", Path::new("/nowhere/model.onnx"), message).to_string(),
        "onnxruntime lacks operator Gelu (domain ai.onnx, opset 17)"
    );
}

#[test]
fn the_path_is_told_once() {
    let (_folder, path) = written(&model());
    let message = format!(
        "Load model from {} failed:Protobuf parsing failed.",
        path.display()
    );
    assert_eq!(
        refusal("1.31.1", &path, &message),
        AdapterError::Load(format!("'{}': Protobuf parsing failed.", path.display()))
    );
}

#[test]
fn what_is_too_new_is_told_with_the_version_that_runs() {
    let message = "Unsupported model IR version: 14, max supported IR version: 13\n";
    assert_eq!(
        refused(&model(), message),
        AdapterError::Unsupported(
            "onnxruntime 1.31.1 reads files to IR version 13, but the model has 14: take a newer version of onnxruntime, or export the model for IR version 13"
                .to_owned()
        )
    );
}

#[test]
fn a_fall_back_that_was_forbidden_is_told_with_the_option_that_allows_it() {
    let message = "This session contains graph nodes that are assigned to the default CPU EP, but fallback to CPU EP has been explicitly disabled by the user.";
    let refused = refused(&model(), message);
    assert!(matches!(refused, AdapterError::Unsupported(_)), "{refused}");
    assert!(
        refused
            .to_string()
            .ends_with("on the cpu: add fallback=true to let it"),
        "{refused}"
    );
}

#[test]
fn weights_that_are_not_beside_the_model_are_found_wherever_it_names_them() {
    let message = "filesystem error: cannot get file size: No such file or directory";
    let missing = |change: &dyn Fn(&mut GraphProto)| {
        let mut model = model();
        change(model.graph.as_mut().expect("a graph"));
        refused(&model, message).to_string()
    };
    let told = |error: &str, file: &str| {
        error.contains(&format!(
            "its weights lie in '{file}', which is not beside it"
        ))
    };
    let weights = missing(&|graph| graph.initializer.push(outside("weights.data")));
    assert!(told(&weights, "weights.data"), "{weights}");
    let constant = missing(&|graph| {
        graph.node[0].attribute.push(AttributeProto {
            t: Some(outside("constant.data")),
            ..AttributeProto::default()
        });
    });
    assert!(told(&constant, "constant.data"), "{constant}");
    let inner = missing(&|graph| {
        graph.node[0].attribute.push(holding(GraphProto {
            initializer: vec![outside("inner.data")],
            ..GraphProto::default()
        }));
    });
    assert!(told(&inner, "inner.data"), "{inner}");
    let beside = missing(&|graph| graph.initializer.push(outside("model.onnx")));
    assert!(beside.ends_with(message), "{beside}");
}
