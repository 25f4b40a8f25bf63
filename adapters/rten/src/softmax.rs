//! Softmax before operator set 13, which rten reads as the later one: refused where the two mean something else.

use tare_adapter_api::{AdapterError, LackedOperator, LoadRequest};
use tare_models::{Model, Node, resolve};

use crate::NAME;

const OPERATORS: [&str; 3] = ["Softmax", "LogSoftmax", "Hardmax"];

/// Refuses a file whose Softmax rten would get wrong; one that cannot be read is left to loading.
///
/// # Errors
/// `Lacks`.
pub(crate) fn refuse_flattening(request: &LoadRequest) -> Result<(), AdapterError> {
    let Ok(model) = Model::open(&request.model) else {
        return Ok(());
    };
    let graph = model.graph();
    let opset = graph.opsets.get("").copied();
    let old = |node: &&Node| node.domain.is_empty() && OPERATORS.contains(&node.op_type.as_str());
    let candidates: Vec<&Node> = graph.nodes.iter().filter(old).collect();
    if opset.is_none_or(|opset| opset >= 13) || candidates.is_empty() {
        return Ok(());
    }
    let Ok(resolved) = resolve(graph, &request.inputs) else {
        return Ok(());
    };
    let shape = |node: &Node| Some(&resolved.types.get(&node.input(0)?)?.1);
    let is_wrong =
        |node: &&&Node| shape(node).is_some_and(|shape| differs(node.int("axis"), shape));
    match candidates.iter().find(is_wrong) {
        None => Ok(()),
        Some(node) => Err(AdapterError::Lacks {
            adapter: NAME,
            operators: vec![LackedOperator {
                op_type: node.op_type.clone(),
                domain: String::new(),
                opset,
            }],
        }),
    }
}

/// Whether the two disagree: the earlier one goes over all axes from `axis` (1 where left out) on as if they were one, the later one over `axis` (the last where left out).
fn differs(axis: Option<i64>, shape: &[usize]) -> bool {
    let place = |axis: i64| {
        usize::try_from(if axis < 0 {
            axis + shape.len() as i64
        } else {
            axis
        })
    };
    let (Ok(first), Ok(one)) = (place(axis.unwrap_or(1)), place(axis.unwrap_or(-1))) else {
        return false;
    };
    let mut together = shape.iter().enumerate().skip(first);
    one < first || together.any(|(place, size)| place != one && *size != 1)
}

#[cfg(test)]
mod tests {
    use tare_adapter_api::{Adapter, DataType, OutputSpec, TensorSpec};
    use tare_models::Dim;
    use tare_models::build::{Builder, Weights, write};

    use super::*;
    use crate::Rten;

    #[test]
    fn both_agree_where_only_one_of_the_axes_together_is_longer_than_one() {
        assert!(!differs(None, &[2, 1000]), "the last is the only one");
        assert!(!differs(None, &[2, 1, 5]));
        assert!(differs(None, &[1, 1000, 1, 1]), "the last has one element");
        assert!(differs(None, &[2, 3, 4]));
        assert!(!differs(Some(1), &[1, 1000, 1, 1]));
        assert!(differs(Some(1), &[1, 12, 8, 8]));
        for axis in [3, -1] {
            assert!(!differs(Some(axis), &[1, 12, 8, 8]), "{axis}");
        }
        assert!(differs(None, &[5]), "one number each, against all five");
    }

    #[test]
    fn a_softmax_of_an_early_operator_set_is_refused_where_rten_takes_it_for_the_later_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model.onnx");
        let accepted = |opset: i64, shape: &[usize]| {
            let mut graph = Builder::new("softmax", Weights::Seeded(3));
            let dims: Vec<Dim> = shape.iter().map(|size| Dim::Fixed(*size)).collect();
            let x = graph.input("x", DataType::F32, &dims);
            let y = graph.op("Softmax", &[&x]);
            graph.output("y", &y, &dims);
            let mut model = graph.finish();
            model.opset_import[0].version = Some(opset);
            write(&model, &path).expect("written");
            let spec = TensorSpec {
                name: "x".to_owned(),
                dtype: DataType::F32,
                shape: shape.to_vec(),
            };
            let output = OutputSpec {
                name: "y".to_owned(),
                dtype: DataType::F32,
            };
            Rten.accepts(&LoadRequest::new(path.clone(), vec![spec], vec![output]))
        };
        let refusal = accepted(9, &[1, 3, 1, 1]).expect_err("rten would give ones");
        let named = "rten lacks operator Softmax (domain ai.onnx, opset 9)";
        assert_eq!(refusal.to_string(), named);
        assert_eq!(accepted(9, &[2, 3]), Ok(()));
        assert_eq!(accepted(13, &[1, 3, 1, 1]), Ok(()));
    }
}
