//! Requests of several batches in one session: taken and executed right, or refused before anything is timed.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use tare_adapter_api::{Adapter, AdapterError, LoadRequest, Session, Tensor};
use tare_models::zoo::{self, Form};
use tare_models::{Inputs, Model, ShapeRequest, bind, build};

use crate::compare::compare;
use crate::contract::Kind;
use crate::quiet::quietly;
use crate::small::Small;
use crate::zoo::prepare;

/// The batch that a model is loaded with, and the largest that requests have.
const OWN: usize = 3;
const LARGEST: NonZeroUsize = NonZeroUsize::new(7).expect("not zero");

/// Batches of requests, in their order.
const ORDER: [usize; 9] = [3, 7, 1, 5, 1, 7, 2, 3, 6];

/// Of the zoo, in full or as its hollow twin is drawn, beside a sum.
const MODELS: [(&str, bool); 4] = [
    ("mlp:width=64,depth=2", true),
    ("bert-tiny:layers=1,vocab=100", true),
    ("gpt2", false),
    ("resnet-18", false),
];

/// The most of an axis that a symbol names.
const MOST: usize = 8;

const SEED: u64 = 11;

/// What an adapter does with requests of several batches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Batching {
    /// It executes them.
    Taken,
    /// It refuses them, in these words.
    Refused(String),
}

/// Whether an adapter takes requests of several batches in one session, the same for every model of this suite.
///
/// Where it does, two sessions of one load run batches from 1 to 7 in mixed order, with the outputs of sessions that were
/// loaded for that batch alone; a larger batch, and inputs of different batches, are errors after which the next request
/// runs, unless it is idle. Where it does not, both [`Adapter::accepts`] and [`Adapter::load`] refuse with `Unsupported`, which names the largest
/// batch.
///
/// # Errors
/// A line for each model with which it breaks that.
pub fn batches(adapter: &dyn Adapter, kind: Kind) -> Result<Batching, Vec<String>> {
    let of_zoo = MODELS.map(Some);
    let mut broken = Vec::new();
    let mut found: Option<Batching> = None;
    for model in std::iter::once(None).chain(of_zoo) {
        let name = model.map_or("sum", |(name, _)| name);
        let why = match quietly(|| check(adapter, kind, model)).and_then(|checked| checked) {
            Ok(batching) if found.as_ref().is_none_or(|other| *other == batching) => {
                found = Some(batching);
                continue;
            }
            Ok(batching) => format!("{batching:?}, unlike others"),
            Err(why) => why,
        };
        broken.push(format!("{}: {name}: {why}", adapter.name()));
    }
    match found.filter(|_| broken.is_empty()) {
        Some(batching) => Ok(batching),
        None => Err(broken),
    }
}

/// A model with a free batch, and what its requests are fed.
struct Subject<'a> {
    adapter: &'a dyn Adapter,
    kind: Kind,
    request: LoadRequest,
    inputs: Inputs,
}

/// One of the zoo's models, or the sum.
fn check(
    adapter: &dyn Adapter,
    kind: Kind,
    of_zoo: Option<(&str, bool)>,
) -> Result<Batching, String> {
    let small = Small::open_sum()?;
    let mut path = small.path.clone();
    let mut symbols = BTreeMap::new();
    if let Some((name, is_full)) = of_zoo {
        path = small.folder.path().join("zoo.onnx");
        let architecture = zoo::find(name).map_err(|error| error.to_string())?;
        let form = match is_full {
            true => Form::Full,
            false => architecture.twin(),
        };
        build::write(&architecture.build(SEED, form), &path).map_err(|error| error.to_string())?;
        let sizes = architecture.symbols(form).into_iter();
        let sizes = sizes.filter(|(symbol, _)| *symbol != "batch");
        symbols.extend(sizes.map(|(symbol, size)| (symbol.to_owned(), size.min(MOST))));
    }
    let model = Model::open(&path).map_err(|error| error.to_string())?;
    let shapes = ShapeRequest {
        batch: Some(OWN),
        symbols,
    };
    let specs = bind(model.graph(), &shapes).map_err(|error| error.to_string())?;
    let (request, inputs) = prepare(&path, &model, specs)?;
    let subject = Subject {
        adapter,
        kind,
        request,
        inputs,
    };
    subject.check()
}

