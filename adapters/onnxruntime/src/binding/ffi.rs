//! Values over memory that is not copied, and bindings of them: `ort` copies borrowed inputs and locks the session for a run.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_void};
use std::ptr::{self, NonNull};
use std::sync::Arc;

use bytes::Bytes;
use ort::memory::{Allocator, MemoryInfo};
use ort::session::Session;
use ort::value::TensorElementType;
use ort::{AsPointer, Error, api, sys};
use tare_adapter_api::{DataType, Tensor};
use tare_models::byte_len;

use crate::element;

type Result<T> = std::result::Result<T, Error>;

/// A tensor of ONNX Runtime's, over its own memory or over bytes of a host tensor.
pub(crate) struct Value {
    pointer: NonNull<sys::OrtValue>,
    /// What the value reads, where the memory is not its own.
    _bytes: Option<Bytes>,
}

/// A session's inputs and outputs for one set of inputs.
pub(crate) struct Binding {
    pointer: NonNull<sys::OrtIoBinding>,
    /// That of `_session`, which is two references away.
    session: *mut sys::OrtSession,
    inputs: Vec<Value>,
    _session: Arc<Session>,
}

// SAFETY: a value is a reference-counted tensor without ties to a thread; nothing here hands out its pointer.
unsafe impl Send for Value {}
// SAFETY: a binding is two lists of names and values without ties to a thread, and the session it points to, which it holds,
// may be used from any thread; nothing here hands out the pointers.
unsafe impl Send for Binding {}

impl Value {
    /// Over the tensor's bytes, which live as long as the value; bytes that no element may begin at are copied.
    pub(crate) fn over(
        tensor: &Tensor,
        element: TensorElementType,
        host: &MemoryInfo<'_>,
    ) -> Result<Self> {
        let bytes = tensor.bytes();
        if bytes.as_ptr().align_offset(alignment(tensor.dtype())) != 0 {
            return Self::copied(tensor, element);
        }
        let dims = dims(tensor.shape());
        let mut value = ptr::null_mut();
        // SAFETY: the bytes are as many as type and shape need, aligned, and kept beside the value; ONNX Runtime only reads what is
        // bound as an input. `dims` lives through the call, which copies it.
        done(unsafe {
            (api().CreateTensorWithDataAsOrtValue)(
                host.ptr(),
                bytes.as_ptr().cast_mut().cast(),
                bytes.len(),
                dims.as_ptr(),
                dims.len(),
                element.into(),
                &mut value,
            )
        })?;
        Self::new(value, Some(bytes.clone()))
    }

    /// Of this shape, in memory of its own that holds anything.
    pub(crate) fn allocate(element: TensorElementType, shape: &[usize]) -> Result<Self> {
        let allocator = Allocator::default();
        let dims = dims(shape);
        let mut value = ptr::null_mut();
        // SAFETY: the allocator is ONNX Runtime's own, which lives as long as the library. `dims` lives through the call.
        done(unsafe {
            (api().CreateTensorAsOrtValue)(
                allocator.ptr().cast_mut(),
                dims.as_ptr(),
                dims.len(),
                element.into(),
                &mut value,
            )
        })?;
        Self::new(value, None)
    }

    fn copied(tensor: &Tensor, element: TensorElementType) -> Result<Self> {
        let value = Self::allocate(element, tensor.shape())?;
        let bytes = tensor.bytes();
        // SAFETY: the value was made above with room for exactly these bytes, and nobody else knows it yet.
        unsafe {
            ptr::copy_nonoverlapping(bytes.as_ptr(), value.data()?.cast::<u8>(), bytes.len());
        }
        Ok(value)
    }

    fn new(value: *mut sys::OrtValue, bytes: Option<Bytes>) -> Result<Self> {
        let pointer = NonNull::new(value).ok_or_else(|| Error::new("no value came back"))?;
        Ok(Self {
            pointer,
            _bytes: bytes,
        })
    }

