//! What cannot be done is refused before anything runs, by name, with what would do.

mod common;

use std::fs;

use tare_adapter_api::{
    Adapter, AdapterError, DataType, Device, LoadRequest, ModelFormat, Options, Precision,
    Readiness,
};
use tare_adapter_onnxruntime::OnnxRuntime;
use tare_models::proto::{
    AttributeProto, AttributeType, GraphProto, ModelProto, StringStringEntryProto, TensorProto,
    TypeProto, type_proto,
};

use common::{
    Written, doubling, doubling_request, is_here, model, node, opset, refusal, request, tensor,
    typed,
};

/// The refusals of `load` and of `accepts` for the doubling model after a change of the request.
fn refused_by_both(change: impl FnOnce(&mut LoadRequest)) -> String {
    let written = Written::new(&doubling());
    let mut request = doubling_request(&written.path);
    change(&mut request);
    let refused = OnnxRuntime.accepts(&request).expect_err("refused");
    assert_eq!(refused.to_string(), refusal(&request));
    refused.to_string()
}

/// The refusals of the doubling model after a change of the file.
fn refused_file(change: impl FnOnce(&mut ModelProto)) -> (Result<(), AdapterError>, String) {
    let mut changed = doubling();
    change(&mut changed);
    let written = Written::new(&changed);
    let request = doubling_request(&written.path);
    let message = refusal(&request);
    let path = written.path.display().to_string();
    (
        OnnxRuntime.accepts(&request),
        message.replace(&path, "model.onnx"),
    )
}

fn operator(model: &mut ModelProto, op_type: &str, domain: &str) {
    let node = &mut model.graph.as_mut().expect("a graph").node[0];
    node.op_type = Some(op_type.to_owned());
    node.domain = Some(domain.to_owned());
}

