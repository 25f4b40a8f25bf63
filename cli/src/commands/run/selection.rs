//! The matrices of cells: what the command line names, else the suite, else the default.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use tare_adapter_api::{AdapterSpec, Device};
use tare_harness::plan::{ModelChoice, Named, Selection};
use tare_models::{InputSpec, TorchScript};
use tare_scenarios::suite::{Matrix, Variant};

use crate::arguments::RunOptions;
use crate::exit::Failed;
use crate::model_source::{self, Making};

/// The cells that `options` ask for, over those of each matrix of `suite`.
///
/// # Errors
/// Where a name is unknown, or inputs are given to models that declare theirs.
pub fn selections(options: &RunOptions, suite: Option<&Variant>) -> Result<Vec<Named>, Failed> {
    let matrices: Vec<Option<&Matrix>> = match suite {
        Some(suite) => suite.matrices.iter().map(Some).collect(),
        None => vec![None],
    };
    let names = |matrix: &Option<&Matrix>| or(&options.model, matrix.map(|own| &own.models), &[]);
    let mut wanted: Vec<String> = Vec::new();
    for name in matrices.iter().flat_map(names) {
        if !wanted.contains(&name) {
            wanted.push(name);
        }
    }
    let making = match options.dry_run {
        true => Making::Twin,
        false => Making::File,
    };
    let found = model_source::resolve_all(&wanted, making).map_err(Failed::input)?;
    let found: BTreeMap<String, ModelChoice> = wanted
        .into_iter()
        .zip(with_inputs(found, &options.input)?)
        .collect();
    let models = |matrix| {
        let names = names(matrix).into_iter();
        names.filter_map(|name| found.get(&name).cloned()).collect()
    };
    matrices
        .iter()
        .map(|matrix| {
            Ok(Named {
                experiment: matrix.and_then(|matrix| matrix.experiment.clone()),
                selection: selection(options, *matrix, models(matrix))?,
            })
        })
        .collect()
}

fn selection(
    options: &RunOptions,
    matrix: Option<&Matrix>,
    models: Vec<ModelChoice>,
) -> Result<Selection, Failed> {
    let precisions = match options.precision {
        Some(precision) => vec![precision],
        None => matrix
            .map(|matrix| parsed(&matrix.precisions, "precision"))
            .transpose()?
            .unwrap_or_default(),
    };
    let devices = matrix
        .map(|matrix| parsed(&matrix.devices, "device"))
        .transpose()?;
    Ok(Selection {
        models,
        adapters: adapters(options, matrix)?,
        scenarios: or(
            &options.scenario,
            matrix.map(|matrix| &matrix.scenarios),
            &parsed(&["single-stream"], "scenario")?,
        ),
        batches: or(&options.batch, matrix.map(|matrix| &matrix.batches), &[]),
        shapes: or(&options.shape, matrix.map(|matrix| &matrix.shapes), &[]),
        precisions,
        devices: or(&options.device, devices.as_ref(), &[Device::Cpu]),
        threads: or(&options.threads, matrix.map(|matrix| &matrix.threads), &[1]),
        seed: options.seed.unwrap_or(0),
        reference: options.reference.clone().unwrap_or_default().0,
    })
}

fn adapters(options: &RunOptions, matrix: Option<&Matrix>) -> Result<Vec<AdapterSpec>, Failed> {
    let own = matrix
        .map(|matrix| parsed(&matrix.adapters, "adapter"))
        .transpose()?;
    let default = parsed(&[tare_adapter_registry::ADAPTERS[0].name], "adapter")?;
    let adapters = or(&options.adapter, own.as_ref(), &default);
    for adapter in &adapters {
        tare_adapter_registry::find(&adapter.name).map_err(Failed::input)?;
    }
    Ok(adapters)
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
fn or<T: Clone>(asked: &[T], suite: Option<&Vec<T>>, default: &[T]) -> Vec<T> {
    match (asked.is_empty(), suite) {
        (false, _) => asked.to_vec(),
        (true, Some(suite)) => suite.clone(),
        (true, None) => default.to_vec(),
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