    /// Its element type and shape.
    pub(crate) fn layout(&self) -> Result<(DataType, Vec<usize>)> {
        let (number, shape) = self.type_and_shape()?;
        let dtype = element::from_number(number).ok_or_else(|| {
            Error::new(format!(
                "element type {number} of ONNX Runtime's is not known here"
            ))
        })?;
        Ok((dtype, shape))
    }

    /// A copy of it as a tensor.
    fn read(&self) -> Result<Tensor> {
        let (dtype, shape) = self.layout()?;
        let length = byte_len(dtype, &shape)
            .and_then(|length| usize::try_from(length).ok())
            .ok_or_else(|| Error::new("an output is larger than the address space"))?;
        let bytes = match length {
            0 => Bytes::new(),
            // SAFETY: a tensor of this type and shape has so many bytes, and nothing writes them while the value is borrowed.
            length => Bytes::copy_from_slice(unsafe {
                std::slice::from_raw_parts(self.data()?.cast::<u8>(), length)
            }),
        };
        Tensor::from_bytes(dtype, shape, bytes).map_err(|error| Error::new(error.to_string()))
    }

    fn data(&self) -> Result<*mut c_void> {
        let mut data = ptr::null_mut();
        // SAFETY: the value is a tensor that lives as long as `self`.
        done(unsafe { (api().GetTensorMutableData)(self.pointer.as_ptr(), &mut data) })?;
        Ok(data)
    }

    /// The number of the element type, which is kept a number as newer libraries know more types, and the shape.
    fn type_and_shape(&self) -> Result<(i32, Vec<usize>)> {
        let mut info = ptr::null_mut();
        // SAFETY: the value lives as long as `self`; the call fails for what is no tensor.
        done(unsafe { (api().GetTensorTypeAndShape)(self.pointer.as_ptr(), &mut info) })?;
        let info = NonNull::new(info).ok_or_else(|| Error::new("no type came back"))?;
        let (mut number, mut rank) = (0i32, 0usize);
        // SAFETY: `info` is live until it is released below; the element type is an enumeration of 32 bits.
        let read = unsafe {
            done((api().GetTensorElementType)(
                info.as_ptr(),
                (&raw mut number).cast(),
            ))
            .and_then(|()| done((api().GetDimensionsCount)(info.as_ptr(), &mut rank)))
        };
        let mut dims = vec![0i64; rank];
        // SAFETY: as above, with room for `rank` sizes; then `info` is released, once.
        let read = read.and_then(|()| {
            done(unsafe { (api().GetDimensions)(info.as_ptr(), dims.as_mut_ptr(), rank) })
        });
        unsafe { (api().ReleaseTensorTypeAndShapeInfo)(info.as_ptr()) };
        read?;
        let size = |dim: i64| usize::try_from(dim).map_err(|error| Error::new(error.to_string()));
        let shape = dims.into_iter().map(size).collect::<Result<_>>()?;
        Ok((number, shape))
    }
}

impl Binding {
    /// With nothing bound.
    pub(crate) fn new(session: &Arc<Session>) -> Result<Self> {
        let mut binding = ptr::null_mut();
        // SAFETY: the session outlives the binding, which holds it.
        done(unsafe { (api().CreateIoBinding)(session.ptr().cast_mut(), &mut binding) })?;
        Ok(Self {
            pointer: NonNull::new(binding).ok_or_else(|| Error::new("no binding came back"))?,
            session: session.ptr().cast_mut(),
            inputs: Vec::new(),
            _session: Arc::clone(session),
        })
    }

    /// Binds an input, on top of those bound before.
    pub(crate) fn input(&mut self, name: &CStr, value: Value) -> Result<()> {
        self.bind(name, &value)?;
        self.inputs.push(value);
        Ok(())
    }

