//! One of ONNX's node cases: a model of one operator, its inputs, and what must come out.

use std::path::Path;

use tare_adapter_api::{Adapter, AdapterError, LoadRequest, Tensor};

use crate::compare::compare;
use crate::declared::declared;
use crate::quiet::quietly;
use crate::request::request;
use crate::tensor_file;

/// How a case went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    /// Nothing was executed; the reason says what stands against it.
    Refused(String),
    /// Nothing was executed; the reason names operators that the framework lacks.
    Lacks(String),
    Failed(String),
    /// Not for any adapter: what goes in or comes out is no tensor of numbers.
    Other,
}

/// Runs the case in `folder`: `model.onnx` and `test_data_set_0/{input,output}_N.pb`.
pub(crate) fn run(adapter: &dyn Adapter, folder: &Path) -> Outcome {
    let path = folder.join("model.onnx");
    match read(&path, &folder.join("test_data_set_0")) {
        Ok(Some(case)) => quietly(|| execute(adapter, &case)).unwrap_or_else(Outcome::Failed),
        Ok(None) => Outcome::Other,
        Err(reason) => Outcome::Refused(reason),
    }
}

struct Case {
    request: LoadRequest,
    inputs: Vec<Tensor>,
    expected: Vec<Tensor>,
}

/// The case; `None` where it needs more than tensors of numbers.
fn read(path: &Path, data: &Path) -> Result<Option<Case>, String> {
    let file = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let Some((names, outputs)) = declared(&file)? else {
        return Ok(None);
    };
    let inputs = tensors(data, "input", names.len())?;
    Ok(Some(Case {
        request: request(path, &names, &inputs, &outputs),
        inputs,
        expected: tensors(data, "output", outputs.len())?,
    }))
}

fn execute(adapter: &dyn Adapter, case: &Case) -> Outcome {
    let loaded = match adapter.load(&case.request) {
        Ok(loaded) => loaded,
        Err(error @ AdapterError::Lacks { .. }) => return Outcome::Lacks(error.to_string()),
        Err(error @ (AdapterError::Unsupported(_) | AdapterError::Load(_))) => {
            return Outcome::Refused(error.to_string());
        }
        Err(error) => return Outcome::Failed(error.to_string()),
    };
    let outputs = loaded.session().and_then(|mut session| {
        session.run(&case.inputs)?;
        session.outputs()
    });
    match outputs {
        Ok(outputs) => verdict(&outputs, &case.expected),
        Err(error) => Outcome::Failed(error.to_string()),
    }
}

fn tensors(data: &Path, kind: &str, count: usize) -> Result<Vec<Tensor>, String> {
    (0..count)
        .map(|index| tensor_file::read(&data.join(format!("{kind}_{index}.pb"))))
        .collect()
}

fn verdict(outputs: &[Tensor], expected: &[Tensor]) -> Outcome {
    if outputs.len() != expected.len() {
        return Outcome::Failed(format!(
            "{} outputs instead of {}",
            outputs.len(),
            expected.len()
        ));
    }
    let difference = outputs
        .iter()
        .zip(expected)
        .enumerate()
        .find_map(|(index, (actual, expected))| Some((index, compare(actual, expected).err()?)));
    match difference {
        None => Outcome::Passed,
        Some((index, difference)) => Outcome::Failed(format!("output {index}: {difference}")),
    }
}