fn options(pairs: &[(&str, &str)]) -> Options {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

#[test]
fn a_place_where_it_does_not_execute_is_refused() {
    assert_eq!(
        refused_by_both(|request| request.device = Device::Cuda(1)),
        "onnxruntime with ep=cpu executes on the cpu, not on cuda:1: ask for --device cpu, or add ep=cuda"
    );
    assert_eq!(
        refused_by_both(|request| request.options = options(&[("ep", "cuda")])),
        "onnxruntime with ep=cuda executes on a GPU, not on the cpu: ask for --device cuda:0, or leave ep out"
    );
    assert_eq!(
        refused_by_both(|request| request.precision = Some(Precision::Fp16)),
        "onnxruntime with ep=cpu executes a model in the precision of its file, not in fp16: leave --precision out"
    );
    assert_eq!(
        refused_by_both(|request| request.precision = Some(Precision::Tf32)),
        "onnxruntime with ep=cpu executes a model in the precision of its file, not in tf32: leave --precision out"
    );
    assert_eq!(
        refused_by_both(|request| request.format = ModelFormat::TorchScript),
        "onnxruntime reads ONNX, not TorchScript"
    );
}

#[test]
fn a_provider_that_the_library_lacks_is_refused_with_those_it_has() {
    if !is_here() {
        return;
    }
    for (ep, provider) in [
        ("cuda", "CUDAExecutionProvider"),
        ("tensorrt", "TensorrtExecutionProvider"),
    ] {
        let message = refused_by_both(|request| {
            request.device = Device::Cuda(0);
            request.options = options(&[("ep", ep)]);
        });
        let lacks = format!("has no {provider}, only ");
        assert!(message.contains(&lacks), "{message}");
        assert!(
            message.contains("CPUExecutionProvider; run `tare runtime install onnxruntime-gpu`, "),
            "{message}"
        );
        let readiness = OnnxRuntime.check(None, &options(&[("ep", ep)]));
        let Readiness::Unavailable { reason, remedy } = readiness else {
            panic!("{ep} is ready");
        };
        assert!(reason.contains(&lacks), "{reason}");
        assert_eq!(
            remedy,
            format!(
                "run `tare runtime install onnxruntime-gpu`, name a library that was built with it (library=PATH), or leave ep={ep} out"
            )
        );
    }
}

#[test]
fn an_option_that_means_nothing_is_refused_by_check_and_load_alike() {
    let Readiness::Unavailable { reason, remedy } =
        OnnxRuntime.check(None, &options(&[("opt", "most")]))
    else {
        panic!("ready");
    };
    assert_eq!(reason, "adapter 'onnxruntime' refuses option 'opt=most'");
    assert_eq!(remedy, "use none or basic or extended or all");
    assert_eq!(
        refused_by_both(|request| request.options = options(&[("opt", "most")])),
        format!("{reason}: {remedy}")
    );
}

#[test]
fn an_operator_that_it_lacks_is_named_with_domain_and_opset() {
    if !is_here() {
        return;
    }
    let lacks = |change: &dyn Fn(&mut ModelProto)| {
        let (accepted, message) = refused_file(change);
        let refused = accepted.expect_err("refused");
        assert!(matches!(refused, AdapterError::Lacks { .. }), "{refused}");
        assert_eq!(refused.to_string(), message);
        message
    };
    assert_eq!(
        lacks(&|model| operator(model, "NoSuchOperator", "")),
        "onnxruntime lacks operator NoSuchOperator (domain ai.onnx, opset 17)"
    );
    let example = |model: &mut ModelProto| {
        operator(model, "Twirl", "com.example");
        model.opset_import.push(opset("com.example", 3));
    };
    assert_eq!(
        lacks(&example),
        "onnxruntime lacks operator Twirl (domain com.example, opset 3)"
    );
    let learning = |model: &mut ModelProto| {
        operator(model, "Twirl", "ai.onnx.ml");
        model.opset_import.push(opset("ai.onnx.ml", 3));
    };
    assert_eq!(
        lacks(&learning),
        "onnxruntime lacks operator Twirl (domain ai.onnx.ml, opset 3)"
    );
}

#[test]
fn an_operator_that_it_lacks_for_these_types_is_named_as_well() {
    if !is_here() {
        return;
    }
    let written = Written::new(&model(
        vec![node("Max", &["x", "x"], &["y"])],
        vec![tensor("x", DataType::U16, &[2])],
        vec![tensor("y", DataType::U16, &[2])],
    ));
    let request = request(
        &written.path,
        &[("x", DataType::U16, &[2])],
        &[("y", DataType::U16)],
    );
    assert_eq!(
        refusal(&request),
        "onnxruntime lacks operator Max (domain ai.onnx, opset 17)"
    );
}

#[test]
fn an_operator_within_an_operator_is_named_and_not_the_one_around_it() {
    if !is_here() {
        return;
    }
    let branch = |name: &str| AttributeProto {
        name: Some(name.to_owned()),
        r#type: Some(AttributeType::Graph as i32),
        g: Some(GraphProto {
            name: Some(name.to_owned()),
            node: vec![node("NoSuchOperator", &["x"], &["inner"])],
            output: vec![tensor("inner", DataType::F32, &[2])],
            ..GraphProto::default()
        }),
        ..AttributeProto::default()
    };
    let mut choice = node("If", &["flag"], &["y"]);
    choice.attribute = ["then_branch", "else_branch"].map(branch).into();
    let written = Written::new(&model(
        vec![choice],
        vec![
            tensor("x", DataType::F32, &[2]),
            tensor("flag", DataType::Bool, &[]),
        ],
        vec![tensor("y", DataType::F32, &[2])],
    ));
    let request = request(
        &written.path,
        &[("x", DataType::F32, &[2]), ("flag", DataType::Bool, &[])],
        &[("y", DataType::F32)],
    );
    assert_eq!(
        refusal(&request),
        "onnxruntime lacks operator NoSuchOperator (domain ai.onnx, opset 17)"
    );
}

#[test]
fn a_file_that_is_too_new_is_refused_with_what_the_version_reads() {
    if !is_here() {
        return;
    }
    let (accepted, message) = refused_file(|model| model.opset_import = vec![opset("", 99)]);
    assert!(message.contains("to opset "), "{message}");
    assert!(
        message.contains("but the model asks for 99: take a newer version"),
        "{message}"
    );
    assert_eq!(accepted, Err(AdapterError::Unsupported(message)));
    let (accepted, message) = refused_file(|model| model.ir_version = Some(99));
    assert!(
        message.contains("but the model has 99: take a newer version"),
        "{message}"
    );
    assert_eq!(accepted, Err(AdapterError::Unsupported(message)));
}

#[test]
fn weights_in_a_file_that_is_not_there_are_told_by_its_name() {
    if !is_here() {
        return;
    }
    let (accepted, message) = refused_file(|model| {
        let graph = model.graph.as_mut().expect("a graph");
        graph.node[0].input[1] = "w".to_owned();
        graph.initializer.push(TensorProto {
            name: Some("w".to_owned()),
            dims: vec![2],
            data_type: Some(DataType::F32.to_onnx()),
            data_location: Some(1),
            external_data: vec![StringStringEntryProto {
                key: Some("location".to_owned()),
                value: Some("weights.data".to_owned()),
            }],
            ..TensorProto::default()
        });
    });
    assert_eq!(
        message,
        "cannot load the model: 'model.onnx': its weights lie in 'weights.data', which is not beside it: put that file into the same folder"
    );
    assert_eq!(
        accepted,
        Ok(()),
        "a file that cannot be read is left to load"
    );
}

#[test]
fn what_is_no_model_is_told_with_its_path_in_one_line() {
    if !is_here() {
        return;
    }
    let written = Written::new(&doubling());
    let request = doubling_request(&written.path);
    let whole = fs::read(&written.path).expect("written above");
    for content in [&b"this is no model"[..], b"", &whole[..whole.len() - 7]] {
        fs::write(&written.path, content).expect("writes");
        let message = refusal(&request);
        let path = written.path.display().to_string();
        assert!(
            message.starts_with(&format!("cannot load the model: '{path}': ")),
            "{message}"
        );
        assert_eq!(
            (message.matches(&path).count(), message.lines().count()),
            (1, 1),
            "{message}"
        );
        assert_eq!(OnnxRuntime.accepts(&request), Ok(()));
    }
}

#[test]
fn inputs_and_outputs_that_are_not_the_models_are_named() {
    if !is_here() {
        return;
    }
    let written = Written::new(&doubling());
    let refused = |change: fn(&mut LoadRequest)| {
        let mut request = doubling_request(&written.path);
        change(&mut request);
        refusal(&request)
    };
    assert_eq!(
        refused(|request| request.inputs[0].shape = vec![3]),
        "cannot load the model: input 'x' was asked for with shape [3] but the model has [2]"
    );
    assert_eq!(
        refused(|request| request.inputs[0].shape = vec![2, 1]),
        "cannot load the model: input 'x' was asked for with shape [2, 1] but the model has [2]"
    );
    assert_eq!(
        refused(|request| request.inputs[0].dtype = DataType::F64),
        "cannot load the model: input 'x' was asked for as f64 but the model has f32"
    );
    assert_eq!(
        refused(|request| request.outputs[0].dtype = DataType::I64),
        "cannot load the model: output 'y' was asked for as i64 but the model has f32"
    );
    assert_eq!(
        refused(|request| request.outputs[0].name = "absent".to_owned()),
        "cannot load the model: the model has no output 'absent'"
    );
    assert_eq!(
        refused(|request| request.outputs[0].name = "a\0b".to_owned()),
        "cannot load the model: the model has no output 'a\0b'"
    );
    assert_eq!(
        refused(|request| request.outputs[0].dtype = DataType::String),
        "output 'y' is string: only tensors of numbers and booleans are fed and fetched"
    );
}

#[test]
fn values_that_are_no_tensors_of_numbers_are_refused_by_name() {
    if !is_here() {
        return;
    }
    let element = TypeProto {
        value: tensor("x", DataType::F32, &[2])
            .r#type
            .and_then(|typed| typed.value),
        denotation: None,
    };
    let element = Box::new(type_proto::Element {
        elem_type: Some(element.into()),
    });
    let kinds = [
        (
            type_proto::Value::SequenceType(element.clone()),
            "input 'x' is a sequence",
        ),
        (
            type_proto::Value::OptionalType(element),
            "input 'x' is optional",
        ),
    ];
    for (kind, refused) in kinds {
        let written = Written::new(&model(
            vec![
                node("Identity", &["x"], &["z"]),
                node("Neg", &["w"], &["y"]),
            ],
            vec![typed("x", kind.clone()), tensor("w", DataType::F32, &[2])],
            vec![tensor("y", DataType::F32, &[2]), typed("z", kind)],
        ));
        let inputs: [(_, _, &[usize]); 2] =
            [("x", DataType::F32, &[2]), ("w", DataType::F32, &[2])];
        let request = request(&written.path, &inputs, &[("y", DataType::F32)]);
        assert_eq!(
            refusal(&request),
            format!("{refused}: only tensors of numbers and booleans are fed and fetched")
        );
    }
}
