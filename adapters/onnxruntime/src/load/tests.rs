//! What a loaded model does where its nodes lie on the processor, told by ONNX Runtime and made up.

use tare_adapter_api::{
    Adapter, DataType, Options, OutputSpec, Readiness, RequestProfile, Tensor, TensorSpec,
};
use tare_models::Dim;
use tare_models::build::{Builder, Weights, write};
use tempfile::TempDir;

use super::*;

/// Two operators over six numbers, loaded for the processor, with the folder of the file; `None` where no library is installed.
fn two_nodes() -> Option<(OnnxModel, TempDir)> {
    let ready = crate::OnnxRuntime.check(None, &Options::new());
    if let Readiness::Unavailable { reason, remedy } = ready {
        let named = std::env::var_os("TARE_RUNTIMES").is_some_and(|folder| !folder.is_empty());
        assert!(!named, "{reason}; {remedy}");
        println!("not run: {reason}; {remedy}");
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let request = written(&folder.path().join("model.onnx"));
    Some((OnnxModel::load(&request).expect("loads"), folder))
}

fn written(path: &Path) -> LoadRequest {
    let mut graph = Builder::new("two", Weights::Seeded(1));
    let dims = [Dim::Fixed(2), Dim::Fixed(3)];
    let x = graph.input("x", DataType::F32, &dims);
    let sine = graph.op("Sin", &[&x]);
    let y = graph.op("Mul", &[&sine, &x]);
    graph.output("y", &y, &dims);
    write(&graph.finish(), path).expect("written");
    let input = TensorSpec {
        name: "x".to_owned(),
        dtype: DataType::F32,
        shape: vec![2, 3],
    };
    let output = OutputSpec {
        name: "y".to_owned(),
        dtype: DataType::F32,
    };
    LoadRequest::new(path.to_owned(), vec![input], vec![output])
}

fn nodes(placement: &[(&str, usize)]) -> BTreeMap<String, usize> {
    let owned = |(name, count): &(&str, usize)| ((*name).to_owned(), *count);
    placement.iter().map(owned).collect()
}

/// As if the model had been loaded for a GPU and its nodes had been found there.
fn on_gpu(
    loaded: OnnxModel,
    fallback: bool,
    found: Result<BTreeMap<String, usize>, AdapterError>,
) -> OnnxModel {
    let mut settings = loaded.settings.clone();
    (settings.provider, settings.fallback) = (Provider::Cuda, fallback);
    OnnxModel {
        settings,
        placement: OnceLock::from(found),
        ..loaded
    }
}

/// What a request, its outputs, and a profile come to in the session that a worker enters.
fn entered(loaded: &OnnxModel) -> [Result<(), AdapterError>; 3] {
    let mut session = loaded.session().expect("a session");
    let x = Tensor::from_values(vec![2, 3], vec![0.5f32; 6]).expect("fits");
    let mut told = None;
    session.enter(&mut |session| {
        let run = session.run(std::slice::from_ref(&x));
        let outputs = session.outputs().map(drop);
        let profile = session.start_profile().and_then(|()| {
            session.run(std::slice::from_ref(&x))?;
            let profiles: Vec<RequestProfile> = session.end_profile()?;
            assert_eq!(profiles.len(), 1);
            Ok(())
        });
        told = Some([run, outputs, profile]);
    });
    told.expect("entered")
}

#[test]
fn the_nodes_of_a_loaded_model_are_counted_by_one_profiled_request() {
    let Some((loaded, _folder)) = two_nodes() else {
        return;
    };
    let counted = placement::by_provider(&loaded);
    assert_eq!(counted, Ok(nodes(&[("CPUExecutionProvider", 2)])));
}

#[test]
fn on_the_processor_nobody_looks_where_the_nodes_are() {
    let Some((loaded, _folder)) = two_nodes() else {
        return;
    };
    assert_eq!(entered(&loaded), [Ok(()), Ok(()), Ok(())]);
    let options = loaded.runtime().options;
    assert!(!options.contains_key("nodes_on_cpu"), "{options:?}");
    assert!(loaded.placement.get().is_none());
}

#[test]
fn a_session_with_nodes_on_the_processor_refuses_every_request() {
    let Some((loaded, _folder)) = two_nodes() else {
        return;
    };
    let found = nodes(&[("CPUExecutionProvider", 1), ("CUDAExecutionProvider", 1)]);
    let loaded = on_gpu(loaded, false, Ok(found));
    let refusal = AdapterError::Unsupported(
        "onnxruntime with ep=cuda runs 1 of the model's nodes on the cpu: add fallback=true to allow it".to_owned(),
    );
    let refused = Err(refusal);
    assert_eq!(entered(&loaded), [(); 3].map(|()| refused.clone()));
}

#[test]
fn a_session_whose_nodes_cannot_be_told_refuses_every_request() {
    let Some((loaded, _folder)) = two_nodes() else {
        return;
    };
    let failed = AdapterError::Run("it does not take zeros".to_owned());
    let loaded = on_gpu(loaded, false, Err(failed));
    for told in entered(&loaded) {
        let refusal = told.expect_err("refused").to_string();
        assert!(refusal.contains("cannot tell whether nodes of the model run on the cpu (the request failed: it does not take zeros)"), "{refusal}");
    }
}

#[test]
fn a_session_with_nodes_on_its_gpu_alone_or_with_leave_to_fall_back_runs() {
    for (fallback, found, told) in [
        (false, &[("CUDAExecutionProvider", 2)][..], "0"),
        (true, &[("CPUExecutionProvider", 2)], "2"),
    ] {
        let Some((loaded, _folder)) = two_nodes() else {
            return;
        };
        let loaded = on_gpu(loaded, fallback, Ok(nodes(found)));
        let [run, outputs, _] = entered(&loaded);
        assert_eq!((run, outputs), (Ok(()), Ok(())));
        let options = loaded.runtime().options;
        assert_eq!(options.get("nodes_on_cpu").map(String::as_str), Some(told));
    }
}
