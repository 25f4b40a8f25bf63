//! The matrix of cells: what the command line names, else the suite, else the default.

use std::fmt::Display;
use std::str::FromStr;

use tare_adapter_api::Device;
use tare_harness::plan::{ModelChoice, Selection};
use tare_models::{InputSpec, TorchScript};
use tare_scenarios::suite::Suite;

use crate::arguments::RunOptions;
use crate::exit::Failed;
use crate::model_source;

/// The cells that `options` ask for, over those of `suite`.
///
/// # Errors
/// Where a name is unknown, or inputs are given to models that declare theirs.
pub fn selection(options: &RunOptions, suite: Option<&Suite>) -> Result<Selection, Failed> {
    let models = or(&options.model, suite.map(|suite| suite.models.clone()), &[]);
    let parsed_adapters = suite
        .map(|suite| parsed(&suite.adapters, "adapter"))
        .transpose()?;
    let parsed_devices = suite
        .map(|suite| parsed(&suite.devices, "device"))
        .transpose()?;
    let precisions = match options.precision {
        Some(precision) => vec![precision],
        None => suite
            .map(|suite| parsed(&suite.precisions, "precision"))
            .transpose()?
            .unwrap_or_default(),
    };
    let adapters = or(
        &options.adapter,
        parsed_adapters,
        &parsed(&[tare_adapter_registry::ADAPTERS[0].name], "adapter")?,
    );
    for adapter in &adapters {
        tare_adapter_registry::find(&adapter.name).map_err(Failed::input)?;
    }
    let models = model_source::resolve_all(&models).map_err(Failed::input)?;
    Ok(Selection {
        models: with_inputs(models, &options.input)?,
        adapters,
        scenarios: or(
            &options.scenario,
            suite.map(|suite| suite.scenarios.clone()),
            &parsed(&["single-stream"], "scenario")?,
        ),
        batches: or(
            &options.batch,
            suite.map(|suite| suite.batches.clone()),
            &[],
        ),
        shapes: or(&options.shape, suite.map(|suite| suite.shapes.clone()), &[]),
        precisions,
        devices: or(&options.device, parsed_devices, &[Device::Cpu]),
        threads: or(
            &options.threads,
            suite.map(|suite| suite.threads.clone()),
            &[1],
        ),
        seed: options.seed.unwrap_or(0),
        reference: options.reference.clone().unwrap_or_default().0,
    })
}

/// Gives the inputs written by hand to the models that do not declare their own.
fn with_inputs(models: Vec<ModelChoice>, inputs: &[InputSpec]) -> Result<Vec<ModelChoice>, Failed> {
    let takes = |choice: &ModelChoice| TorchScript::is_meant(&choice.path);
    if let (Some(input), false) = (inputs.first(), models.iter().any(takes)) {
        return Err(Failed::told(format!(
            "--input {input}: an ONNX file declares its inputs; use --shape for their sizes, --input for TorchScript files only"
        )));
    }
    let given = models.into_iter().map(|choice| ModelChoice {
        inputs: match takes(&choice) {
            true => inputs.to_vec(),
            false => Vec::new(),
        },
        ..choice
    });
    Ok(given.collect())
}

/// What the command line asks for, else what the suite says, else the default.
fn or<T: Clone>(asked: &[T], suite: Option<Vec<T>>, default: &[T]) -> Vec<T> {
    match asked.is_empty() {
        true => suite.unwrap_or_else(|| default.to_vec()),
        false => asked.to_vec(),
    }
}

fn parsed<T: FromStr<Err: Display>>(
    texts: &[impl AsRef<str>],
    what: &str,
) -> Result<Vec<T>, Failed> {
    texts
        .iter()
        .map(|text| {
            text.as_ref()
                .parse()
                .map_err(|error| Failed::told(format!("{what}: {error}")))
        })
        .collect()
}
