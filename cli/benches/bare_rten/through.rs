//! The same model as tare runs it: the plan's request, rten's adapter, the harness's timed loop.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use tare_adapter_api::{Adapter, Device, Loaded, Session};
use tare_adapter_registry::{Home, find};
use tare_clock::Clock;
use tare_harness::LinkedDesk;
use tare_harness::plan::{ModelChoice, ReferenceChoice, Selection, Work, plan};
use tare_harness::{Pool, SampleBuffer, drive};
use tare_models::zoo::{self, Form};
use tare_models::{Tensor, build};
use tare_scenarios::{Limits, Seed};
use tare_units::Nanoseconds;

/// A session with the inputs of its requests.
pub struct Through<'a> {
    session: Box<dyn Session + 'a>,
    work: &'a Work,
    inputs: Pool,
}

impl<'a> Through<'a> {
    /// A session of `loaded`.
    pub fn new(loaded: &'a dyn Loaded, work: &'a Work, inputs: &'a [Vec<Tensor>]) -> Result<Self> {
        Ok(Self {
            session: loaded.session()?,
            work,
            inputs: Pool::of_one_batch(inputs.to_vec()),
        })
    }

    /// Latencies of `requests` requests in nanoseconds, as they are recorded.
    pub fn block(&mut self, requests: usize, clock: &impl Clock) -> Result<Vec<u64>> {
        let limits = Limits {
            duration: Nanoseconds::from_secs(3600),
            max_requests: requests as u64,
            batch: 1,
        };
        let scenario = &self.work.scenario;
        let mut schedule = scenario.schedule(limits, Seed::new(0, 0), None)?;
        let mut buffer = SampleBuffer::with_capacity(requests);
        let inputs = &self.inputs;
        let mut driven = None;
        self.session.enter(&mut |session| {
            driven = Some(drive(
                session,
                inputs,
                &mut schedule,
                clock,
                None,
                &mut buffer,
            ));
        });
        let driven = driven.context("the session was not entered")?;
        driven.first_error.map_or(Ok(()), Err)?;
        ensure!(buffer.samples().len() == requests, "requests are missing");
        Ok(buffer
            .samples()
            .iter()
            .map(|sample| sample.latency)
            .collect())
    }
}

/// The one cell of `model` from the zoo, written into `folder`, as `tare run` plans it.
pub fn work(model: &str, seq: usize, folder: &Path) -> Result<Work> {
    let path = folder.join(format!("{model}.onnx"));
    build::write(&zoo::make(model, 0, Form::Full)?, &path)?;
    let selection = Selection {
        models: vec![ModelChoice {
            name: model.to_owned(),
            path,
            default_symbols: BTreeMap::from([("seq".to_owned(), seq)]),
            inputs: Vec::new(),
            zoo: None,
        }],
        adapters: vec!["rten".parse()?],
        scenarios: vec!["single-stream".parse()?],
        batches: vec![1],
        shapes: Vec::new(),
        precisions: Vec::new(),
        devices: vec![Device::Cpu],
        threads: vec![1],
        seed: 0,
        reference: ReferenceChoice::None,
    };
    let planned = plan(&selection, &LinkedDesk::new(&[rten()?]))?;
    planned.cells.into_iter().next().context("a cell")
}

/// The model loaded by the adapter.
pub fn load(work: &Work) -> Result<Box<dyn Loaded>> {
    Ok(rten()?.load(&work.load)?)
}

fn rten() -> Result<&'static dyn Adapter> {
    match find("rten")?.home {
        Home::Linked(adapter) => Ok(adapter),
        Home::Worker { program, .. } => anyhow::bail!("rten lies in {program}"),
        Home::NotBuilt(remedy) => anyhow::bail!("rten is not compiled in: {remedy}"),
    }
}
