//! What a suite's file names against what exists: every name that is wrong told at its place, with the nearest that exists.

use std::collections::BTreeSet;
use std::path::Path;

use tare_adapter_api::{AdapterSpec, Device, Precision, Readiness};
use tare_adapter_registry::{ADAPTERS, find};
use tare_harness::{Desk, PlanError};
use tare_models::zoo::{self, Form, ZooError};
use tare_scenarios::suite::{Fault, Faults, Matrix, Places, Suite, Variant, Written, nearest};

use crate::model_source::is_path;

/// A suite with the places of what is written in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The suite.
    pub suite: Suite,
    /// Where its values stand.
    pub places: Places,
}

impl Source {
    /// Refuses models, their options and files, adapters and their options, symbols, precisions and devices that do not
    /// exist, whether or not a variant uses them.
    ///
    /// # Errors
    /// All of them.
    pub fn check(&self, desk: &dyn Desk) -> Result<(), Faults> {
        type Check<'a> = (&'a str, &'a dyn Fn(&str) -> Option<String>);
        let checks: [Check<'_>; 4] = [
            ("models", &model),
            ("adapters", &|text| adapter(text, desk)),
            ("precisions", &precision),
            ("devices", &device),
        ];
        let mut faults: Vec<Fault> = Vec::new();
        for (key, problem) in checks {
            let wrong = |written: &Written| Some(written.fault(&problem(&written.text)?));
            faults.extend(self.places.of(key).filter_map(wrong));
        }
        faults.extend(self.symbols());
        match faults.is_empty() {
            true => Ok(()),
            false => Err(self.places.refused(faults)),
        }
    }

    /// `error` at the place of the value that it is about, where that can be told.
    pub fn located(&self, error: PlanError) -> Result<Faults, PlanError> {
        let place = match &error {
            PlanError::UnknownSymbol { symbol, .. } => self.place("shapes", |text| text == symbol),
            PlanError::UnknownAdapter(_) => None,
            PlanError::Unavailable { adapter, .. } => {
                self.place("adapters", |text| text == adapter)
            }
            PlanError::Format { model, .. }
            | PlanError::Refused { model, .. }
            | PlanError::Model { model, .. }
            | PlanError::NoInputs { model }
            | PlanError::Bind { model, .. }
            | PlanError::Resolve { model, .. }
            | PlanError::Inputs { model, .. } => self.place("models", |text| means(text, model)),
            _ => None,
        };
        match place.map(|written| written.fault(&error.to_string())) {
            Some(fault) => Ok(self.places.refused(vec![fault])),
            None => Err(error),
        }
    }

    fn place(&self, key: &str, is_meant: impl Fn(&str) -> bool) -> Option<&Written> {
        let mut written = self.places.written.iter();
        written.find(|written| written.key == key && is_meant(&written.text))
    }

    /// Symbols of a shape that no model of the matrix has; where a model is a file, only its plan can tell.
    fn symbols(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let variants = [Some(self.suite.whole()), self.suite.quickly().ok()];
        for (variant, quickly) in variants.iter().zip([false, true]) {
            let matrices = variant
                .iter()
                .flat_map(|variant: &Variant| &variant.matrices);
            for (index, matrix) in matrices.enumerate() {
                let experiment = matrix.experiment.is_some().then_some(index);
                faults.extend(self.symbols_of(matrix, (experiment, quickly)));
            }
        }
        faults
    }

    fn symbols_of(&self, matrix: &Matrix, place: (Option<usize>, bool)) -> Vec<Fault> {
        let Some(known) = known_symbols(&matrix.models) else {
            return Vec::new();
        };
        let known: Vec<&str> = known.into_iter().collect();
        let asked: BTreeSet<&String> = matrix
            .shapes
            .iter()
            .flat_map(|shape| shape.keys())
            .collect();
        let strange = asked
            .into_iter()
            .filter(|symbol| !known.contains(&symbol.as_str()));
        let fault = |symbol: &String| {
            let problem = match nearest(symbol, &known) {
                Some(near) => format!(
                    "no model here has a dimension '{symbol}': the nearest is '{near}'; there are {}",
                    known.join(", ")
                ),
                None => format!(
                    "no model here has a dimension '{symbol}', nor any but the batch: leave shapes out"
                ),
            };
            let written = self.places.nearest(place, "shapes", symbol)?;
            Some(written.fault(&problem))
        };
        strange.filter_map(fault).collect()
    }
}

/// Whether `text` of a suite is the model that an error calls `model`.
fn means(text: &str, model: &str) -> bool {
    let path = Path::new(text);
    let name = path.file_name().and_then(|name| name.to_str());
    let absolute = std::path::absolute(path).ok();
    text == model || name == Some(model) || absolute.is_some_and(|path| path == Path::new(model))
}