    /// Binds the same inputs again, by their names in the order they were bound, so that a device copies them anew.
    pub(crate) fn inputs_again<'a>(&mut self, names: impl Iterator<Item = &'a CStr>) -> Result<()> {
        let mut pairs = names.zip(&self.inputs);
        pairs.try_for_each(|(name, value)| self.bind(name, value))
    }

    fn bind(&self, name: &CStr, value: &Value) -> Result<()> {
        // SAFETY: binding, name and value live through the call; the value is kept until the binding is released.
        done(unsafe {
            (api().BindInput)(self.pointer.as_ptr(), name.as_ptr(), value.pointer.as_ptr())
        })
    }

    /// Lets the output be written into `value`, whose memory is its own and is shared by reference count.
    pub(crate) fn output(&mut self, name: &CStr, value: &Value) -> Result<()> {
        // SAFETY: all three live through the call, which takes a share of the value.
        done(unsafe {
            (api().BindOutput)(self.pointer.as_ptr(), name.as_ptr(), value.pointer.as_ptr())
        })
    }

    /// Lets the output be allocated by the next run, and frees the one before.
    pub(crate) fn open_output(&mut self, name: &CStr, host: &MemoryInfo<'_>) -> Result<()> {
        // SAFETY: all three live through the call, which copies what it needs.
        done(unsafe {
            (api().BindOutputToDevice)(self.pointer.as_ptr(), name.as_ptr(), host.ptr())
        })
    }

    /// Runs the session once.
    pub(crate) fn run(&mut self) -> Result<()> {
        // SAFETY: session and binding live through the call. Several threads may run one session at a time, each with a binding
        // of its own (ONNX Runtime, "High level system architecture": "Multiple threads can invoke the Run() method on the same
        // inference session object"). Null options are the defaults.
        done(unsafe { (api().RunWithBinding)(self.session, ptr::null(), self.pointer.as_ptr()) })
    }

    /// Copies of the outputs of the last run, in the order they were bound.
    pub(crate) fn outputs(&self) -> Result<Vec<Tensor>> {
        self.values()?.iter().map(Value::read).collect()
    }

    /// The layouts of the outputs of the last run, in the order they were bound.
    pub(crate) fn layouts(&self) -> Result<Vec<(DataType, Vec<usize>)>> {
        self.values()?.iter().map(Value::layout).collect()
    }

    fn values(&self) -> Result<Vec<Value>> {
        let allocator = Allocator::default();
        let (mut values, mut count): (*mut *mut sys::OrtValue, usize) = (ptr::null_mut(), 0);
        // SAFETY: the binding lives through the call, which allocates an array of `count` values that belong to the caller.
        done(unsafe {
            (api().GetBoundOutputValues)(
                self.pointer.as_ptr(),
                allocator.ptr().cast_mut(),
                &mut values,
                &mut count,
            )
        })?;
        if values.is_null() {
            return Ok(Vec::new());
        }
        // SAFETY: as above; each value is taken once, then the array that held them is freed, once, by its own allocator.
        unsafe {
            let taken: Vec<_> = (0..count).map(|index| *values.add(index)).collect();
            let freed = done((api().AllocatorFree)(
                allocator.ptr().cast_mut(),
                values.cast(),
            ));
            let taken = taken.into_iter().map(|value| Value::new(value, None));
            let taken = taken.collect::<Result<Vec<_>>>();
            freed.and(taken)
        }
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        // SAFETY: released once; what was bound has shares of its own.
        unsafe { (api().ReleaseValue)(self.pointer.as_ptr()) }
    }
}

impl Drop for Binding {
    fn drop(&mut self) {
        // SAFETY: released once, and before the session and the inputs that it refers to.
        unsafe { (api().ReleaseIoBinding)(self.pointer.as_ptr()) }
    }
}

fn done(status: sys::OrtStatusPtr) -> Result<()> {
    // SAFETY: every status given here came from a call just now and belongs to the caller.
    unsafe { Error::result_from_status(status) }
}

fn dims(shape: &[usize]) -> Vec<i64> {
    shape.iter().map(|size| *size as i64).collect()
}

/// Where an element may begin, in bytes.
fn alignment(dtype: DataType) -> usize {
    let bytes = dtype.bits().unwrap_or(8) / 8;
    bytes.clamp(1, 8) as usize
}
