//! Prints the types that resolving infers for each model file named, one JSON object a line, to compare with others'.

use std::path::Path;

use serde_json::{Map, Value, json};
use tare_models::{Declared, Dim, Model, TensorSpec, resolve};

/// The size of every dimension that a file leaves open.
const OPEN_SIZE: usize = 3;

fn main() {
    for path in std::env::args().skip(1) {
        let line = dump(Path::new(&path)).unwrap_or_else(|error| json!({ "error": error }));
        println!("{line}");
    }
}

fn dump(path: &Path) -> Result<Value, String> {
    let model = Model::open(path).map_err(|error| format!("open: {error}"))?;
    let specs: Vec<TensorSpec> = model.graph().inputs.iter().map(spec).collect();
    let resolved = resolve(model.graph(), &specs).map_err(|error| format!("resolve: {error}"))?;
    let name = |value| resolved.graph.name_of(value).to_owned();
    let types = resolved.types.iter().map(|(value, (dtype, shape))| {
        let known = json!([dtype.to_onnx(), shape]);
        (name(*value), known)
    });
    let inputs = specs
        .iter()
        .map(|spec| (spec.name.clone(), json!(spec.shape)));
    let unresolved = resolved.unresolved.iter();
    let unresolved = unresolved.map(|open| (open.name.clone(), json!(open.reason)));
    let operators = resolved.graph.nodes.iter().map(|node| &node.op_type);
    Ok(json!({
        "types": types.collect::<Map<_, _>>(),
        "inputs": inputs.collect::<Map<_, _>>(),
        "unresolved": unresolved.collect::<Map<_, _>>(),
        "operators": operators.collect::<Vec<_>>(),
    }))
}

fn spec(input: &Declared) -> TensorSpec {
    let dims = input.dims.iter().flatten().map(|dim| match dim {
        Dim::Fixed(size) => *size,
        Dim::Symbol(_) | Dim::Unknown => OPEN_SIZE,
    });
    TensorSpec {
        name: input.name.clone(),
        dtype: input.dtype,
        shape: dims.collect(),
    }
}
