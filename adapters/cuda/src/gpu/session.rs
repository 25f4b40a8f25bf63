//! One stream of requests on a device.

use std::sync::Arc;

use tare_adapter_api::{
    AdapterError, Body, Interval, RequestProfile, Session, Tensor, check_inputs,
};
use tare_cuda::{ADDRESSES, Fault, Graph, Kernel, Memory, Pinned, Stream};
use tare_units::Bytes;

use super::load::Native;
use super::loading;
use super::place::FAULT_BYTES;
use super::profile::Profiler;
use super::settings::Mode;
use super::sys::Bound;
use crate::kernels::{Address, Work};
use crate::plan::Place;

/// Memory that a request is executed in, and all that it starts.
pub(super) struct NativeSession<'m> {
    native: &'m Native,
    /// Dropped before what it was captured with.
    graph: Option<Graph>,
    pub(super) works: Vec<Bound>,
    pub(super) host: Host,
    pub(super) device: Device,
    profiler: Option<Profiler>,
    intervals: Vec<Vec<Interval>>,
    pub(super) stream: Arc<Stream>,
    has_run: bool,
    /// What the device said when its context was lost.
    lost: Option<String>,
}

/// Page-locked memory that requests pass through.
pub(super) struct Host {
    pub(super) inputs: Pinned,
    pub(super) outputs: Pinned,
}

/// The session's own memory of the device.
pub(super) struct Device {
    pub(super) inputs: Memory,
    /// And what kernels could not do, last.
    pub(super) outputs: Memory,
    arena: Memory,
    pub(super) workspace: Memory,
}

impl<'m> NativeSession<'m> {
    pub(super) fn new(native: &'m Native) -> Result<Self, AdapterError> {
        native.context.make_current().map_err(loading)?;
        let (host, device) = allocated(native).map_err(loading)?;
        let stream = Stream::new(&native.context).map_err(loading)?;
        let works = bound(native, &device).map_err(loading)?;
        let mut session = Self {
            native,
            graph: None,
            works,
            host,
            device,
            profiler: None,
            intervals: Vec::new(),
            stream,
            has_run: false,
            lost: None,
        };
        session.rehearse()?;
        if native.settings.mode == Mode::Graph {
            session.graph = Some(session.capture().map_err(loading)?);
        }
        Ok(session)
    }

    /// Executes one request of zeros, each step waited for, so that what fails is told with its step.
    fn rehearse(&mut self) -> Result<(), AdapterError> {
        self.host.inputs.as_mut_slice().fill(0);
        self.upload()
            .and_then(|()| self.stream.wait())
            .map_err(loading)?;
        for number in 0..self.works.len() {
            let done = self.start(number).and_then(|()| self.stream.wait());
            done.map_err(|fault| AdapterError::Load(self.told(number, &fault)))?;
        }
        let at = self.native.blocks.faults() as usize;
        let told = at..at + FAULT_BYTES as usize;
        self.download()
            .and_then(|()| self.stream.zero(&self.device.outputs, told))
            .and_then(|()| self.stream.wait())
            .map_err(loading)
    }

    /// What failed, and in which step.
    fn told(&self, number: usize, fault: &Fault) -> String {
        let (step, _) = self.native.code.works[number];
        format!("step {step} ({}): {fault}", self.sources(step))
    }

    /// The operators of a step by name.
    pub(super) fn sources(&self, step: usize) -> String {
        let planned = &self.native.planned.plan.steps[step];
        let names = planned
            .step
            .sources
            .iter()
            .map(|source| source.name.as_str());
        names.collect::<Vec<_>>().join(", ")
    }

    /// The step of a work.
    pub(super) fn step(&self, number: usize) -> usize {
        self.native.code.works[number].0
    }

    pub(super) fn kind(&self, step: usize) -> String {
        crate::plan::kind_name(&self.native.planned.plan.steps[step].step.kind)
    }

