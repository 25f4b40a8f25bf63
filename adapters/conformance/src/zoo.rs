//! The zoo against one adapter: whole architectures, not single operators.

use std::collections::BTreeMap;
use std::path::Path;

use tare_adapter_api::{Adapter, AdapterError, LoadRequest, Loaded, OutputSpec, Session, Tensor};
use tare_models::zoo::{self, Architecture, Form};
use tare_models::{Inputs, Model, ShapeRequest, bind, build};

use crate::compare::is_finite;
use crate::quiet::quietly;

const SEED: u64 = 7;

/// So few values suit the inputs of a hollow twin that the next draw may be the same.
const DRAWS: u64 = 64;

/// Builds every architecture of the zoo as its hollow twin, and those of `small` in full, and runs each: the outputs are
/// finite and a function of the inputs, the same run after run and in two sessions at once. Those of a full architecture depend
/// on the inputs; a twin that normalises two numbers to plus and minus one may give the same for all.
///
/// Each broken promise is a line; `small` names architectures with options, such as `mlp:width=64`.
pub fn zoo(adapter: &dyn Adapter, small: &[&str]) -> Vec<String> {
    let hollow = zoo::list().iter().map(|entry| (entry.name, true));
    let full = small.iter().map(|name| (*name, false));
    hollow
        .chain(full)
        .filter_map(|(name, hollow)| {
            let broken = quietly(|| check(adapter, name, hollow))
                .and_then(|promise| promise)
                .err()?;
            let form = if hollow { " (hollow)" } else { "" };
            Some(format!("{}: {name}{form}: {broken}", adapter.name()))
        })
        .collect()
}

fn check(adapter: &dyn Adapter, name: &str, hollow: bool) -> Result<(), String> {
    let architecture = zoo::find(name).map_err(|error| error.to_string())?;
    let form = if hollow {
        architecture.twin()
    } else {
        Form::Full
    };
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = folder.path().join("model.onnx");
    build::write(&architecture.build(SEED, form), &path).map_err(|error| error.to_string())?;
    let (request, inputs) = prepare(&path, &architecture, form)?;
    let loaded = adapter.load(&request).map_err(|error| error.to_string())?;
    let first = inputs.generate(0);
    let draws = (1..DRAWS).map(|index| inputs.generate(index));
    let others: Vec<Vec<Tensor>> = draws.filter(|other| *other != first).collect();
    if others.is_empty() {
        return Err("its inputs have one value only".to_owned());
    }
    same(loaded.as_ref(), &first, &others, !hollow)
}

fn prepare(
    path: &Path,
    architecture: &Architecture,
    form: Form,
) -> Result<(LoadRequest, Inputs), String> {
    let model = Model::open(path).map_err(|error| error.to_string())?;
    let mut symbols: BTreeMap<String, usize> = BTreeMap::new();
    for (symbol, size) in architecture.symbols(form) {
        symbols.insert(symbol.to_owned(), size.min(16));
    }
    let shapes = ShapeRequest {
        batch: None,
        symbols,
    };
    let specs = bind(model.graph(), &shapes).map_err(|error| error.to_string())?;
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
