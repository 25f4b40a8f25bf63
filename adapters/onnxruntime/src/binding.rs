//! One stream of requests over a session: bindings kept by the inputs' addresses, outputs written into memory kept for them.

mod ffi;

use std::sync::Arc;

use ort::memory::{AllocationDevice, AllocatorType, MemoryInfo, MemoryType};
use ort::session::Session;
use tare_adapter_api::{AdapterError, DataType, Tensor, check_inputs};

use self::ffi::{Binding, Value};
use crate::element;
use crate::plan::Plan;

/// How many sets of inputs a stream keeps bound.
const KEPT: usize = 16;

/// Bindings for the sets of inputs seen last, and the outputs that they share.
pub(crate) struct Stream<'m> {
    plan: &'m Plan,
    session: Arc<Session>,
    host: MemoryInfo<'static>,
    bound: Vec<Bound>,
    /// The one that ran last, where its outputs are still there.
    last: Option<usize>,
    /// Where the next set of inputs is looked for, or put.
    next: usize,
    /// Memory for the outputs, once the first run has shown their shapes; `None` in it for an output whose shape depends on more
    /// than the inputs' shapes, which each run allocates.
    kept: Option<Vec<Option<Value>>>,
    runs: usize,
}

/// A set of inputs that stays bound. It shares their memory, so no other tensor can have these addresses meanwhile.
struct Bound {
    inputs: Vec<Tensor>,
    binding: Binding,
    /// Whether the kept outputs are bound, not those of the time before they were known.
    settled: bool,
}

impl<'m> Stream<'m> {
    pub(crate) fn new(plan: &'m Plan, session: &Arc<Session>) -> Result<Self, AdapterError> {
        Ok(Self {
            plan,
            session: Arc::clone(session),
            host: host().map_err(failed)?,
            bound: Vec::with_capacity(KEPT),
            last: None,
            next: 0,
            kept: None,
            runs: 0,
        })
    }

    /// How often the session has run: once a request that reached it, and once more where an output changed its shape.
    pub(crate) fn runs(&self) -> usize {
        self.runs
    }

    /// Runs one request.
    pub(crate) fn run(&mut self, inputs: &[Tensor]) -> Result<(), AdapterError> {
        let last = self.last.take();
        check_inputs(&self.plan.specs, inputs)?;
        self.execute(last, inputs).map_err(failed)
    }

    /// The outputs of the last request.
    pub(crate) fn outputs(&self) -> Result<Vec<Tensor>, AdapterError> {
        let last = self
            .last
            .ok_or_else(|| AdapterError::Run("no request has run: run one first".to_owned()))?;
        let outputs = self.bound[last].binding.outputs().map_err(failed)?;
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
        if let Some(last) = last {
            self.learn(last)?;
            self.renew(last)?;
        }
        let index = match self.find(inputs) {
            Some(index) => {
                if self.plan.copies_inputs {
                    self.bound[index].again(self.plan)?;
                }
                index
            }
            None => self.bind(inputs)?,
        };
        if last != Some(index) {
            self.renew(index)?;
        }
        self.runs += 1;
        match self.bound[index].binding.run() {
            Ok(()) => {}
            Err(error) => self.run_open(index, error)?,
        }
        self.last = Some(index);
        self.next = (index + 1) % KEPT;
        Ok(())
    }

    /// The binding of these very inputs; looked for first where it is when sets of inputs take turns.
    fn find(&self, inputs: &[Tensor]) -> Option<usize> {
        let count = self.bound.len();
        let places = (self.next..count).chain(0..self.next.min(count));
        let mut places = places.filter(|index| self.bound[*index].is_for(inputs));
        places.next()
    }

    fn bind(&mut self, inputs: &[Tensor]) -> Result<usize, ort::Error> {
        let mut binding = Binding::new(&self.session)?;
        for ((name, element), tensor) in self.plan.input_types().zip(inputs) {
            binding.input(name, Value::over(tensor, element, &self.host)?)?;
        }
        let bound = Bound {
            inputs: inputs.to_vec(),
            binding,
            settled: false,
        };
        if self.bound.len() < KEPT {
            self.bound.push(bound);
            return Ok(self.bound.len() - 1);
        }
        self.bound[self.next] = bound;
        Ok(self.next)
    }

    /// Makes room for outputs like those of the first run.
    fn learn(&mut self, last: usize) -> Result<(), ort::Error> {
        if self.kept.is_none() {
            let layouts = self.bound[last].binding.layouts()?;
            let values = layouts.iter().map(|layout| room(layout).map(Some));
            self.kept = Some(values.collect::<Result<_, _>>()?);
        }
        Ok(())
    }

    /// Binds the kept outputs where they are not yet, and lets the next run allocate the others, which frees those before.
    fn renew(&mut self, index: usize) -> Result<(), ort::Error> {
        let bound = &mut self.bound[index];
        let kept = self.kept.as_deref().unwrap_or_default();
        for (place, name) in self.plan.output_names().enumerate() {
            match kept.get(place) {
                Some(Some(_)) if bound.settled => {}
                Some(Some(value)) => bound.binding.output(name, value)?,
                _ => bound.binding.open_output(name, &self.host)?,
            }
        }
        bound.settled = !kept.is_empty();
        Ok(())
    }

    /// Runs again with outputs that the run allocates, as one may have another shape now; what differs is not kept any more.
    fn run_open(&mut self, index: usize, error: ort::Error) -> Result<(), ort::Error> {
        let Some(kept) = &mut self.kept else {
            return Err(error);
        };
        self.bound
            .iter_mut()
            .for_each(|bound| bound.settled = false);
        let binding = &mut self.bound[index].binding;
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
        Ok(())
    }
}

impl Bound {
    fn is_for(&self, inputs: &[Tensor]) -> bool {
        let mut pairs = self.inputs.iter().zip(inputs);
        pairs.all(|(ours, theirs)| ours.bytes().as_ptr() == theirs.bytes().as_ptr())
    }

    /// Binds the inputs again, so that a device that copies them when they are bound copies them for this request.
    fn again(&mut self, plan: &Plan) -> Result<(), ort::Error> {
        self.binding.inputs_again(plan.input_names())
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