impl Subject<'_> {
    fn check(&self) -> Result<Batching, String> {
        let several = LoadRequest {
            largest_batch: Some(LARGEST),
            ..self.request.clone()
        };
        match self.adapter.accepts(&several) {
            Ok(()) => {
                let loaded = self.adapter.load(&several).map_err(said)?;
                let mut sessions = [
                    loaded.session().map_err(said)?,
                    loaded.session().map_err(said)?,
                ];
                for (turn, rows) in ORDER.into_iter().enumerate() {
                    let [first, second] = &mut sessions;
                    for session in [first, second] {
                        self.compare(session.as_mut(), turn, rows)?;
                    }
                }
                if self.kind != Kind::Idle {
                    self.misfits(sessions[0].as_mut())?;
                }
                Ok(Batching::Taken)
            }
            Err(AdapterError::Unsupported(reason)) => self.refused(&several, reason),
            Err(other) => Err(format!("it neither accepts nor refuses: {other}")),
        }
    }

    fn refused(&self, several: &LoadRequest, reason: String) -> Result<Batching, String> {
        match self.adapter.load(several) {
            Ok(_) => return Err(format!("it loads what it refuses: {reason}")),
            Err(AdapterError::Unsupported(_)) => {}
            Err(other) => return Err(format!("it refuses, and fails to load with: {other}")),
        }
        if !reason.contains(&LARGEST.to_string()) {
            return Err(format!("the refusal does not name the batch: {reason}"));
        }
        self.alone(0, OWN)?;
        Ok(Batching::Refused(reason))
    }

    /// Inputs number `turn` of so many rows.
    fn inputs(&self, turn: usize, rows: usize) -> Result<Vec<Tensor>, String> {
        let inputs = self.inputs.with_rows(rows);
        let inputs = inputs.map_err(|error| error.to_string())?;
        Ok(inputs.generate(turn as u64))
    }

    /// What comes out where the model is loaded for this batch alone.
    fn alone(&self, turn: usize, rows: usize) -> Result<Vec<Tensor>, String> {
        let mut request = self.request.clone();
        for first in request
            .inputs
            .iter_mut()
            .filter_map(|spec| spec.shape.first_mut())
        {
            *first = rows;
        }
        let loaded = self.adapter.load(&request).map_err(said)?;
        let mut session = loaded.session().map_err(said)?;
        fetch(session.as_mut(), &self.inputs(turn, rows)?)
    }

    fn compare(&self, session: &mut dyn Session, turn: usize, rows: usize) -> Result<(), String> {
        let at = |why: &dyn std::fmt::Display| format!("request {turn} of batch {rows}: {why}");
        let given = fetch(session, &self.inputs(turn, rows)?).map_err(|why| at(&why))?;
        let alone = self.alone(turn, rows)?;
        if given.len() != alone.len() {
            return Err(at(&format!("{} outputs, not {}", given.len(), alone.len())));
        }
        let mut pairs = given.iter().zip(&alone);
        pairs.try_for_each(|(given, alone)| compare(given, alone).map_err(|why| at(&why)))
    }

    fn misfits(&self, session: &mut dyn Session) -> Result<(), String> {
        let mut mixed = self.inputs(0, 2)?;
        let other = self.inputs(0, 3)?.pop();
        if let (Some(last), Some(other)) = (mixed.last_mut(), other)
            && self.request.inputs.len() > 1
        {
            *last = other;
        } else {
            mixed.clear();
        }
        for (what, inputs) in [
            (
                "a batch above the largest",
                self.inputs(0, LARGEST.get() + 1)?,
            ),
            ("inputs of different batches or none", mixed),
        ] {
            if !matches!(session.run(&inputs), Err(AdapterError::Run(_))) {
                return Err(format!("{what} is no error"));
            }
            if session.outputs().is_ok_and(|outputs| !outputs.is_empty()) {
                return Err(format!("{what} has outputs"));
            }
            self.compare(session, 1, 2)?;
        }
        Ok(())
    }
}

fn said(error: AdapterError) -> String {
    error.to_string()
}

fn fetch(session: &mut dyn Session, inputs: &[Tensor]) -> Result<Vec<Tensor>, String> {
    let mut outputs = Err(AdapterError::Run("the body did not run".to_owned()));
    session.enter(&mut |session| {
        outputs = session.run(inputs).and_then(|()| session.outputs());
    });
    outputs.map_err(said)
}
