//! The arena, the inputs, outputs and weights of a plan, read and written through views.

use std::borrow::Cow;

use half::{bf16, f16};
use tare_adapter_api::{AdapterError, DataType, Tensor};
use tare_models::byte_len;

use crate::plan::{Place, Plan};
use crate::view::View;

/// A byte that makes NaN of a float and −1 of an integer.
const UNWRITTEN: u8 = 0xff;

pub(super) struct Memory<'p> {
    plan: &'p Plan,
    weights: &'p [Tensor],
    inputs: Vec<Tensor>,
    /// Words, so that every element is aligned.
    arena: Vec<u64>,
    outputs: Vec<Vec<u64>>,
}

impl<'p> Memory<'p> {
    pub(super) fn new(plan: &'p Plan, weights: &'p [Tensor]) -> Self {
        let count = plan
            .buffers
            .iter()
            .filter(|buffer| matches!(buffer.place, Place::Output(_)));
        let mut outputs = vec![Vec::new(); count.count()];
        for buffer in &plan.buffers {
            if let Place::Output(number) = buffer.place {
                let bytes = byte_len(buffer.dtype, &buffer.shape).unwrap_or(0);
                outputs[number] = vec![0; words(bytes)];
            }
        }
        Self {
            plan,
            weights,
            inputs: Vec::new(),
            arena: vec![0; words(plan.arena_bytes.as_bytes())],
            outputs,
        }
    }

    /// Takes the inputs of a request, and makes all else unwritten.
    pub(super) fn begin(&mut self, inputs: Vec<Tensor>) {
        self.inputs = inputs;
        let written = std::iter::once(&mut self.arena).chain(&mut self.outputs);
        written.for_each(|words| bytemuck::cast_slice_mut::<u64, u8>(words).fill(UNWRITTEN));
    }

    /// How many outputs there are.
    pub(super) fn outputs(&self) -> usize {
        self.outputs.len()
    }

    /// The output of this number.
    pub(super) fn output(&self, number: usize) -> Result<Tensor, AdapterError> {
        let is_it = |place: Place| matches!(place, Place::Output(own) if own == number);
        let buffer = self.plan.buffers.iter().find(|buffer| is_it(buffer.place));
        let buffer =
            buffer.ok_or_else(|| AdapterError::Run(format!("there is no output {number}")))?;
        let bytes = byte_len(buffer.dtype, &buffer.shape).unwrap_or(0) as usize;
        let written = bytemuck::cast_slice::<u64, u8>(&self.outputs[number])[..bytes].to_vec();
        Tensor::from_bytes(buffer.dtype, buffer.shape.clone(), written.into())
            .map_err(|error| AdapterError::Run(error.to_string()))
    }

    pub(super) fn dtype(&self, view: &View) -> DataType {
        self.plan.buffer(view.buffer).dtype
    }

