//! What lowerings of one graph share: constants, types, and where tensors are to lie.

use std::cell::RefCell;
use std::collections::HashMap;

use tare_adapter_api::{DataType, Tensor as HostTensor};
use tare_models::{Graph, Resolved, ValueId};
use tch::{Device, Kind, TchError, Tensor};

use super::{Refusal, Weights};
use crate::ffi::{self, Shared, Staging};
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
        let (own, wanted) = self.kinds(host)?;
        let copy = ffi::copy_of(host, own)?;
        Ok(copy.f_to_device(self.device)?.f_to_kind(wanted)?)
    }

    /// The kind that holds the type of `host`, and the one that stands for it here.
    fn kinds(self, host: &HostTensor) -> Result<(Kind, Kind), Refusal> {
        let wanted = self.kind(host.dtype())?;
        Ok((kind::kind(host.dtype()).unwrap_or(wanted), wanted))
    }
}

/// The constants and types of one graph while it is lowered.
pub(crate) struct Scope<'g> {
    pub(crate) graph: &'g Graph,
    pub(crate) target: Target,
    resolved: &'g Resolved,
    made: RefCell<HashMap<ValueId, Shared>>,
    weights: RefCell<HashMap<ValueId, Shared>>,
    staging: Staging,
    /// Where other programs of the model find what is made here.
    common: Option<&'g Weights>,
}

impl<'g> Scope<'g> {
    pub(crate) fn new(graph: &'g Graph, resolved: &'g Resolved, target: Target) -> Self {
        Self {
            graph,
            target,
            resolved,
            made: RefCell::default(),
            weights: RefCell::default(),
            staging: Staging::default(),
            common: None,
        }
    }

    /// With weights that it shares with other programs of the same model.
    pub(crate) fn sharing(self, common: Option<&'g Weights>) -> Self {
        Self { common, ..self }
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
        let made = self.common((host, false), || self.target.tensor(host))?;
        self.made.borrow_mut().insert(value, made.clone());
        Ok(Some(made))
    }

    /// What another program made of this constant, or else what `make` makes.
    fn common(
        &self,
        constant: (&HostTensor, bool),
        make: impl FnOnce() -> Result<Tensor, Refusal>,
    ) -> Result<Shared, Refusal> {
        match self.common {
            Some(common) => common.shared(constant, make),
            None => Ok(Shared::new(make()?)),
        }
    }

    /// A constant matrix [from, to] as [to, from], the layout of PyTorch's linear layers; made once for all its users.
    pub(crate) fn weight(&self, value: ValueId) -> Result<Option<Shared>, Refusal> {
        if let Some(made) = self.weights.borrow().get(&value) {
            return Ok(Some(made.clone()));
        }
        let turn = |matrix: &Tensor| matrix.f_transpose(0, 1)?.f_contiguous();
        let made = self.made.borrow().get(&value).cloned();
        let weight = match (made, self.constant(value)) {
            (Some(made), Some(host)) => self.common((host, true), || Ok(turn(&made)?))?,
            (Some(made), None) => Shared::new(turn(&made)?),
            (None, Some(host)) => self.common((host, true), || self.turned(host, turn))?,
            (None, None) => return Ok(None),
        };
        self.weights.borrow_mut().insert(value, weight.clone());
        Ok(Some(weight))
    }

    fn turned(
        &self,
        host: &HostTensor,
        turn: impl FnOnce(&Tensor) -> Result<Tensor, TchError>,
    ) -> Result<Tensor, Refusal> {
        let (own, wanted) = self.target.kinds(host)?;
        let turned = self.staging.made_from(host, own, turn)?;
        Ok(turned.f_to_device(self.target.device)?.f_to_kind(wanted)?)
    }
}
