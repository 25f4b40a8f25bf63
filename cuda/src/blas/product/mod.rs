//! Products that can be started again and again, and the ways in which they can be computed.

mod sys;
mod types;

use tare_units::Bytes;

use crate::Fault;

use super::shape::Shape;

pub use sys::{Product, Way};

/// Where the operands of one start lie on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// The first factor.
    pub a: u64,
    /// The second factor.
    pub b: u64,
    /// The residual, where the shape has one.
    pub c: Option<u64>,
    /// The result.
    pub d: u64,
    /// The bias, where the shape has one.
    pub bias: Option<u64>,
}

impl Addresses {
    /// There where the shape says so, and aligned as it says.
    fn check(&self, shape: &Shape) -> Result<(), Fault> {
        let refuse = |reason: String| Err(Fault::new("cublasLtMatmul", reason));
        let epilogue = &shape.epilogue;
        if self.c.is_some() != epilogue.residual.is_some() {
            return refuse("the residual is given, and not asked for, or the reverse".to_owned());
        }
        if self.bias.is_some() != epilogue.bias {
            return refuse("the bias is given, and not asked for, or the reverse".to_owned());
        }
        for (name, matrix, ..) in shape.matrices() {
            let at = match name {
                "a" => self.a,
                "b" => self.b,
                "d" => self.d,
                _ => self.c.unwrap_or_default(),
            };
            let alignment = u64::from(matrix.alignment);
            if !at.is_multiple_of(alignment) {
                return refuse(format!(
                    "{name} at {at:#x} is no multiple of {alignment} bytes"
                ));
            }
        }
        Ok(())
    }
}

/// Enough memory to work in, where the library can use it.
fn check_workspace(at: u64, bytes: Bytes, needed: Bytes) -> Result<(), Fault> {
    const ALIGNMENT: u64 = 256;
    let refuse = |reason: String| Err(Fault::new("cublasLtMatmul", reason));
    if needed > bytes {
        let (needed, given) = (needed.as_bytes(), bytes.as_bytes());
        return refuse(format!("{needed} bytes to work in are needed, not {given}"));
    }
    if !at.is_multiple_of(ALIGNMENT) {
        return refuse(format!(
            "the workspace at {at:#x} is no multiple of {ALIGNMENT} bytes"
        ));
    }
    Ok(())
}