    fn enqueue(&self) -> Result<(), Fault> {
        self.upload()?;
        (0..self.works.len()).try_for_each(|number| self.start(number))?;
        self.download()
    }

    fn execute(&mut self) -> Result<(), AdapterError> {
        if let Some(mut profiler) = self.profiler.take() {
            let profiled = profiler.request(self);
            self.profiler = Some(profiler);
            return profiled.map_err(|fault| self.failed(&fault));
        }
        let started = match &self.graph {
            Some(graph) => self.launch(graph),
            None => self.enqueue(),
        };
        started
            .and_then(|()| self.stream.wait())
            .map_err(|fault| self.failed(&fault))
    }

    /// A fault that no later request survives is told again by each.
    fn failed(&mut self, fault: &Fault) -> AdapterError {
        let mut told = fault.to_string();
        if fault.is_sticky() {
            told = format!(
                "{told}, in one of {} steps: the device is lost to this process",
                self.native.planned.plan.steps.len()
            );
            self.lost = Some(told.clone());
        }
        AdapterError::Run(told)
    }

    /// Refuses the outputs of a request in which a kernel met what it cannot do.
    fn refuse_faults(&mut self) -> Result<(), AdapterError> {
        if !self.native.code.can_fault {
            return Ok(());
        }
        let at = self.native.blocks.faults() as usize;
        let told = &self.host.outputs.as_slice()[at..at + FAULT_BYTES as usize];
        let word = |from: usize| {
            let bytes = told[from..from + 8].try_into();
            u64::from_le_bytes(bytes.unwrap_or_default())
        };
        let (step, value) = (word(0), word(8) as i64);
        let Some(step) = step.checked_sub(1) else {
            return Ok(());
        };
        let range = at..at + FAULT_BYTES as usize;
        let cleared = self.stream.zero(&self.device.outputs, range);
        cleared
            .and_then(|()| self.stream.wait())
            .map_err(|fault| self.failed(&fault))?;
        let size = self.table_of(step as usize);
        Err(AdapterError::Run(format!(
            "step {step} ({}): index {} of an axis of {size}",
            self.sources(step as usize),
            value
        )))
    }

    /// The size of the axis that a step gathers along.
    fn table_of(&self, step: usize) -> usize {
        let step = &self.native.planned.plan.steps[step].step;
        match (&step.kind, step.input("table")) {
            (crate::step::Kind::Gather { axis }, Some(table)) => table.shape[*axis],
            _ => 0,
        }
    }
}

impl Session for NativeSession<'_> {
    fn run(&mut self, inputs: &[Tensor]) -> Result<(), AdapterError> {
        self.has_run = false;
        if let Some(lost) = &self.lost {
            return Err(AdapterError::Run(lost.clone()));
        }
        check_inputs(&self.native.inputs, inputs)?;
        self.native
            .context
            .make_current()
            .map_err(|fault| self.failed(&fault))?;
        for (number, feed) in self.native.planned.feeds.iter().enumerate() {
            let range = self.native.blocks.inputs.range(number);
            self.host.inputs.as_mut_slice()[range].copy_from_slice(inputs[*feed].bytes());
        }
        self.execute()?;
        self.refuse_faults()?;
        self.has_run = true;
        Ok(())
    }

    fn outputs(&self) -> Result<Vec<Tensor>, AdapterError> {
        if !self.has_run {
            return Err(AdapterError::Run(
                "no request has run: run one first".to_owned(),
            ));
        }
        let plan = &self.native.planned.plan;
        let read = |number: &usize| {
            let is_it = |place: Place| matches!(place, Place::Output(own) if own == *number);
            let buffer = plan.buffers.iter().find(|buffer| is_it(buffer.place));
            let buffer =
                buffer.ok_or_else(|| AdapterError::Run(format!("there is no output {number}")))?;
            let bytes = &self.host.outputs.as_slice()[self.native.blocks.outputs.range(*number)];
            Tensor::from_bytes(buffer.dtype, buffer.shape.clone(), bytes.to_vec().into())
                .map_err(|error| AdapterError::Run(error.to_string()))
        };
        self.native.planned.given.iter().map(read).collect()
    }

    fn enter(&mut self, body: Body<'_>) {
        body(self);
    }

    fn start_profile(&mut self) -> Result<(), AdapterError> {
        let marks = Profiler::new(&self.native.context, self.works.len());
        self.profiler = Some(marks.map_err(|fault| self.failed(&fault))?);
        Ok(())
    }

    fn device_intervals(&mut self) -> Result<Vec<Vec<Interval>>, AdapterError> {
        Ok(std::mem::take(&mut self.intervals))
    }

    fn end_profile(&mut self) -> Result<Vec<RequestProfile>, AdapterError> {
        let profiler = self.profiler.take().ok_or_else(|| {
            AdapterError::Run("no profile was started: start one first".to_owned())
        })?;
        let (profiles, intervals) = profiler.end();
        self.intervals = intervals;
        Ok(profiles)
    }
}

