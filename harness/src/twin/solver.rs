//! Twins of ONNX files, solved for by `models`, as files that a worker can load.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use tare_adapter_api::{LoadRequest, ModelFormat};
use tare_models::hollow::{Doubt, Original, Rung, Twin};
use tare_models::{Inputs, Model, resolve};
use tare_results::{Missing, TwinFacts, sha256_hex};

use super::{Hollow, TwinMaker};
use crate::plan::Work;

/// Makes the twin of any ONNX file.
#[derive(Debug, Clone, Copy, Default)]
pub struct Solver;

impl TwinMaker for Solver {
    fn rungs(&self) -> Vec<String> {
        Rung::LADDER.iter().map(ToString::to_string).collect()
    }

    fn make(
        &self,
        work: &Work,
        rungs: &[String],
        dir: &Path,
        take: &mut dyn FnMut(Result<Hollow, String>) -> ControlFlow<()>,
    ) {
        if let Err(reason) = climbed(work, rungs, dir, take) {
            // That there is none at all is told as that of one rung, which anyone may take or leave.
            let _ = take(Err(reason));
        }
    }
}

fn climbed(
    work: &Work,
    rungs: &[String],
    dir: &Path,
    take: &mut dyn FnMut(Result<Hollow, String>) -> ControlFlow<()>,
) -> Result<(), String> {
    if work.load.format != ModelFormat::Onnx {
        return Err(format!(
            "{} has no graph that is read here",
            work.load.format
        ));
    }
    let model = Model::open(&work.load.model).map_err(|error| error.to_string())?;
    let original = Original::new(&model, &work.load.inputs).map_err(|error| error.to_string())?;
    for rung in rungs {
        let made = rung
            .parse()
            .map_err(|error: tare_models::hollow::RungError| error.to_string())
            .and_then(|rung| original.twin(rung).map_err(|error| error.to_string()))
            .and_then(|twin| kept(twin, work, dir));
        if take(made).is_break() {
            break;
        }
    }
    Ok(())
}

/// `twin` as a file in `dir`, named after what is in it, with what its requests are fed.
fn kept(twin: Twin, work: &Work, dir: &Path) -> Result<Hollow, String> {
    let sha256 = sha256_hex(&twin.onnx);
    let path = dir.join(format!("{}.onnx", &sha256[..16]));
    let unwritten = |error| format!("cannot write {}: {error}", path.display());
    fs::write(&path, &twin.onnx).map_err(unwritten)?;
    let unreadable = |error: &dyn std::fmt::Display| format!("the twin is no model: {error}");
    let model = Model::open(&path).map_err(|error| unreadable(&error))?;
    let resolved = resolve(model.graph(), &twin.inputs).map_err(|error| unreadable(&error))?;
    let types = |value| resolved.types.get(&value).cloned();
    let seed = work.planned.cell.seed;
    let inputs = Inputs::new(model.graph(), &twin.inputs, &types, seed);
    Ok(Hollow {
        facts: TwinFacts {
            sha256,
            rung: twin.rung.to_string(),
            hollowness: twin.hollowness,
            elements_ratio: twin.elements,
            elements: twin.elements_left,
            operators_executed: None,
            original_operators_executed: None,
            same_operators: None,
            kinds: None,
        },
        missing: missing(&twin),
        inputs: inputs.map_err(|error| unreadable(&error))?,
        load: LoadRequest {
            model: path,
            inputs: twin.inputs,
            largest_batch: None,
            ..work.load.clone()
        },
    })
}

fn missing(twin: &Twin) -> Missing {
    let unknown = twin.doubts.iter().find_map(|doubt| match doubt {
        Doubt::NotKnown { because } => Some(because.join("; ")),
        _ => None,
    });
    let told = |what: &str| {
        let none = || format!("the original has no {what} that are counted");
        unknown
            .clone()
            .filter(|why| !why.is_empty())
            .unwrap_or_else(none)
    };
    let lacks = [
        ("hollowness", twin.hollowness.is_none(), "operations"),
        ("elements_ratio", twin.elements.is_none(), "elements"),
        ("elements", twin.elements_left.is_none(), "elements"),
    ];
    let lacks = lacks.into_iter().filter(|(_, is_missing, _)| *is_missing);
    lacks
        .map(|(field, _, what)| (format!("twin.{field}"), told(what)))
        .collect()
}