/// The symbols of zoo models but the batch; `None` where one is a file or does not exist.
fn known_symbols(models: &[String]) -> Option<BTreeSet<&'static str>> {
    let mut known = BTreeSet::new();
    for text in models {
        let architecture = (!is_path(text)).then(|| zoo::find(text).ok()).flatten()?;
        let symbols = architecture.symbols(Form::Full).into_iter();
        known.extend(
            symbols
                .map(|(symbol, _)| symbol)
                .filter(|name| *name != "batch"),
        );
    }
    Some(known)
}

fn model(text: &str) -> Option<String> {
    if is_path(text) {
        let missing = !Path::new(text).is_file();
        return missing.then(|| missing_file(text));
    }
    let error = zoo::find(text).err()?;
    let near = match &error {
        ZooError::UnknownName { name } => {
            let names: Vec<&str> = zoo::list().iter().map(|entry| entry.name).collect();
            nearest(name, &names).map(str::to_owned)
        }
        ZooError::UnknownOption { key, known, .. } => {
            nearest(key, &words(known)).map(str::to_owned)
        }
        _ => None,
    };
    Some(match &error {
        ZooError::UnknownName { name } => format!(
            "'{name}' is neither a file nor a model of the zoo{}; tare model list names them",
            told(near)
        ),
        _ => format!("{error}{}", told(near)),
    })
}

/// With the nearest file of its folder.
fn missing_file(text: &str) -> String {
    let path = Path::new(text);
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names
        .filter(|name| [".onnx", ".pt"].iter().any(|end| name.ends_with(end)))
        .collect();
    names.sort();
    let wanted = path.file_name().and_then(|name| name.to_str());
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    let near = wanted.and_then(|wanted| nearest(wanted, &known));
    let near = near.map(|near| folder.join(near).display().to_string());
    format!(
        "there is no file '{text}'{}; paths count from the folder that tare is called in",
        told(near.map(|near| near.trim_start_matches("./").to_owned()))
    )
}

fn adapter(text: &str, desk: &dyn Desk) -> Option<String> {
    let spec: AdapterSpec = match text.parse::<AdapterSpec>() {
        Ok(spec) => spec,
        Err(error) => return Some(error.to_string()),
    };
    if let Err(error) = find(&spec.name) {
        let shown = ADAPTERS.iter().filter(|entry| !entry.hidden);
        let names: Vec<&str> = shown.map(|entry| entry.name).collect();
        let near = nearest(&spec.name, &names).map(str::to_owned);
        return Some(match error.suggestion {
            Some(_) => error.to_string(),
            None => format!("{error}{}", told(near)),
        });
    }
    if spec.options.is_empty() {
        return None;
    }
    match desk.describe(&spec).ok()?.readiness {
        Readiness::Unavailable { reason, .. } => refused_option(&reason),
        Readiness::Ready(_) => None,
    }
}

/// The refusal of an option, with the nearest that exists; `None` where the adapter is not ready for another reason.
fn refused_option(reason: &str) -> Option<String> {
    let (_, rest) = reason.split_once("refuses option '")?;
    let (option, rest) = rest.split_once("': ")?;
    let (key, value) = option.split_once('=').unwrap_or((option, ""));
    let wrong = match rest.starts_with("unknown") {
        true => key,
        false => value,
    };
    Some(with_nearest(reason, rest, wrong))
}

fn precision(text: &str) -> Option<String> {
    let error = text.parse::<Precision>().err()?;
    Some(with_nearest(&error, &error, text))
}

fn device(text: &str) -> Option<String> {
    let error = text.parse::<Device>().err()?;
    Some(with_nearest(&error, &error, text))
}

/// `reason` with the name nearest to `wrong` among those that `remedy` says to use.
fn with_nearest(reason: &str, remedy: &str, wrong: &str) -> String {
    let known = remedy.split_once("use ").map_or("", |(_, known)| known);
    let near = nearest(wrong, &words(known)).map(str::to_owned);
    format!("{reason}{}", told(near))
}

fn told(near: Option<String>) -> String {
    near.map_or(String::new(), |near| format!("; the nearest is '{near}'"))
}

/// The words of a list such as `a, b or c`.
fn words(list: &str) -> Vec<&str> {
    let parts = list.split([',', ' ', '|']).map(str::trim);
    parts
        .filter(|part| !part.is_empty() && !["or", "and"].contains(part))
        .collect()
}

#[cfg(test)]
mod tests;
