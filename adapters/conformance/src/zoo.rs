//! The zoo against one adapter: whole architectures, not single operators.

use std::collections::BTreeMap;
use std::path::Path;

use prost::Message as _;
use tare_adapter_api::{Adapter, AdapterError, LoadRequest, Loaded, OutputSpec, Session, Tensor};
use tare_models::hollow::{RungError, hollow};
use tare_models::zoo::{self, Architecture, Form};
use tare_models::{Inputs, Model, ShapeRequest, TensorSpec, bind, build};

use crate::compare::is_finite;
use crate::quiet::quietly;

const SEED: u64 = 7;

/// So few values suit the inputs of a hollow twin that the next draw may be the same.
const DRAWS: u64 = 64;
/// The most of an axis that a symbol names.
const MOST: usize = 16;

/// One model of each kind in the zoo, small enough for its twin to be solved for at once, with the rung.
const SOLVED: [(&str, &str); 11] = [
    ("mlp:width=64,depth=3", "2"),
    ("bert-tiny:vocab=100", "2"),
    ("minilm-l6:layers=1,vocab=100", "2"),
    ("distilbert:layers=1,vocab=100", "2"),
    ("albert-base-v2:layers=2,vocab=100,hidden=96", "2"),
    ("mobilebert:layers=1,vocab=100", "2"),
    ("squeezebert:layers=1,vocab=100", "2"),
    ("gpt2:layers=1,vocab=100,hidden=96", "2+distinct"),
    ("vit-b-32:layers=1,hidden=96", "2"),
    ("resnet-18", "16,2"),
    ("resnet-50", "2"),
];

