//! Host tensors as tract takes them: copied into tensors that keep their memory from request to request.

use std::sync::Arc;

use tare_adapter_api::{AdapterError, DataType, Tensor, TensorSpec};
use tract_onnx::prelude::{DatumType, IntoTValue, TValue, TractResult};
use tract_onnx::tract_hir::internal::TractErrorContext;

/// tract's type for this one; `None` where it has none.
pub(crate) fn datum_type(dtype: DataType) -> Option<DatumType> {
    Some(match dtype {
        DataType::F32 => DatumType::F32,
        DataType::F64 => DatumType::F64,
        DataType::F16 => DatumType::F16,
        DataType::I8 => DatumType::I8,
        DataType::I16 => DatumType::I16,
        DataType::I32 => DatumType::I32,
        DataType::I64 => DatumType::I64,
        DataType::U8 => DatumType::U8,
        DataType::U16 => DatumType::U16,
        DataType::U32 => DatumType::U32,
        DataType::U64 => DatumType::U64,
        DataType::Bool => DatumType::Bool,
        _ => return None,
    })
}

/// One input of the model.
pub(crate) struct Slot {
    /// Its place among the inputs of a request.
    index: usize,
    tensor: Arc<tract_onnx::prelude::Tensor>,
}

impl Slot {
    pub(crate) fn new(index: usize, spec: &TensorSpec) -> Result<Self, AdapterError> {
        let tensor = blank(spec.dtype, &spec.shape)
            .map_err(|error| AdapterError::Load(format!("{error:#}")))?;
        Ok(Self {
            index,
            tensor: Arc::new(tensor),
        })
    }

    /// Copies this input of the request; memory is allocated only for another batch than the last
    /// request's, or where an output still shows that.
    pub(crate) fn fill(
        &mut self,
        specs: &[TensorSpec],
        inputs: &[Tensor],
    ) -> Result<TValue, AdapterError> {
        let said = |error| AdapterError::Run(format!("{error:#}"));
        let input = &inputs[self.index];
        if self.tensor.shape() != input.shape() || Arc::get_mut(&mut self.tensor).is_none() {
            let dtype = specs[self.index].dtype;
            self.tensor = Arc::new(blank(dtype, input.shape()).map_err(said)?);
        }
        if let Some(tensor) = Arc::get_mut(&mut self.tensor) {
            copy(input, tensor).map_err(said)?;
        }
        Ok(Arc::clone(&self.tensor).into_tvalue())
    }
}

fn blank(dtype: DataType, shape: &[usize]) -> TractResult<tract_onnx::prelude::Tensor> {
    let dtype = datum_type(dtype).context("a type that tract lacks")?;
    tract_onnx::prelude::Tensor::zero_dt(dtype, shape)
}

/// Booleans are made 0 or 1, as Rust demands of them; everything else is copied as it is.
fn copy(from: &Tensor, to: &mut tract_onnx::prelude::Tensor) -> TractResult<()> {
    if from.dtype() != DataType::Bool {
        to.as_bytes_mut().copy_from_slice(from.bytes());
        return Ok(());
    }
    let mut flags = to.try_as_plain_ram_mut()?;
    for (flag, byte) in flags.as_slice_mut::<bool>()?.iter_mut().zip(from.bytes()) {
        *flag = *byte != 0;
    }
    Ok(())
}
