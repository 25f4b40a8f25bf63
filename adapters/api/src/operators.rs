//! Which operators of a model a framework lacks, asked of the file before anything is loaded.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use tare_models::{Attribute, Graph, Model};

use crate::error::{AdapterError, LackedOperator};

/// Refuses an ONNX file with operators, those of graphs within operators included, that `has` denies.
///
/// A file that cannot be read is not refused: loading it tells more.
///
/// # Errors
/// `Lacks`, with each operator once, in alphabetical order.
pub fn refuse_lacked(
    adapter: &'static str,
    model: &Path,
    has: impl Fn(&LackedOperator) -> bool,
) -> Result<(), AdapterError> {
    let Ok(model) = Model::open(model) else {
        return Ok(());
    };
    let mut found = BTreeSet::new();
    collect(model.graph(), &model.graph().opsets, &mut found);
    let operators: Vec<LackedOperator> = found
        .into_iter()
        .filter(|operator| !has(operator))
        .collect();
    if operators.is_empty() {
        return Ok(());
    }
    Err(AdapterError::Lacks { adapter, operators })
}

fn collect(graph: &Graph, opsets: &BTreeMap<String, i64>, found: &mut BTreeSet<LackedOperator>) {
    for node in &graph.nodes {
        found.insert(LackedOperator {
            op_type: node.op_type.clone(),
            domain: node.domain.clone(),
            opset: opsets.get(&node.domain).copied(),
        });
        for attribute in node.attributes.values() {
            match attribute {
                Attribute::Graph(inner) => collect(inner, opsets, found),
                Attribute::Graphs(list) => {
                    list.iter().for_each(|inner| collect(inner, opsets, found));
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tare_models::build::{Builder, Weights, write};
    use tare_models::proto::{
        AttributeProto, AttributeType, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
        ValueInfoProto,
    };
    use tare_models::{DataType, Dim};

    use super::*;

    /// `y = Relu(x)`, and a choice between two graphs of one operator of another domain each.
    fn model() -> ModelProto {
        let mut graph = Builder::new("nested", Weights::Absent);
        let dims = [Dim::Fixed(2)];
        let x = graph.input("x", DataType::F32, &dims);
        let flag = graph.input("flag", DataType::Bool, &[]);
        let relu = graph.op("Relu", &[&x]);
        let chosen = graph.op("If", &[&flag]);
        let sum = graph.op("Add", &[&relu, &chosen]);
        graph.output("y", &sum, &dims);
        let mut model = graph.finish();
        model.opset_import.push(OperatorSetIdProto {
            domain: Some("com.example".to_owned()),
            version: Some(3),
        });
        let graph = model.graph.as_mut().expect("a graph");
        let mut nodes = graph.node.iter_mut();
        let choice = nodes.find(|node| node.op_type() == "If").expect("there");
        choice.attribute = ["then_branch", "else_branch"]
            .map(|name| branch(name, &graph.output[0]))
            .into();
        model
    }

    fn branch(name: &str, output: &ValueInfoProto) -> AttributeProto {
        let inner = GraphProto {
            name: Some(name.to_owned()),
            node: vec![NodeProto {
                input: vec!["x".to_owned()],
                output: vec![format!("{name}_out")],
                op_type: Some("Twirl".to_owned()),
                domain: Some("com.example".to_owned()),
                ..NodeProto::default()
            }],
            output: vec![ValueInfoProto {
                name: Some(format!("{name}_out")),
                ..output.clone()
            }],
            ..GraphProto::default()
        };
        AttributeProto {
            name: Some(name.to_owned()),
            r#type: Some(AttributeType::Graph as i32),
            g: Some(inner),
            ..AttributeProto::default()
        }
    }

    fn refusal(has: impl Fn(&LackedOperator) -> bool) -> Result<(), AdapterError> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model.onnx");
        write(&model(), &path).expect("written");
        refuse_lacked("some", &path, has)
    }

    #[test]
    fn operators_within_operators_count_once_with_their_own_set() {
        assert_eq!(
            refusal(|operator| operator.domain.is_empty())
                .expect_err("lacks")
                .to_string(),
            "some lacks operator Twirl (domain com.example, opset 3)"
        );
        let all = refusal(|_| false).expect_err("lacks").to_string();
        assert_eq!(
            all,
            "some lacks operator Add (domain ai.onnx, opset 17), operator If (domain ai.onnx, opset 17), \
             operator Relu (domain ai.onnx, opset 17), operator Twirl (domain com.example, opset 3)"
        );
        assert_eq!(refusal(|_| true), Ok(()));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_left_to_loading() {
        assert_eq!(
            refuse_lacked("some", Path::new("/nowhere/model.onnx"), |_| false),
            Ok(())
        );
    }
}
