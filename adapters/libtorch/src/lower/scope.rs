//! What lowerings of one graph share: constants, types, and where tensors are to lie.

use std::cell::RefCell;
use std::collections::HashMap;

use tare_adapter_api::{DataType, Tensor as HostTensor};
use tare_models::{Graph, Resolved, ValueId};
use tch::{Device, Kind, Tensor};

use super::Refusal;
use crate::ffi::Shared;
use crate::kind;

/// Where tensors lie and what stands for 32-bit floats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) device: Device,
    /// `Float`, or the narrower kind that the model is cast to.
    pub(crate) float: Kind,
}

impl Target {
    /// The kind that stands for this type.
    pub(crate) fn kind(self, dtype: DataType) -> Result<Kind, Refusal> {
        match kind::kind(dtype) {
            Some(Kind::Float) => Ok(self.float),
            Some(kind) => Ok(kind),
            None => Err(Refusal::new(format!("on {dtype}, which libtorch lacks"))),
        }
    }

    /// A copy of `host` where and as tensors are here.
    pub(crate) fn tensor(self, host: &HostTensor) -> Result<Tensor, Refusal> {
        let own = kind::kind(host.dtype());
        let own = own.map_or_else(|| self.kind(host.dtype()), Ok)?;
        let shape: Vec<i64> = host.shape().iter().map(|size| *size as i64).collect();
        let copy = Tensor::f_from_data_size(host.bytes(), &shape, own)?;
        Ok(copy
            .f_to_device(self.device)?
            .f_to_kind(self.kind(host.dtype())?)?)
    }
}

/// The constants and types of one graph while it is lowered.
pub(crate) struct Scope<'g> {
    pub(crate) graph: &'g Graph,
    pub(crate) target: Target,
    resolved: &'g Resolved,
    made: RefCell<HashMap<ValueId, Shared>>,
    weights: RefCell<HashMap<ValueId, Shared>>,
}

impl<'g> Scope<'g> {
    pub(crate) fn new(graph: &'g Graph, resolved: &'g Resolved, target: Target) -> Self {
        Self {
            graph,
            target,
            resolved,
            made: RefCell::default(),
            weights: RefCell::default(),
        }
    }

    /// Type and shape, where they are known before the model runs.
    pub(crate) fn type_of(&self, value: ValueId) -> Option<&'g (DataType, Vec<usize>)> {
        self.resolved.types.get(&value)
    }

    /// A constant of the file, or one folded from such.
    pub(crate) fn constant(&self, value: ValueId) -> Option<&'g HostTensor> {
        self.graph.constants.get(&value)
    }

    /// Whether the value is known at load.
    pub(crate) fn is_constant(&self, value: ValueId) -> bool {
        self.constant(value).is_some() || self.made.borrow().contains_key(&value)
    }

    /// Remembers what was computed at load.
    pub(crate) fn keep(&self, value: ValueId, tensor: Tensor) {
        self.made.borrow_mut().insert(value, Shared::new(tensor));
    }

    /// The constant as libtorch's tensor, made once; `None` where the value is no constant.
    pub(crate) fn tensor(&self, value: ValueId) -> Result<Option<Shared>, Refusal> {
        if let Some(made) = self.made.borrow().get(&value) {
            return Ok(Some(made.clone()));
        }
        let Some(host) = self.constant(value) else {
            return Ok(None);
        };
        self.keep(value, self.target.tensor(host)?);
        Ok(self.made.borrow().get(&value).cloned())
    }

    /// A constant matrix [from, to] as [to, from], the layout of PyTorch's linear layers; made once for all its users.
    pub(crate) fn weight(&self, value: ValueId) -> Result<Option<Shared>, Refusal> {
        if let Some(made) = self.weights.borrow().get(&value) {
            return Ok(Some(made.clone()));
        }
        let Some(host) = self.transposable(value)? else {
            return Ok(None);
        };
        let weight = Shared::new(host.f_transpose(0, 1)?.f_contiguous()?);
        self.weights.borrow_mut().insert(value, weight.clone());
        Ok(Some(weight))
    }

    /// The matrix, not kept where only its transpose will be needed.
    fn transposable(&self, value: ValueId) -> Result<Option<Shared>, Refusal> {
        if let Some(made) = self.made.borrow().get(&value) {
            return Ok(Some(made.clone()));
        }
        let host = self.constant(value).map(|host| self.target.tensor(host));
        Ok(host.transpose()?.map(Shared::new))
    }
}