/// What is made of an architecture.
#[derive(Clone, Copy, PartialEq)]
enum Made {
    Full,
    /// The hollow twin as it is drawn.
    Drawn,
    /// The hollow twin as it is solved for at a rung.
    Solved(&'static str),
}

/// Builds every architecture of the zoo as its hollow twin, those of `small` in full, and one of each kind as the twin that
/// is solved for, and runs each: the outputs are finite and a function of the inputs, the same run after run and in two
/// sessions at once. Those of a full architecture depend on the inputs; a twin that normalises two numbers to plus and
/// minus one may give the same for all.
///
/// Each broken promise is a line; `small` names architectures with options, such as `mlp:width=64`.
pub fn zoo(adapter: &dyn Adapter, small: &[&str]) -> Vec<String> {
    let drawn = zoo::list().iter().map(|entry| (entry.name, Made::Drawn));
    let solved = SOLVED
        .iter()
        .map(|(name, rung)| (*name, Made::Solved(rung)));
    let full = small.iter().map(|name| (*name, Made::Full));
    drawn
        .chain(solved)
        .chain(full)
        .filter_map(|(name, made)| {
            let broken = quietly(|| check(adapter, name, made))
                .and_then(|promise| promise)
                .err()?;
            let form = match made {
                Made::Full => String::new(),
                Made::Drawn => " (hollow)".to_owned(),
                Made::Solved(rung) => format!(" (solved, rung {rung})"),
            };
            Some(format!("{}: {name}{form}: {broken}", adapter.name()))
        })
        .collect()
}

fn check(adapter: &dyn Adapter, name: &str, made: Made) -> Result<(), String> {
    let architecture = zoo::find(name).map_err(|error| error.to_string())?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = folder.path().join("model.onnx");
    let (request, inputs) = match made {
        Made::Full => built(&path, &architecture, Form::Full)?,
        Made::Drawn => built(&path, &architecture, architecture.twin())?,
        Made::Solved(rung) => solved(&path, &architecture, rung)?,
    };
    let loaded = adapter.load(&request).map_err(|error| error.to_string())?;
    let first = inputs.generate(0);
    let draws = (1..DRAWS).map(|index| inputs.generate(index));
    let others: Vec<Vec<Tensor>> = draws.filter(|other| *other != first).collect();
    if others.is_empty() {
        return Err("its inputs have one value only".to_owned());
    }
    same(loaded.as_ref(), &first, &others, made == Made::Full)
}

fn built(
    path: &Path,
    architecture: &Architecture,
    form: Form,
) -> Result<(LoadRequest, Inputs), String> {
    build::write(&architecture.build(SEED, form), path).map_err(|error| error.to_string())?;
    let model = Model::open(path).map_err(|error| error.to_string())?;
    let specs = specs(&model, architecture, form)?;
    prepare(path, &model, specs)
}

fn solved(
    path: &Path,
    architecture: &Architecture,
    rung: &str,
) -> Result<(LoadRequest, Inputs), String> {
    let file = architecture.build(SEED, Form::Full).encode_to_vec();
    let model = Model::from_bytes(file).map_err(|error| error.to_string())?;
    let specs = specs(&model, architecture, Form::Full)?;
    let rung = rung.parse().map_err(|error: RungError| error.to_string())?;
    let twin = hollow(&model, &specs, rung).map_err(|error| error.to_string())?;
    std::fs::write(path, &twin.onnx).map_err(|error| error.to_string())?;
    let model = Model::open(path).map_err(|error| error.to_string())?;
    prepare(path, &model, twin.inputs)
}

fn specs(
    model: &Model,
    architecture: &Architecture,
    form: Form,
) -> Result<Vec<TensorSpec>, String> {
    let mut symbols: BTreeMap<String, usize> = BTreeMap::new();
    for (symbol, size) in architecture.symbols(form) {
        let is_map = matches!(symbol, "height" | "width");
        symbols.insert(
            symbol.to_owned(),
            if is_map && form == Form::Full {
                size
            } else {
                size.min(MOST)
            },
        );
    }
    let shapes = ShapeRequest {
        batch: None,
        symbols,
    };
    bind(model.graph(), &shapes).map_err(|error| error.to_string())
}

/// To load the file for inputs of these shapes, and what they are fed.
pub(crate) fn prepare(
    path: &Path,
    model: &Model,
    specs: Vec<TensorSpec>,
) -> Result<(LoadRequest, Inputs), String> {
    let inputs =
        Inputs::new(model.graph(), &specs, &|_| None, SEED).map_err(|error| error.to_string())?;
    let outputs: Vec<OutputSpec> = model
        .graph()
        .outputs
        .iter()
        .map(|declared| OutputSpec {
            name: declared.name.clone(),
            dtype: declared.dtype,
        })
        .collect();
    let request = LoadRequest {
        inputs: specs,
        ..crate::request::request(path, &[], &[], &outputs)
    };
    Ok((request, inputs))
}

fn same(
    loaded: &dyn Loaded,
    first: &[Tensor],
    others: &[Vec<Tensor>],
    must_differ: bool,
) -> Result<(), String> {
    let said = |error: AdapterError| error.to_string();
    let mut session = loaded.session().map_err(said)?;
    let mut outputs = |inputs: &[Tensor]| fetch(session.as_mut(), inputs);
    let once = outputs(first)?;
    if once.is_empty() || !once.iter().all(is_finite) {
        return Err("an output is missing or not finite".to_owned());
    }
    if outputs(first)? != once {
        return Err("the same input gives another output".to_owned());
    }
    let mut second = first;
    let mut other = once.clone();
    for inputs in others {
        if other == once {
            second = inputs;
            other = outputs(inputs)?;
        }
    }
    if must_differ && other == once {
        return Err("every input gives the same output".to_owned());
    }
    let concurrent = std::thread::scope(|scope| {
        let spawn = |inputs| {
            scope.spawn(move || {
                loaded
                    .session()
                    .map_err(said)
                    .and_then(|mut session| fetch(session.as_mut(), inputs))
            })
        };
        [spawn(first), spawn(second)]
            .map(|thread| thread.join().unwrap_or_else(|_| Err("panic".to_owned())))
    });
    match concurrent {
        [Ok(a), Ok(b)] if a == once && b == other => Ok(()),
        [Err(error), _] | [_, Err(error)] => Err(error),
        _ => Err("two sessions at once give other outputs than one alone".to_owned()),
    }
}

fn fetch(session: &mut dyn Session, inputs: &[Tensor]) -> Result<Vec<Tensor>, String> {
    let mut outputs = Err(AdapterError::Run("the body did not run".to_owned()));
    session.enter(&mut |session| {
        outputs = session.run(inputs).and_then(|()| session.outputs());
    });
    outputs.map_err(|error| error.to_string())
}
