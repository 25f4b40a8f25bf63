//! Models that others wrote: each opens, or is refused for a typed reason.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tare_models::{Model, ModelError};

const FOLDER: &str = "TARE_ONNX_NODE_TESTS";

/// Why a foreign model may be refused: the feature, without the place where it is used.
fn reason(error: &ModelError) -> String {
    match error {
        ModelError::Unsupported { what, .. } => (*what).to_owned(),
        ModelError::Opset { found, .. } => format!("operator set {found}"),
        ModelError::NoOpset => "no operator set".to_owned(),
        other => panic!("a valid model is refused: {other}"),
    }
}

fn models_in(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).expect("the folder can be listed");
    for entry in entries {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            models_in(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "onnx")
        {
            found.push(path);
        }
    }
}

#[test]
fn each_model_of_the_onnx_project_opens_or_is_refused_by_name() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        println!("{FOLDER} is not set: only the corpus is checked");
        return;
    };
    let mut paths = Vec::new();
    models_in(Path::new(&folder), &mut paths);
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    let (mut opened, mut outside) = (0, 0);
    for path in &paths {
        match Model::open(path) {
            Ok(_) => opened += 1,
            Err(error @ (ModelError::Opset { .. } | ModelError::NoOpset)) => {
                outside += 1;
                *refused.entry(reason(&error)).or_default() += 1;
            }
            Err(error) => *refused.entry(reason(&error)).or_default() += 1,
        }
    }
    println!("{opened} of {} open; refused: {refused:#?}", paths.len());
    let inside = paths.len() - outside;
    assert!(opened * 100 > inside * 95, "{opened} of {inside}");
}