fn allocated(native: &Native) -> Result<(Host, Device), Fault> {
    let blocks = &native.blocks;
    let context = &native.context;
    let plan = &native.planned.plan;
    let host = Host {
        inputs: Pinned::new(context, blocks.inputs.size())?,
        outputs: Pinned::new(context, blocks.told())?,
    };
    let ways = native.ways.values().map(|way| way.workspace());
    let most = ways.max().unwrap_or_default().max(native.code.workspace);
    let at_least = Bytes::from_bytes(plan.arena_bytes.as_bytes().max(1));
    let device = Device {
        inputs: Memory::new(context, blocks.inputs.size())?,
        outputs: Memory::zeroed(context, blocks.told())?,
        arena: Memory::new(context, at_least)?,
        workspace: Memory::new(context, Bytes::from_bytes(most.as_bytes().max(1)))?,
    };
    Ok((host, device))
}

/// All works with their addresses.
fn bound(native: &Native, device: &Device) -> Result<Vec<Bound>, Fault> {
    let address = |address: &Address| address_of(native, device, *address);
    let works = native.code.works.iter().enumerate();
    works
        .map(|(number, (_, work))| match work {
            Work::Launch(launch) => {
                let kernel: Kernel = native.module.kernel(&launch.kernel)?;
                let mut arguments = [0; ADDRESSES];
                for (place, argument) in arguments.iter_mut().zip(&launch.arguments) {
                    *place = address(argument);
                }
                Ok(Bound::launch(
                    kernel,
                    launch.grid,
                    launch.threads,
                    arguments,
                ))
            }
            Work::Product(product) => {
                let shape = &native.shapes[&number];
                let of = |matrix: &crate::kernels::Matrix| address(&matrix.at);
                let addresses = tare_cuda::Addresses {
                    a: of(&product.a),
                    b: of(&product.b),
                    c: product.residual.as_ref().map(of),
                    d: of(&product.d),
                    bias: product.bias.as_ref().map(address),
                };
                Bound::product(&native.library, shape, native.ways[shape], addresses)
            }
        })
        .collect()
}

fn address_of(native: &Native, device: &Device, address: Address) -> u64 {
    let (id, offset) = match address {
        Address::Workspace => return device.workspace.address(),
        Address::Faults => return device.outputs.address() + native.blocks.faults(),
        Address::Buffer(id, offset) => (id, offset),
    };
    let blocks = &native.blocks;
    let from = match native.planned.plan.buffer(id).place {
        Place::Input(number) => device.inputs.address() + blocks.inputs.offsets[number],
        Place::Output(number) => device.outputs.address() + blocks.outputs.offsets[number],
        Place::Weight(number) => native.weights.address() + blocks.weights.offsets[number],
        Place::Arena(place) => device.arena.address() + place.as_bytes(),
    };
    from + offset
}
