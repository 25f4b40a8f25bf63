//! Whether nodes ran on the processor beside the provider that was asked for, as a profile of one request tells.

use std::collections::BTreeMap;

use tare_adapter_api::{AdapterError, Tensor, TensorSpec};

use crate::NAME;
use crate::load::OnnxModel;
use crate::session::placement;
use crate::settings::Provider;

/// How many nodes each provider runs; the request that shows it has zeros for inputs, which not every model takes.
pub(crate) fn by_provider(loaded: &OnnxModel) -> Result<BTreeMap<String, usize>, AdapterError> {
    let zeros = loaded.plan.specs.iter().map(zeros);
    let zeros = zeros.collect::<Result<Vec<_>, _>>()?;
    placement(loaded, &zeros)
}

/// Refuses nodes on the processor that nobody allowed, and a placement that does not tell of any node.
pub(crate) fn refuse_fallback(
    provider: Provider,
    placement: Result<&BTreeMap<String, usize>, &AdapterError>,
) -> Result<(), AdapterError> {
    let refused = |why: String| {
        AdapterError::Unsupported(format!(
            "{NAME} with ep={} {why}: add fallback=true to allow it",
            provider.word()
        ))
    };
    let unknown = |why: &dyn std::fmt::Display| {
        refused(format!(
            "cannot tell whether nodes of the model run on the cpu ({why})"
        ))
    };
    let placement = placement.map_err(|error| unknown(error))?;
    if placement.is_empty() {
        return Err(unknown(&"its profile tells of no node"));
    }
    match on_cpu(placement) {
        0 => Ok(()),
        nodes => Err(refused(format!(
            "runs {nodes} of the model's nodes on the cpu"
        ))),
    }
}

/// The number of nodes on the processor, or why it is unknown.
pub(crate) fn told(placement: Result<&BTreeMap<String, usize>, &AdapterError>) -> String {
    match placement {
        Ok(placement) => on_cpu(placement).to_string(),
        Err(error) => format!("unknown: {error}"),
    }
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
    use tare_adapter_api::DataType;

    use super::*;

    fn nodes(placement: &[(&str, usize)]) -> BTreeMap<String, usize> {
        let owned = |(name, count): &(&str, usize)| ((*name).to_owned(), *count);
        placement.iter().map(owned).collect()
    }

    const CUDA: (&str, usize) = ("CUDAExecutionProvider", 7);
    const TENSOR_RT: (&str, usize) = ("TensorrtExecutionProvider", 1);

    #[test]
    fn nodes_on_gpus_alone_are_accepted() {
        for (provider, placed) in [
            (Provider::Cuda, &[CUDA][..]),
            (Provider::TensorRt, &[TENSOR_RT]),
            (Provider::TensorRt, &[CUDA, TENSOR_RT]),
        ] {
            assert_eq!(refuse_fallback(provider, Ok(&nodes(placed))), Ok(()));
            assert_eq!(told(Ok(&nodes(placed))), "0");
        }
    }

    #[test]
    fn nodes_on_the_processor_are_refused_with_their_number() {
        for (provider, word) in [(Provider::Cuda, "cuda"), (Provider::TensorRt, "tensorrt")] {
            for placed in [
                &[CUDA, ("CPUExecutionProvider", 2)][..],
                &[("CPUExecutionProvider", 2)],
            ] {
                let placed = nodes(placed);
                assert_eq!(
                    refuse_fallback(provider, Ok(&placed)),
                    Err(AdapterError::Unsupported(format!(
                        "onnxruntime with ep={word} runs 2 of the model's nodes on the cpu: add fallback=true to allow it"
                    )))
                );
                assert_eq!(told(Ok(&placed)), "2");
            }
        }
    }

    #[test]
    fn a_placement_that_cannot_be_told_is_refused_with_the_reason() {
        let failed = AdapterError::Run("zeros do not fit".to_owned());
        assert_eq!(
            refuse_fallback(Provider::Cuda, Err(&failed)),
            Err(AdapterError::Unsupported(
                "onnxruntime with ep=cuda cannot tell whether nodes of the model run on the cpu (the request failed: zeros do \
                 not fit): add fallback=true to allow it"
                    .to_owned()
            ))
        );
        assert_eq!(
            told(Err(&failed)),
            "unknown: the request failed: zeros do not fit"
        );
        let nothing = refuse_fallback(Provider::Cuda, Ok(&nodes(&[]))).expect_err("refused");
        assert!(
            nothing.to_string().contains("its profile tells of no node"),
            "{nothing}"
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
