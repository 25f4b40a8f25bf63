//! `tare model`: the zoo, what is known of a model, and its plan.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::json;
use tare_adapter_cuda::plan::Plan;
use tare_adapter_cuda::{Fusion, plan_of};
use tare_models::hollow::{Rung, Twin};
use tare_models::zoo::{self, Form};
use tare_models::{Facts, Model, ShapeRequest, TensorSpec, bind, resolve};

use super::{json as to_json, print};
use crate::arguments::{
    FactsOptions, HollowOptions, ListFormat, MakeOptions, ModelCommand, PlanOptions, SizedModel,
};
use crate::exit::{Exit, Failed};
use crate::model_source::{self, Making};

/// Lists the zoo, makes one of its models, or prints a model's facts.
///
/// # Errors
/// Where the model is unknown, cannot be read, or the file cannot be written.
pub fn run(command: ModelCommand) -> Result<Exit, Failed> {
    match command {
        ModelCommand::List { format } => list(format),
        ModelCommand::Facts(options) => facts(&options),
        ModelCommand::Plan(options) => plan(&options),
        ModelCommand::Make(options) => make(options).map_err(Failed::input),
        ModelCommand::Hollow(options) => hollow(&options),
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

/// A graph inside an operator.
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
        text.push_str("\nsubgraphs\n");
    }
    for Nested { path, operators } in &shown.subgraphs {
        text.push_str(&format!("{path}  {operators} operators\n"));
    }
    text
}

fn facts_of(options: &FactsOptions) -> Result<Shown> {
    let (name, model, specs) = opened(&options.sized)?;
    let resolved = resolve(model.graph(), &specs).with_context(|| format!("model '{name}'"))?;
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

fn plan(options: &PlanOptions) -> Result<Exit, Failed> {
    let plan = planned(options).map_err(Failed::input)?;
    match options.format {
        ListFormat::Json => print(&to_json(&plan)?),
        ListFormat::Table => print(&tare_adapter_cuda::plan::render(&plan)),
    }
}

fn planned(options: &PlanOptions) -> Result<Plan> {
    let (name, model, specs) = opened(&options.sized)?;
    let in_model = || format!("model '{name}'");
    let resolved = resolve(model.graph(), &specs).with_context(in_model)?;
    let fusion = if options.unfused {
        Fusion::None
    } else {
        Fusion::Full
    };
    let (plan, _) = plan_of(&resolved, fusion, options.precision).with_context(in_model)?;
    Ok(plan)
}

/// A model's name, the model, and its inputs at the shapes asked for.
fn opened(sized: &SizedModel) -> Result<(String, Model, Vec<TensorSpec>)> {
    let choice = model_source::resolve(&sized.model, Making::File)?;
    let in_model = || format!("model '{}'", choice.name);
    let model = Model::open(&choice.path).with_context(in_model)?;
    let mut symbols = choice.default_symbols.clone();
    symbols.extend(sized.shape.iter().flatten().map(|(symbol, size)| {
        let size = usize::try_from(*size).unwrap_or(usize::MAX);
        (symbol.clone(), size)
    }));
    let request = ShapeRequest {
        batch: sized.batch.map(usize::try_from).transpose()?,
        symbols,
    };
    let specs = bind(model.graph(), &request).with_context(in_model)?;
    Ok((choice.name, model, specs))
}

fn hollow(options: &HollowOptions) -> Result<Exit, Failed> {
    let twin = twin_of(options).map_err(Failed::input)?;
    eprintln!("wrote {}", options.output.display());
    for doubt in &twin.doubts {
        eprintln!("doubt: {doubt}");
    }
    if options.rung.is_none() {
        eprintln!("{}", unproved(twin.rung));
    }
    match options.format {
        ListFormat::Json => print(&to_json(&described(&twin))?),
        ListFormat::Table => print(&as_lines(&twin)),
    }
}

/// What is said where nobody chose a rung.
fn unproved(rung: Rung) -> String {
    let ladder: Vec<String> = Rung::LADDER.iter().map(Rung::to_string).collect();
    format!(
        "note: whether a framework executes the model's operators at rung {rung} was not looked at; tare run takes the first \
         of {} at which it does, --rung sets one",
        ladder.join(" ")
    )
}

fn twin_of(options: &HollowOptions) -> Result<Twin> {
    let (name, model, specs) = opened(&options.sized)?;
    let rung = options.rung.unwrap_or(Rung::smallest());
    let twin = tare_models::hollow::hollow(&model, &specs, rung)
        .with_context(|| format!("no hollow twin of '{name}'"))?;
    fs::write(&options.output, &twin.onnx)
        .with_context(|| format!("cannot write {}", options.output.display()))?;
    Ok(twin)
}

fn described(twin: &Twin) -> serde_json::Value {
    let doubts: Vec<String> = twin.doubts.iter().map(ToString::to_string).collect();
    json!({
        "rung": twin.rung,
        "inputs": twin.inputs,
        "flops": twin.flops.as_operations(),
        "original_flops": twin.original_flops.as_operations(),
        "hollowness": twin.hollowness,
        "elements_ratio": twin.elements,
        "elements_left": twin.elements_left,
        "doubts": doubts,
    })
}

fn as_lines(twin: &Twin) -> String {
    let mut text = format!("rung        {}\n", twin.rung);
    for input in &twin.inputs {
        text.push_str(&format!("input       {} {:?}\n", input.name, input.shape));
    }
    text.push_str(&format!(
        "operations  {} of {}\n",
        twin.flops, twin.original_flops
    ));
    let share = |share: Option<f64>| {
        share.map_or_else(|| "not known".to_owned(), |share| format!("{share:.2e}"))
    };
    text.push_str(&format!("hollowness  {}\n", share(twin.hollowness)));
    text.push_str(&format!(
        "elements    {} of the original's\n",
        share(twin.elements)
    ));
    text
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
