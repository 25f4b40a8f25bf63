//! Whether nodes ran on the processor beside the provider that was asked for, as a profile of one request tells.

use std::collections::BTreeMap;

use tare_adapter_api::{AdapterError, Tensor, TensorSpec};

use crate::NAME;
use crate::load::OnnxModel;
use crate::session::placement;
use crate::settings::Provider;

/// How many nodes run on the processor; the request that shows it has zeros for inputs, which not every model takes.
pub(crate) fn nodes_on_cpu(loaded: &OnnxModel) -> Result<usize, AdapterError> {
    let zeros = loaded.plan.specs.iter().map(zeros);
    let zeros = zeros.collect::<Result<Vec<_>, _>>()?;
    Ok(on_cpu(&placement(loaded, &zeros)?))
}

/// Refuses nodes on the processor that nobody allowed.
pub(crate) fn refuse_fallback(provider: Provider, nodes: usize) -> Result<(), AdapterError> {
    if nodes == 0 {
        return Ok(());
    }
    Err(AdapterError::Unsupported(format!(
        "{NAME} with ep={} runs {nodes} of the model's nodes on the cpu: add fallback=true to allow it",
        provider.word()
    )))
}

fn on_cpu(placement: &BTreeMap<String, usize>) -> usize {
    placement.get(Provider::Cpu.name()).copied().unwrap_or(0)
}

fn zeros(spec: &TensorSpec) -> Result<Tensor, AdapterError> {
    let failed = |why: &dyn std::fmt::Display| {
        AdapterError::Run(format!("no zeros for input '{}': {why}", spec.name))
    };
    let elements: usize = spec.shape.iter().product();
    let bytes = spec.dtype.byte_len(elements as u64);
    let bytes = bytes.and_then(|bytes| usize::try_from(bytes).ok());
    let bytes = bytes.ok_or_else(|| failed(&"its size is unknown"))?;
    Tensor::from_bytes(spec.dtype, spec.shape.clone(), vec![0; bytes].into())
        .map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use tare_adapter_api::{Adapter, DataType, LoadRequest, Options, OutputSpec, Readiness};
    use tare_models::Dim;
    use tare_models::build::{Builder, Weights, write};

    use super::*;

    /// To load two operators over six numbers.
    fn two_nodes(path: &std::path::Path) -> LoadRequest {
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

    #[test]
    fn the_nodes_of_a_loaded_model_are_counted_by_one_profiled_request() {
        let ready = crate::OnnxRuntime.check(None, &Options::new());
        if let Readiness::Unavailable { reason, remedy } = ready {
            let named = std::env::var_os("TARE_RUNTIMES").is_some_and(|folder| !folder.is_empty());
            assert!(!named, "{reason}; {remedy}");
            return println!("not run: {reason}; {remedy}");
        }
        let folder = tempfile::tempdir().expect("a folder");
        let loaded = OnnxModel::load(&two_nodes(&folder.path().join("model.onnx")));
        let counted = nodes_on_cpu(&loaded.expect("loads")).expect("counted");
        assert_eq!(counted, 2);
    }

    #[test]
    fn nodes_on_the_processor_are_refused_with_their_number() {
        let placement = |nodes: &[(&str, usize)]| {
            let owned = |(name, count): &(&str, usize)| ((*name).to_owned(), *count);
            on_cpu(&nodes.iter().map(owned).collect())
        };
        let gpu = ("CUDAExecutionProvider", 7);
        assert_eq!(placement(&[gpu]), 0);
        assert_eq!(placement(&[gpu, ("CPUExecutionProvider", 2)]), 2);
        assert!(refuse_fallback(Provider::Cuda, 0).is_ok());
        let refusal = refuse_fallback(Provider::Cuda, 2).expect_err("refused");
        assert!(
            refusal.to_string().contains(
                "ep=cuda runs 2 of the model's nodes on the cpu: add fallback=true to allow it"
            ),
            "{refusal}"
        );
    }

    #[test]
    fn zeros_have_the_type_and_shape_of_their_input() {
        let spec = |dtype| TensorSpec {
            name: "x".to_owned(),
            dtype,
            shape: vec![2, 3],
        };
        let made = zeros(&spec(DataType::I64)).expect("made");
        assert_eq!(
            made,
            Tensor::from_values(vec![2, 3], vec![0i64; 6]).expect("fits")
        );
        assert!(zeros(&spec(DataType::String)).is_err());
    }
}
