//! Requests over a session: bindings kept by the inputs' addresses, outputs written into memory kept for them.

mod ffi;
mod sets;
mod streams;

use std::sync::Arc;

use ort::memory::{AllocationDevice, AllocatorType, MemoryInfo, MemoryType};
use ort::session::Session;
use tare_adapter_api::{AdapterError, DataType, Tensor, TensorSpec, check_inputs};

use self::ffi::{Binding, Value};
use self::sets::{KEPT, Sets};
pub(crate) use self::streams::Streams;
use crate::element;
use crate::plan::Plan;

/// Bindings for the sets of inputs of one batch seen last, and the outputs that they share.
struct Stream<'m> {
    specs: Vec<TensorSpec>,
    sets: Sets,
    /// Of each set.
    bindings: Vec<Binding>,
    /// Whether the kept outputs are bound to a set's binding, not those of the time before they were known.
    settled: [bool; KEPT],
    /// The set that ran last, where its outputs are still there.
    last: Option<usize>,
    /// Whether some output is allocated by each run.
    allocates: bool,
    runs: usize,
    /// Memory for the outputs, once the first run has shown their shapes; `None` in it for an output whose shape depends on more
    /// than the inputs' shapes.
    kept: Option<Vec<Option<Value>>>,
    /// Whether memory is kept for outputs at all: where batches are several, each would keep its own.
    keeps_outputs: bool,
    plan: &'m Plan,
    session: Arc<Session>,
    host: MemoryInfo<'static>,
}

impl<'m> Stream<'m> {
    /// Of inputs like these.
    fn new(
        plan: &'m Plan,
        session: &Arc<Session>,
        specs: Vec<TensorSpec>,
    ) -> Result<Self, AdapterError> {
        Ok(Self {
            sets: Sets::new(&specs),
            specs,
            keeps_outputs: plan.largest_batch.is_none(),
            bindings: Vec::with_capacity(KEPT),
            settled: [false; KEPT],
            last: None,
            allocates: true,
            runs: 0,
            kept: None,
            plan,
            session: Arc::clone(session),
            host: host().map_err(failed)?,
        })
    }

    /// How often the session has run: once a request that reached it, and once more where an output changed its shape.
    fn runs(&self) -> usize {
        self.runs
    }

    /// Lets go of the outputs of the last request, whose memory is freed where it is not kept.
    fn forget(&mut self) -> Result<(), AdapterError> {
        match self.last.take() {
            Some(last) if self.allocates => self.renew(last).map_err(failed),
            _ => Ok(()),
        }
    }

    /// Runs one request.
    fn run(&mut self, inputs: &[Tensor]) -> Result<(), AdapterError> {
        let last = self.last.take();
        if !self.sets.fits(inputs) {
            check_inputs(&self.specs, inputs)?;
        }
        self.execute(last, inputs).map_err(failed)
    }

    /// The outputs of the last request.
    fn outputs(&self) -> Result<Vec<Tensor>, AdapterError> {
        let last = self
            .last
            .ok_or_else(|| AdapterError::Run("no request has run: run one first".to_owned()))?;
        let outputs = self.bindings[last].outputs().map_err(failed)?;
        for (output, spec) in outputs.iter().zip(&self.plan.outputs) {
            if output.dtype() != spec.dtype {
                return Err(AdapterError::Run(format!(
                    "output '{}' is declared as {} but onnxruntime returned {}",
                    spec.name,
                    spec.dtype,
                    output.dtype()
                )));
            }
        }
        Ok(outputs)
    }

    fn execute(&mut self, last: Option<usize>, inputs: &[Tensor]) -> Result<(), ort::Error> {
        if let Some(last) = last
            && self.allocates
        {
            self.learn(last)?;
            self.renew(last)?;
        }
        let place = match self.sets.find(inputs) {
            Some(place) => self.again(place)?,
            None => self.bind(inputs)?,
        };
        if self.allocates || !self.settled[place] {
            self.renew(place)?;
        }
        self.runs += 1;
        if let Err(error) = self.bindings[place].run() {
            self.run_allocating(place, error)?;
        }
        self.last = Some(place);
        Ok(())
    }

    /// Binds a set's inputs again where a device copies them when they are bound, so that it copies them for this request.
    fn again(&mut self, place: usize) -> Result<usize, ort::Error> {
        if self.plan.copies_inputs {
            self.bindings[place].inputs_again(self.plan.input_names())?;
        }
        Ok(place)
    }

    fn bind(&mut self, inputs: &[Tensor]) -> Result<usize, ort::Error> {
        let mut binding = Binding::new(&self.session)?;
        for ((name, element), tensor) in self.plan.input_types().zip(inputs) {
            binding.input(name, Value::over(tensor, element, &self.host)?)?;
        }
        let place = self.sets.keep(inputs);
        match self.bindings.get_mut(place) {
            Some(old) => *old = binding,
            None => self.bindings.push(binding),
        }
        self.settled[place] = false;
        Ok(place)
    }

    /// Makes room for outputs like those of the first run.
    fn learn(&mut self, last: usize) -> Result<(), ort::Error> {
        if self.keeps_outputs && self.kept.is_none() {
            let layouts = self.bindings[last].layouts()?;
            let values = layouts.iter().map(|layout| room(layout).map(Some));
            self.kept = Some(values.collect::<Result<_, _>>()?);
            self.allocates = false;
        }
        Ok(())
    }

    /// Binds the kept outputs where they are not yet, and lets the next run allocate the others, which frees those before.
    fn renew(&mut self, place: usize) -> Result<(), ort::Error> {
        let kept = self.kept.as_deref().unwrap_or_default();
        let binding = &mut self.bindings[place];
        for (output, name) in self.plan.output_names().enumerate() {
            match kept.get(output) {
                Some(Some(_)) if self.settled[place] => {}
                Some(Some(value)) => binding.output(name, value)?,
                _ => binding.open_output(name, &self.host)?,
            }
        }
        self.settled[place] = self.kept.is_some();
        Ok(())
    }

    /// Runs again with outputs that the run allocates, as one may have another shape now; what differs is not kept any more.
    fn run_allocating(&mut self, place: usize, error: ort::Error) -> Result<(), ort::Error> {
        let Some(kept) = &mut self.kept else {
            return Err(error);
        };
        self.settled = [false; KEPT];
        let binding = &mut self.bindings[place];
        for name in self.plan.output_names() {
            binding.open_output(name, &self.host)?;
        }
        self.runs += 1;
        binding.run()?;
        for (value, layout) in kept.iter_mut().zip(binding.layouts()?) {
            let fits = |value: &Value| value.layout().is_ok_and(|ours| ours == layout);
            if !value.as_ref().is_some_and(fits) {
                *value = None;
            }
        }
        self.allocates = kept.iter().any(Option::is_none);
        Ok(())
    }
}

fn host() -> Result<MemoryInfo<'static>, ort::Error> {
    MemoryInfo::new(
        AllocationDevice::CPU,
        0,
        AllocatorType::Device,
        MemoryType::Default,
    )
}

fn room((dtype, shape): &(DataType, Vec<usize>)) -> Result<Value, ort::Error> {
    let element = element::element(*dtype)
        .ok_or_else(|| ort::Error::new(format!("there is no memory for {dtype}")))?;
    Value::allocate(element, shape)
}

fn failed(error: ort::Error) -> AdapterError {
    AdapterError::Run(error.message().to_owned())
}