    /// What the view shows of floats, in row-major order.
    pub(super) fn floats(&self, view: &View) -> Cow<'_, [f32]> {
        match self.dtype(view) {
            DataType::F16 => return Cow::Owned(widened(view, &self.all::<f16>(view), f16::to_f32)),
            DataType::Bf16 => {
                return Cow::Owned(widened(view, &self.all::<bf16>(view), bf16::to_f32));
            }
            _ => {}
        }
        let all = self.all::<f32>(view);
        if view.is_contiguous() {
            let range = view.offset..view.offset + view.elements();
            return match all {
                Cow::Borrowed(all) => Cow::Borrowed(&all[range]),
                Cow::Owned(all) => Cow::Owned(all[range].to_vec()),
            };
        }
        Cow::Owned(gathered(view, &all))
    }

    /// What the view shows of integers, or of booleans as 0 and 1.
    pub(super) fn integers(&self, view: &View) -> Vec<i64> {
        match self.dtype(view) {
            DataType::I64 => gathered(view, &self.all::<i64>(view)),
            DataType::I32 => {
                let narrow = gathered(view, &self.all::<i32>(view));
                narrow.into_iter().map(i64::from).collect()
            }
            _ => {
                let bytes = gathered(view, &self.all::<u8>(view));
                bytes.into_iter().map(i64::from).collect()
            }
        }
    }

    pub(super) fn write_floats(&mut self, view: &View, values: &[f32]) {
        match self.dtype(view) {
            DataType::F16 => {
                let narrow: Vec<f16> = values.iter().map(|value| f16::from_f32(*value)).collect();
                scattered(view, &narrow, self.all_mut::<f16>(view));
            }
            DataType::Bf16 => {
                let narrow: Vec<bf16> = values.iter().map(|value| bf16::from_f32(*value)).collect();
                scattered(view, &narrow, self.all_mut::<bf16>(view));
            }
            _ => scattered(view, values, self.all_mut::<f32>(view)),
        }
    }

    pub(super) fn write_integers(&mut self, view: &View, values: &[i64]) {
        match self.dtype(view) {
            DataType::I64 => scattered(view, values, self.all_mut::<i64>(view)),
            DataType::I32 => {
                let narrow: Vec<i32> = values.iter().map(|value| *value as i32).collect();
                scattered(view, &narrow, self.all_mut::<i32>(view));
            }
            _ => {
                let bytes: Vec<u8> = values.iter().map(|value| *value as u8).collect();
                scattered(view, &bytes, self.all_mut::<u8>(view));
            }
        }
    }

    /// All elements of the view's buffer.
    fn all<T: tare_adapter_api::Element>(&self, view: &View) -> Cow<'_, [T]> {
        let buffer = self.plan.buffer(view.buffer);
        let bytes = byte_len(buffer.dtype, &buffer.shape).unwrap_or(0) as usize;
        let stored: &[u64] = match buffer.place {
            Place::Input(number) => return self.inputs[number].values().unwrap_or_default(),
            Place::Weight(number) => return self.weights[number].values().unwrap_or_default(),
            Place::Output(number) => &self.outputs[number],
            Place::Arena(offset) => &self.arena[offset.as_bytes() as usize / 8..],
        };
        Cow::Borrowed(bytemuck::cast_slice(
            &bytemuck::cast_slice::<u64, u8>(stored)[..bytes],
        ))
    }

    /// All elements of the view's buffer, which is the arena's or an output; none of an input or a weight.
    fn all_mut<T: bytemuck::Pod>(&mut self, view: &View) -> &mut [T] {
        let buffer = self.plan.buffer(view.buffer);
        let bytes = byte_len(buffer.dtype, &buffer.shape).unwrap_or(0) as usize;
        let stored: &mut [u64] = match buffer.place {
            Place::Input(_) | Place::Weight(_) => return &mut [],
            Place::Output(number) => &mut self.outputs[number],
            Place::Arena(offset) => &mut self.arena[offset.as_bytes() as usize / 8..],
        };
        bytemuck::cast_slice_mut(&mut bytemuck::cast_slice_mut::<u64, u8>(stored)[..bytes])
    }
}

fn words(bytes: u64) -> usize {
    bytes.div_ceil(8) as usize
}

fn gathered<T: Copy>(view: &View, all: &[T]) -> Vec<T> {
    let mut shown = Vec::with_capacity(view.elements());
    view.places(|place| shown.push(all[place]));
    shown
}

fn widened<T: Copy>(view: &View, all: &[T], each: fn(T) -> f32) -> Vec<f32> {
    gathered(view, all).into_iter().map(each).collect()
}

fn scattered<T: Copy>(view: &View, values: &[T], all: &mut [T]) {
    if view.is_contiguous() {
        all[view.offset..view.offset + values.len()].copy_from_slice(values);
        return;
    }
    let mut next = values.iter();
    view.places(|place| {
        if let Some(value) = next.next() {
            all[place] = *value;
        }
    });
}
