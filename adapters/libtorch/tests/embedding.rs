//! Rows of a table by indices that are fed, or computed so that they count from the end.

use tare_adapter_api::{Adapter, AdapterError, DataType, LoadRequest, Tensor, TensorSpec};
use tare_adapter_libtorch::Libtorch;
use tare_models::Dim;
use tare_models::build::{Attr, Builder, Init, Weights, write};

/// The rows at these indices less a number, of a table of three rows of two.
fn looked_up(mode: &str, less: i64, indices: [i64; 2]) -> Result<Vec<f32>, AdapterError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.onnx");
    let mut graph = Builder::new("rows", Weights::Seeded(3));
    let ids = graph.input("ids", DataType::I64, &[Dim::Fixed(2)]);
    let table = graph.weight("table", &[3, 2], Init::spread(1.0));
    let at = match less {
        0 => ids,
        less => {
            let less = graph.ints(&[less]);
            graph.op("Sub", &[&ids, &less])
        }
    };
    let rows = graph.op_with("Gather", &[&table, &at], &[("axis", Attr::Int(0))]);
    graph.output("y", &rows, &[Dim::Fixed(2), Dim::Fixed(2)]);
    write(&graph.finish(), &path).expect("written");
    let ids = TensorSpec {
        name: "ids".to_owned(),
        dtype: DataType::I64,
        shape: vec![2],
    };
    let mut request = LoadRequest::new(path, vec![ids], vec![]);
    request.options.insert("mode".to_owned(), mode.to_owned());
    let loaded = Libtorch.load(&request)?;
    let mut session = loaded.session()?;
    let fed = Tensor::from_values(vec![2], indices.to_vec()).expect("fits");
    session.run(&[fed])?;
    let rows = session.outputs()?.remove(0);
    Ok(rows.values::<f32>().expect("floats").into_owned())
}

#[test]
fn computed_indices_may_count_from_the_end_in_either_mode() {
    let expected = looked_up("eager", 0, [2, 1]).expect("runs");
    for mode in ["eager", "script"] {
        assert_eq!(looked_up(mode, 1, [0, 2]).as_ref(), Ok(&expected), "{mode}");
    }
}

#[test]
fn fed_indices_that_count_from_the_end_are_right_or_an_error() {
    let expected = looked_up("eager", 0, [2, 1]).expect("runs");
    assert_eq!(looked_up("eager", 0, [-1, 1]).as_ref(), Ok(&expected));
    let script = looked_up("script", 0, [-1, 1]);
    let refused = script.expect_err("embeddings count up").to_string();
    assert!(refused.contains("out of range"), "{refused}");
    assert!(looked_up("eager", 0, [-4, 1]).is_err());
}
