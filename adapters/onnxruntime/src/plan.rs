//! What goes in and what comes out: the request's inputs and outputs held against those that the session has.

use std::ffi::{CStr, CString};
use std::num::NonZeroUsize;

use ort::session::Session;
use ort::value::{Outlet, TensorElementType, ValueType};
use tare_adapter_api::{AdapterError, DataType, LoadRequest, OutputSpec, TensorSpec};

use crate::element;

/// Inputs and outputs in the request's order.
pub(crate) struct Plan {
    pub(crate) specs: Vec<TensorSpec>,
    pub(crate) largest_batch: Option<NonZeroUsize>,
    pub(crate) outputs: Vec<OutputSpec>,
    /// Whether binding an input copies it to a device, so that each request has to bind its inputs.
    pub(crate) copies_inputs: bool,
    inputs: Vec<(CString, TensorElementType)>,
    output_names: Vec<CString>,
}

impl Plan {
    /// Fails where a name, a type or a shape of the request is not the session's.
    pub(crate) fn new(
        session: &Session,
        request: &LoadRequest,
        copies_inputs: bool,
    ) -> Result<Self, AdapterError> {
        let inputs = request.inputs.iter().map(|spec| {
            let outlet = found("input", &spec.name, session.inputs())?;
            let (element, dims) = tensor("input", outlet)?;
            same_type("input", &spec.name, spec.dtype, element)?;
            same_shape(spec, dims)?;
            if request.largest_batch.is_some() {
                open_batch(spec, dims)?;
            }
            Ok((c_name(&spec.name)?, element))
        });
        let inputs = inputs.collect::<Result<_, AdapterError>>()?;
        refuse_missing(session, request)?;
        let output_names = request.outputs.iter().map(|spec| {
            let outlet = found("output", &spec.name, session.outputs())?;
            let (element, _) = tensor("output", outlet)?;
            same_type("output", &spec.name, spec.dtype, element)?;
            c_name(&spec.name)
        });
        Ok(Self {
            output_names: output_names.collect::<Result<_, AdapterError>>()?,
            inputs,
            specs: request.inputs.clone(),
            largest_batch: request.largest_batch,
            outputs: request.outputs.clone(),
            copies_inputs,
        })
    }

    pub(crate) fn input_names(&self) -> impl Iterator<Item = &CStr> {
        self.inputs.iter().map(|(name, _)| name.as_c_str())
    }

    pub(crate) fn input_types(&self) -> impl Iterator<Item = (&CStr, TensorElementType)> {
        let inputs = self.inputs.iter();
        inputs.map(|(name, element)| (name.as_c_str(), *element))
    }

    pub(crate) fn output_names(&self) -> impl Iterator<Item = &CStr> {
        self.output_names.iter().map(CString::as_c_str)
    }
}

fn found<'s>(kind: &str, name: &str, outlets: &'s [Outlet]) -> Result<&'s Outlet, AdapterError> {
    let outlet = outlets.iter().find(|outlet| outlet.name() == name);
    outlet.ok_or_else(|| AdapterError::Load(format!("the model has no {kind} '{name}'")))
}

fn refuse_missing(session: &Session, request: &LoadRequest) -> Result<(), AdapterError> {
    let given = |outlet: &&Outlet| {
        let mut specs = request.inputs.iter();
        !specs.any(|spec| spec.name == outlet.name())
    };
    match session.inputs().iter().find(given) {
        None => Ok(()),
        Some(outlet) => Err(AdapterError::Load(format!(
            "the model needs input '{}', which was not given",
            outlet.name()
        ))),
    }
}

/// The element type and the sizes, below zero where the file leaves them open.
fn tensor<'o>(
    kind: &str,
    outlet: &'o Outlet,
) -> Result<(TensorElementType, &'o [i64]), AdapterError> {
    let what = match outlet.dtype() {
        ValueType::Tensor { ty, shape, .. } if element::dtype(*ty).is_some() => {
            return Ok((*ty, shape));
        }
        ValueType::Tensor { ty, .. } => format!("a tensor of {}", ty.to_string().to_lowercase()),
        ValueType::Sequence(_) => "a sequence".to_owned(),
        ValueType::Map { .. } => "a map".to_owned(),
        ValueType::Optional(_) => "optional".to_owned(),
    };
    Err(AdapterError::Unsupported(format!(
        "{kind} '{}' is {what}: only tensors of numbers and booleans are fed and fetched",
        outlet.name()
    )))
}

fn same_type(
    kind: &str,
    name: &str,
    asked: DataType,
    has: TensorElementType,
) -> Result<(), AdapterError> {
    match element::dtype(has).filter(|has| *has != asked) {
        None => Ok(()),
        Some(has) => Err(AdapterError::Load(format!(
            "{kind} '{name}' was asked for as {asked} but the model has {has}"
        ))),
    }
}

/// A model that gives no shape at all has no sizes either, which is taken for any shape.
fn same_shape(spec: &TensorSpec, dims: &[i64]) -> Result<(), AdapterError> {
    let fits = |(dim, size): (&i64, &usize)| *dim < 0 || *dim == *size as i64;
    let rank = dims.len() == spec.shape.len();
    if dims.is_empty() || (rank && dims.iter().zip(&spec.shape).all(fits)) {
        return Ok(());
    }
    let declared: Vec<String> = dims
        .iter()
        .map(|dim| match *dim {
            open if open < 0 => "?".to_owned(),
            fixed => fixed.to_string(),
        })
        .collect();
    Err(AdapterError::Load(format!(
        "input '{}' was asked for with shape {:?} but the model has [{}]",
        spec.name,
        spec.shape,
        declared.join(", ")
    )))
}

/// A model that gives no shape at all has an open first axis.
fn open_batch(spec: &TensorSpec, dims: &[i64]) -> Result<(), AdapterError> {
    let refused = |what: String| {
        AdapterError::Load(format!(
            "requests of several batches were asked for but input '{}' has {what}",
            spec.name
        ))
    };
    match dims.first() {
        Some(fixed) if *fixed >= 0 => Err(refused(format!("the fixed first axis {fixed}"))),
        None if spec.shape.is_empty() => Err(refused("no axis".to_owned())),
        _ => Ok(()),
    }
}

fn c_name(name: &str) -> Result<CString, AdapterError> {
    CString::new(name)
        .map_err(|_| AdapterError::Load(format!("the name {name:?} holds a zero byte")))
}
