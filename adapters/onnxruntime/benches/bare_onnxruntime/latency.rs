//! Latency of a request through the adapter over that of the two bare loops, in interleaved blocks.

use anyhow::{Context, Result};
use serde_json::Value;
use tare_adapter_api::{Adapter, DataType, Session, Tensor};
use tare_adapter_onnxruntime::OnnxRuntime;
use tare_clock::{Clock, MonotonicClock, ThreadCpuClock};
use tare_statistics::mean_interval;

use crate::coin::Coin;
use crate::ffi::Bare;
use crate::python::{self, Python};
use crate::subject::Subject;
use crate::tell;

const LIMIT: f64 = 1.01;
const LOADS: usize = 24;
const BLOCKS: usize = 6;
const WARM_UP: usize = 2;

/// The model, its sequence length, and the requests of a block.
const MODELS: [(&str, Option<usize>, usize); 3] = [
    ("minilm-l6", Some(128), 2),
    ("bert-tiny", Some(32), 48),
    ("mlp", None, 320),
];

/// Latencies in nanoseconds of the adapter, the C interface and Python, where that is here.
type Latencies = [Vec<u64>; 3];

/// What is measured of one model, with the shapes of its outputs and what Python has to know.
struct Course<'c> {
    subject: &'c Subject,
    layouts: &'c [(DataType, Vec<usize>)],
    plan: &'c Value,
    requests: usize,
}

/// Prints the ratios of the models asked for; whether none is shown to lie above the limit.
pub fn compare(version: &str, is_asked: &dyn Fn(&str) -> bool) -> Result<bool> {
    let mut coin = Coin::new(1);
    let mut python = Python::start(version)?;
    let mut all_within = true;
    for (model, seq, requests) in MODELS.into_iter().filter(|(model, ..)| is_asked(model)) {
        let folder = tempfile::tempdir()?;
        let subject = Subject::new(model, seq, folder.path())?;
        let layouts = output_layouts(&subject)?;
        let course = Course {
            plan: &python::plan(&subject, &layouts, folder.path())?,
            subject: &subject,
            layouts: &layouts,
            requests,
        };
        let [mut cpu, mut wall] = [const { [Vec::new(), Vec::new()] }; 2];
        let mut microseconds = 0.0;
        for _ in 0..LOADS {
            let [by_cpu, by_wall] = course.load(python.as_mut(), &mut coin)?;
            push_ratios(&by_cpu, &mut cpu);
            push_ratios(&by_wall, &mut wall);
            microseconds += median(&by_wall[0]) / 1e3 / LOADS as f64;
        }
        let seq = seq.map_or(String::new(), |seq| format!(" seq={seq}"));
        println!(
            "{model}{seq}: {microseconds:.1} µs, {LOADS} loads x {BLOCKS} blocks of {requests} a side"
        );
        for (side, name) in ["the C interface", "Python"].into_iter().enumerate() {
            for (ratios, clock) in [(&cpu, "CPU time"), (&wall, "wall    ")] {
                if let Some(ratio) = mean_interval(&ratios[side]) {
                    let is_within = tell(&format!("over {name}, by {clock}"), &ratio, LIMIT);
                    // The wall also times the neighbours.
                    all_within &= is_within || clock != "CPU time";
                }
            }
        }
    }
    Ok(all_within)
}

impl Course<'_> {
    /// Loads all sides anew and runs their blocks: latencies by CPU time and by wall.
    fn load(&self, mut python: Option<&mut Python>, coin: &mut Coin) -> Result<[Latencies; 2]> {
        if let Some(python) = python.as_mut() {
            python.load(self.plan)?;
        }
        let first = coin.flip().then(|| self.bare()).transpose()?;
        let loaded = OnnxRuntime.load(&self.subject.load)?;
        let bare = first.map_or_else(|| self.bare(), Ok)?;
        let mut sides = Sides {
            session: loaded.session()?,
            bare,
            python,
            inputs: &self.subject.inputs,
            requests: self.requests,
        };
        sides.blocks(WARM_UP, &MonotonicClock, "wall", coin)?;
        let by_cpu = sides.blocks(BLOCKS, &ThreadCpuClock, "cpu", coin)?;
        let by_wall = sides.blocks(BLOCKS, &MonotonicClock, "wall", coin)?;
        Ok([by_cpu, by_wall])
    }

    fn bare(&self) -> Result<Bare<'_>> {
        let mut bare = Bare::load(&self.subject.load, &self.subject.inputs)?;
        bare.bind(&self.subject.load, self.layouts)?;
        Ok(bare)
    }
}

/// The logarithms of the adapter's median over the others', where there are others.
fn push_ratios(latencies: &Latencies, ratios: &mut [Vec<f64>; 2]) {
    let [adapter, others @ ..] = latencies;
    for (other, ratios) in others.iter().zip(ratios) {
        if !other.is_empty() {
            ratios.push((median(adapter) / median(other)).ln());
        }
    }
}

/// The three sides, loaded.
struct Sides<'s> {
    session: Box<dyn Session + 's>,
    bare: Bare<'s>,
    python: Option<&'s mut Python>,
    inputs: &'s [Vec<Tensor>],
    requests: usize,
}

impl Sides<'_> {
    fn blocks(
        &mut self,
        blocks: usize,
        clock: &impl Clock,
        name: &str,
        coin: &mut Coin,
    ) -> Result<Latencies> {
        let mut latencies = Latencies::default();
        for _ in 0..blocks {
            for side in order(coin) {
                let block = match side {
                    0 => adapter(self.session.as_mut(), self.inputs, self.requests, clock)?,
                    1 => self.bare.block(self.requests, clock)?,
                    _ => match &mut self.python {
                        Some(python) => python.block(self.requests, name)?,
                        None => Vec::new(),
                    },
                };
                latencies[side].extend(block);
            }
        }
        Ok(latencies)
    }
}

fn adapter(
    session: &mut dyn Session,
    inputs: &[Vec<Tensor>],
    requests: usize,
    clock: &impl Clock,
) -> Result<Vec<u64>> {
    let inputs = inputs.iter().cycle().take(requests);
    let timed = inputs.map(|inputs| {
        let start = clock.now();
        session.run(inputs)?;
        Ok(clock.now().saturating_sub(start).as_nanos())
    });
    timed.collect()
}

/// One of the six orders of three sides, each about as likely.
fn order(coin: &mut Coin) -> [usize; 3] {
    let mut order = [0, 1, 2];
    for _ in 0..4 {
        if coin.flip() {
            order.swap(0, 1);
        }
        if coin.flip() {
            order.swap(1, 2);
        }
    }
    order
}

fn output_layouts(subject: &Subject) -> Result<Vec<(DataType, Vec<usize>)>> {
    let loaded = OnnxRuntime.load(&subject.load)?;
    let mut session = loaded.session()?;
    session.run(subject.inputs.first().context("inputs")?)?;
    let layout = |output: &Tensor| (output.dtype(), output.shape().to_vec());
    Ok(session.outputs()?.iter().map(layout).collect())
}

fn median(nanos: &[u64]) -> f64 {
    let mut nanos = nanos.to_vec();
    nanos.sort_unstable();
    let middle = nanos.len() / 2;
    (nanos[middle] + nanos[(nanos.len() - 1) / 2]) as f64 / 2.0
}
