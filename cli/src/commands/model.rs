//! `tare model`: the zoo, and what is known of a model.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::json;
use tare_models::zoo::{self, Form};
use tare_models::{Facts, Model, ShapeRequest, bind, resolve};

use super::{json as to_json, print};
use crate::arguments::{FactsOptions, ListFormat, MakeOptions, ModelCommand};
use crate::exit::{Exit, Failed};
use crate::model_source;

/// Lists the zoo, makes one of its models, or prints a model's facts.
///
/// # Errors
/// Where the model is unknown, cannot be read, or the file cannot be written.
pub fn run(command: ModelCommand) -> Result<Exit, Failed> {
    match command {
        ModelCommand::List { format } => list(format),
        ModelCommand::Facts(options) => facts(&options),
        ModelCommand::Make(options) => make(options).map_err(Failed::input),
    }
}

fn list(format: ListFormat) -> Result<Exit, Failed> {
    match format {
        ListFormat::Json => {
            let rows: Vec<_> = zoo::list()
                .iter()
                .map(|entry| {
                    let symbols: std::collections::BTreeMap<_, _> =
                        entry.symbols.iter().copied().collect();
                    json!({
                        "name": entry.name,
                        "summary": entry.summary,
                        "parameters": entry.parameters,
                        "symbols": symbols,
                    })
                })
                .collect();
            print(&to_json(&rows)?)
        }
        ListFormat::Table => print(
            &zoo::list()
                .iter()
                .map(|entry| {
                    format!(
                        "{:18} {:>8}  {}\n",
                        entry.name,
                        millions(entry.parameters),
                        entry.summary
                    )
                })
                .collect::<String>(),
        ),
    }
}

fn millions(parameters: u64) -> String {
    format!("{:.1} M", parameters as f64 / 1e6)
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    facts: Facts,
    subgraphs: Vec<Nested>,
}

/// A graph inside an operator; what it costs depends on the data.
#[derive(Serialize)]
struct Nested {
    path: String,
    operators: usize,
}

fn facts(options: &FactsOptions) -> Result<Exit, Failed> {
    let shown = facts_of(options).map_err(Failed::input)?;
    match options.format {
        ListFormat::Json => print(&to_json(&shown)?),
        ListFormat::Table => print(&as_text(&shown, options.operators)),
    }
}

fn as_text(shown: &Shown, operators: bool) -> String {
    let mut text = tare_models::facts::render(&shown.facts, operators);
    if !shown.subgraphs.is_empty() {
        text.push_str("\nsubgraphs, whose cost depends on the data\n");
    }
    for Nested { path, operators } in &shown.subgraphs {
        text.push_str(&format!("{path}  {operators} operators\n"));
    }
    text
}

fn facts_of(options: &FactsOptions) -> Result<Shown> {
    let choice = model_source::resolve(&options.model)?;
    let in_model = || format!("model '{}'", choice.name);
    let model = Model::open(&choice.path).with_context(in_model)?;
    let mut symbols = choice.default_symbols.clone();
    symbols.extend(options.shape.iter().flatten().map(|(symbol, size)| {
        let size = usize::try_from(*size).unwrap_or(usize::MAX);
        (symbol.clone(), size)
    }));
    let request = ShapeRequest {
        batch: options.batch.map(usize::try_from).transpose()?,
        symbols,
    };
    let specs = bind(model.graph(), &request).with_context(in_model)?;
    let resolved = resolve(model.graph(), &specs).with_context(in_model)?;
    let nested = model.subgraphs().into_iter();
    Ok(Shown {
        facts: Facts::of(&resolved),
        subgraphs: nested
            .map(|nested| Nested {
                path: nested.path,
                operators: nested.operators,
            })
            .collect(),
    })
}

fn make(options: MakeOptions) -> Result<Exit> {
    let architecture = zoo::find(&options.name)?;
    let form = match options.hollow {
        true => architecture.twin(),
        false => Form::Full,
    };
    let path = options
        .output
        .unwrap_or_else(|| PathBuf::from(default_file(&architecture.name(), options.hollow)));
    zoo::write(&architecture.build(options.seed, form), &path)?;
    eprintln!("wrote {}", path.display());
    Ok(Exit::Done)
}

fn default_file(name: &str, hollow: bool) -> String {
    let stem = name.replace([':', ',', '='], "-");
    match hollow {
        true => format!("{stem}-hollow.onnx"),
        false => format!("{stem}.onnx"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_options_gives_a_plain_file_name() {
        assert_eq!(
            default_file("mlp:width=64,depth=2", true),
            "mlp-width-64-depth-2-hollow.onnx"
        );
        assert_eq!(default_file("bert-base", false), "bert-base.onnx");
    }
}
