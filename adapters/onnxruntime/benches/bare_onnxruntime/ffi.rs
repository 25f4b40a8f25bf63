//! The loop that a careful user of the C interface writes: a session, a binding for each set of inputs, outputs allocated once.
#![allow(unsafe_code)]

use std::ffi::CString;
use std::ptr;

use anyhow::{Context, Result};
use ort::api;
use ort::sys::{
    self, ONNXTensorElementDataType as Element, OrtAllocatorType, OrtLoggingLevel, OrtMemType,
};
use tare_adapter_api::{DataType, LoadRequest, Tensor};
use tare_clock::Clock;

/// A session by itself, with bindings of inputs that must outlive it.
pub struct Bare<'t> {
    session: *mut sys::OrtSession,
    bindings: Vec<*mut sys::OrtIoBinding>,
    values: Vec<*mut sys::OrtValue>,
    inputs: &'t [Vec<Tensor>],
}

fn done(status: sys::OrtStatusPtr) -> Result<()> {
    // SAFETY: every status given here came from a call just now and belongs to the caller.
    unsafe { ort::Error::result_from_status(status) }.context("a call of the C interface")
}

impl<'t> Bare<'t> {
    /// Reads the model as the adapter does by default, with one thread.
    pub fn load(load: &LoadRequest, inputs: &'t [Vec<Tensor>]) -> Result<Self> {
        let path = CString::new(load.model.to_str().context("a path of text")?)?;
        let (mut environment, mut options, mut session) =
            (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        // SAFETY: every pointer was made by the call before its use. The environment is the process's own, which the library
        // counts references to, so that this one may stay.
        unsafe {
            done((api().CreateEnv)(
                OrtLoggingLevel::ORT_LOGGING_LEVEL_ERROR,
                c"bare".as_ptr(),
                &mut environment,
            ))?;
            done((api().CreateSessionOptions)(&mut options))?;
            done((api().SetIntraOpNumThreads)(options, 1))?;
            let created = (api().CreateSession)(environment, path.as_ptr(), options, &mut session);
            (api().ReleaseSessionOptions)(options);
            done(created)?;
        }
        Ok(Self {
            session,
            bindings: Vec::new(),
            values: Vec::new(),
            inputs,
        })
    }

    /// Binds each set of inputs, with outputs of these types and shapes.
    pub fn bind(&mut self, load: &LoadRequest, outputs: &[(DataType, Vec<usize>)]) -> Result<()> {
        let mut room = Vec::new();
        for (dtype, shape) in outputs {
            room.push(self.allocate(*dtype, shape)?);
        }
        for set in self.inputs {
            let mut binding = ptr::null_mut();
            // SAFETY: the session lives as long as `self`, which releases the bindings first.
            done(unsafe { (api().CreateIoBinding)(self.session, &mut binding) })?;
            self.bindings.push(binding);
            for (spec, tensor) in load.inputs.iter().zip(set) {
                let (name, value) = (CString::new(spec.name.as_str())?, self.over(tensor)?);
                // SAFETY: all three live through the call.
                done(unsafe { (api().BindInput)(binding, name.as_ptr(), value) })?;
            }
            for (spec, value) in load.outputs.iter().zip(&room) {
                let name = CString::new(spec.name.as_str())?;
                // SAFETY: all three live through the call.
                done(unsafe { (api().BindOutput)(binding, name.as_ptr(), *value) })?;
            }
        }
        Ok(())
    }

    /// Latencies of `requests` requests in nanoseconds.
    pub fn block(&self, requests: usize, clock: &impl Clock) -> Result<Vec<u64>> {
        let bindings = self.bindings.iter().cycle().take(requests);
        let timed = bindings.map(|binding| {
            let start = clock.now();
            // SAFETY: session and binding live as long as `self`.
            done(unsafe { (api().RunWithBinding)(self.session, ptr::null(), *binding) })?;
            Ok(clock.now().saturating_sub(start).as_nanos())
        });
        timed.collect()
    }

    fn over(&mut self, tensor: &Tensor) -> Result<*mut sys::OrtValue> {
        let dims = dims(tensor.shape());
        let (mut host, mut value) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: the tensor's bytes outlive `self`, and inputs are only read; the description of memory is copied.
        unsafe {
            done((api().CreateCpuMemoryInfo)(
                OrtAllocatorType::OrtDeviceAllocator,
                OrtMemType::OrtMemTypeDefault,
                &mut host,
            ))?;
            let made = (api().CreateTensorWithDataAsOrtValue)(
                host,
                tensor.bytes().as_ptr().cast_mut().cast(),
                tensor.bytes().len(),
                dims.as_ptr(),
                dims.len(),
                element(tensor.dtype())?,
                &mut value,
            );
            (api().ReleaseMemoryInfo)(host);
            done(made)?;
        }
        self.values.push(value);
        Ok(value)
    }

    fn allocate(&mut self, dtype: DataType, shape: &[usize]) -> Result<*mut sys::OrtValue> {
        let dims = dims(shape);
        let (mut allocator, mut value) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: the allocator is the library's own, which is not released.
        unsafe {
            done((api().GetAllocatorWithDefaultOptions)(&mut allocator))?;
            done((api().CreateTensorAsOrtValue)(
                allocator,
                dims.as_ptr(),
                dims.len(),
                element(dtype)?,
                &mut value,
            ))?;
        }
        self.values.push(value);
        Ok(value)
    }
}

impl Drop for Bare<'_> {
    fn drop(&mut self) {
        // SAFETY: each is released once: bindings before the values and the session that they refer to.
        unsafe {
            for binding in &self.bindings {
                (api().ReleaseIoBinding)(*binding);
            }
            for value in &self.values {
                (api().ReleaseValue)(*value);
            }
            (api().ReleaseSession)(self.session);
        }
    }
}

fn dims(shape: &[usize]) -> Vec<i64> {
    shape.iter().map(|size| *size as i64).collect()
}

fn element(dtype: DataType) -> Result<Element> {
    match dtype {
        DataType::F32 => Ok(Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT),
        DataType::I64 => Ok(Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64),
        other => anyhow::bail!("no subject has {other}"),
    }
}
