//! One request over borrowed host tensors: nothing of a frame refers to them once it is over.
#![allow(unsafe_code)]

use tare_adapter_api::{AdapterError, Tensor as HostTensor, TensorSpec};
use tch::{Device, Kind, TchError, Tensor};

use super::program::{Frame, Program};
use crate::ffi::lies_in;
use crate::kind;
use crate::lower::Target;
use crate::shim::told;

/// As many views of each input are kept as a pool of inputs may have; more only cost their making again.
const POOL: usize = 64;

/// How the tensors of one input are made.
pub(crate) struct Feed {
    shape: Vec<i64>,
    kind: Kind,
    wanted: Kind,
    device: Device,
    /// Views made so far, by the address of the bytes.
    views: Vec<(usize, Tensor)>,
    /// Where the next one is likely to be.
    next: usize,
}

/// Executes `program` on `inputs`, which must fit the specifications that `feeds` were made from, and tells `done` the name of
/// each operator after it.
///
/// Afterwards the outputs are on the host and the frame holds nothing that refers to the bytes of `inputs`.
pub(super) fn execute(
    program: &Program,
    frame: &mut Frame,
    (feeds, inputs): (&mut [Feed], &[HostTensor]),
    done: impl FnMut(&str),
) -> Result<(), AdapterError> {
    let executed = feed(program, frame, feeds, inputs)
        .and_then(|()| program.run(frame, done).map_err(|error| error.to_string()))
        .and_then(|()| bring_out(program, frame, inputs).map_err(|error| told(&error)));
    executed.map_err(|reason| {
        program.reset(frame);
        AdapterError::Run(reason)
    })
}

fn feed(
    program: &Program,
    frame: &mut Frame,
    feeds: &mut [Feed],
    inputs: &[HostTensor],
) -> Result<(), String> {
    for (index, (feed, input)) in feeds.iter_mut().zip(inputs).enumerate() {
        // SAFETY: `execute` frees the frame of what refers to the bytes; kernels do not write to their inputs.
        let tensor = unsafe { feed.tensor(input) }.map_err(|error| told(&error))?;
        program.feed(frame, index, tensor);
    }
    Ok(())
}

/// Copies outputs that lie on a device, or in the bytes of an input.
fn bring_out(program: &Program, frame: &mut Frame, inputs: &[HostTensor]) -> Result<(), TchError> {
    for index in 0..program.outputs() {
        let Some(output) = program.output(frame, index) else {
            continue;
        };
        if let Some(own) = brought_out(output, inputs)? {
            program.replace_output(frame, index, own);
        }
    }
    Ok(())
}

/// A copy on the host of an output that lies on a device, or in the bytes of an input; `None` where it needs none.
pub(crate) fn brought_out(
    output: &Tensor,
    inputs: &[HostTensor],
) -> Result<Option<Tensor>, TchError> {
    if output.device() != Device::Cpu {
        return output.f_to_device(Device::Cpu).map(Some);
    }
    let shares = inputs.iter().any(|input| lies_in(output, input));
    shares.then(|| output.f_detach_copy()).transpose()
}

impl Feed {
    /// # Errors
    /// `Unsupported` where libtorch lacks the type.
    pub(crate) fn new(spec: &TensorSpec, target: Target) -> Result<Self, AdapterError> {
        let kinds = kind::kind(spec.dtype).zip(target.kind(spec.dtype).ok());
        let (kind, wanted) = kinds.ok_or_else(|| {
            AdapterError::Unsupported(format!(
                "libtorch computes with no {}, which input '{}' needs",
                spec.dtype, spec.name
            ))
        })?;
        Ok(Self {
            shape: spec.shape.iter().map(|size| *size as i64).collect(),
            kind,
            wanted,
            device: target.device,
            views: vec![],
            next: 0,
        })
    }

    /// The values of `host` where and as the program wants them.
    ///
    /// # Safety
    /// The tensor, and whatever shares its memory, is not written to, and dropped before `host` can be.
    pub(crate) unsafe fn tensor(&mut self, host: &HostTensor) -> Result<Tensor, TchError> {
        if self.device == Device::Cpu && self.wanted == self.kind {
            return self.view(host);
        }
        let here = self.view(host)?;
        here.f_to_device(self.device)?.f_to_kind(self.wanted)
    }

    /// A view of the bytes, or a copy where they are not aligned.
    fn view(&mut self, host: &HostTensor) -> Result<Tensor, TchError> {
        let address = host.bytes().as_ptr() as usize;
        if !address.is_multiple_of(self.kind.elt_size_in_bytes()) {
            return Tensor::f_from_data_size(host.bytes(), &self.shape, self.kind);
        }
        if let Some((known, view)) = self.views.get(self.next)
            && *known == address
        {
            self.next = (self.next + 1) % self.views.len();
            return Ok(view.shallow_clone());
        }
        if let Some(found) = self.views.iter().position(|(known, _)| *known == address) {
            self.next = (found + 1) % self.views.len();
            return Ok(self.views[found].1.shallow_clone());
        }
        let view = self.make(host.bytes())?;
        if self.views.len() == POOL {
            self.views.clear();
        }
        self.next = 0;
        self.views.push((address, view.shallow_clone()));
        Ok(view)
    }

    fn make(&self, bytes: &[u8]) -> Result<Tensor, TchError> {
        let elements = self.shape.iter().product::<i64>() as usize;
        let need = elements * self.kind.elt_size_in_bytes();
        if need != bytes.len() {
            let have = bytes.len();
            return Err(TchError::Shape(format!("{have} bytes, not {need}")));
        }
        // SAFETY: the bytes are as many as the shape needs and aligned, and live until `execute` returns; kernels do
        // not write to their inputs. Views are kept beyond that, but handed out only for the address of bytes that live.
        unsafe { Tensor::f_from_blob(bytes.as_ptr(), &self.shape, &[], self.kind, Device::Cpu) }
    }
}
