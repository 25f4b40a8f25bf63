//! Products as cuBLASLt is asked for them, and the way in which each is computed.

use std::collections::HashMap;
use std::sync::Arc;

use tare_cuda::{
    Activation as Last, Element, Epilogue, Fault, Library, Math, Matrix as Laid, Shape, Stream, Way,
};
use tare_models::DataType;
use tare_units::{Bytes, Nanoseconds};

use super::cache::Cache;
use super::sys::{Trial, kept_way};
use crate::kernels::{Address, Matrix, Product};
use crate::memory::ALIGNMENT;
use crate::step::Activation;

/// Memory that a way may work in, as NVIDIA recommends for its largest devices.
pub(super) const WORKSPACE: u64 = 32 << 20;
/// Ways that the library is asked for.
const WAYS: u32 = 16;
/// Times that a way is timed, of which the fastest counts.
const TRIALS: usize = 3;
/// What the products of one trial take together, about.
const TRIAL: Nanoseconds = Nanoseconds::from_micros(500);
/// Products of one trial at most.
const MOST: u64 = 50;

/// The shape that the library is asked for.
pub(super) fn shape_of(product: &Product, math: Math) -> Result<Shape, String> {
    let result = match product.d.dtype {
        DataType::F32 => Element::F32,
        DataType::F16 => Element::F16,
        DataType::Bf16 => Element::Bf16,
        other => return Err(format!("no product gives {other}")),
    };
    let batch = u32::try_from(product.batch).map_err(|_| {
        format!(
            "{} products are more than the library counts",
            product.batch
        )
    })?;
    Ok(Shape {
        m: product.m as u64,
        n: product.n as u64,
        k: product.k as u64,
        batch,
        math,
        result,
        a: laid(&product.a),
        b: laid(&product.b),
        d: laid(&product.d),
        epilogue: Epilogue {
            bias: product.bias.is_some(),
            residual: product.residual.as_ref().map(laid),
            activation: match product.activation {
                None => None,
                Some(Activation::Relu) => Some(Last::Relu),
                Some(Activation::GeluTanh) => Some(Last::GeluTanh),
                Some(Activation::Gelu) => return Err("the library has no GELU by erf".to_owned()),
            },
        },
    })
}

fn laid(matrix: &Matrix) -> Laid {
    let offset = match matrix.at {
        Address::Buffer(_, offset) => offset,
        Address::Workspace | Address::Faults => 0,
    };
    Laid {
        leading: matrix.pitch as u64,
        transposed: matrix.by_columns,
        stride: matrix.apart as u64,
        alignment: (1 << (offset | ALIGNMENT).trailing_zeros()) as u32,
    }
}

/// Chooses ways, and remembers them.
pub(super) struct Ways<'l> {
    pub(super) library: &'l Arc<Library>,
    pub(super) stream: &'l Stream,
    pub(super) cache: &'l Cache,
    /// Whether ways are measured; else the library's first proposal is taken.
    pub(super) search: bool,
}

impl Ways<'_> {
    /// The way of each shape.
    pub(super) fn of(&self, shapes: &[Shape]) -> Result<HashMap<Shape, Way>, Fault> {
        let mut ways = HashMap::new();
        for shape in shapes {
            if !ways.contains_key(shape) {
                ways.insert(*shape, self.way(shape)?);
            }
        }
        Ok(ways)
    }

    fn way(&self, shape: &Shape) -> Result<Way, Fault> {
        let key = shape.to_string();
        let known = self.cache.way(&key).filter(|_| self.search);
        if let Some(known) = known.and_then(|way| kept_way(self.library, shape, &way).ok()) {
            return Ok(known);
        }
        let trial = Trial::new(self.library, shape)?;
        let proposed = trial.ways(WAYS, Bytes::from_bytes(WORKSPACE))?;
        let first = *proposed
            .first()
            .ok_or_else(|| Fault::new("cublasLtMatmulAlgoGetHeuristic", "no way is proposed"))?;
        if !self.search {
            return Ok(first);
        }
        let fastest = self.fastest(&trial, &proposed)?.unwrap_or(first);
        self.cache.keep_way(&key, &fastest.to_bytes());
        Ok(fastest)
    }

    /// Of those that execute at all.
    fn fastest(&self, trial: &Trial, proposed: &[Way]) -> Result<Option<Way>, Fault> {
        let mut best: Option<(Nanoseconds, Way)> = None;
        for way in proposed {
            let time = match self.time(trial, way) {
                Ok(time) => time,
                Err(fault) if fault.is_sticky() => return Err(fault),
                Err(_) => continue,
            };
            if best.as_ref().is_none_or(|(least, _)| time < *least) {
                best = Some((time, *way));
            }
        }
        Ok(best.map(|(_, way)| way))
    }

    /// Of one product among others that follow it at once, by the device's clock.
    fn time(&self, trial: &Trial, way: &Way) -> Result<Nanoseconds, Fault> {
        let alone = || self.stream.timed(|| trial.start(way, self.stream));
        alone()?;
        let times = (TRIAL.as_nanos() / alone()?.as_nanos().max(1)).clamp(1, MOST);
        let recorded = trial.recorded(way, times, self.stream)?;
        let mut least = Nanoseconds::from_nanos(u64::MAX);
        for _ in 0..TRIALS {
            let all = self.stream.timed(|| trial.replay(&recorded, self.stream))?;
            least = least.min(Nanoseconds::from_nanos(all.as_nanos() / times));
        }
        Ok(least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::BufferId;

    fn matrix(offset: u64) -> Matrix {
        Matrix {
            at: Address::Buffer(BufferId(0), offset),
            dtype: DataType::F16,
            by_columns: offset > 0,
            pitch: 8,
            apart: 0,
        }
    }

    fn product(activation: Option<Activation>) -> Product {
        Product {
            m: 4,
            n: 8,
            k: 8,
            batch: 1,
            a: matrix(0),
            b: matrix(24),
            d: matrix(0),
            bias: Some(Address::Buffer(BufferId(1), 0)),
            residual: None,
            activation,
        }
    }

    #[test]
    fn a_shape_says_where_matrices_lie_and_what_follows() {
        let shape = shape_of(&product(Some(Activation::Relu)), Math::Fp16);
        let line = "4x8x8 Fp16 to F16 a:8/0/256 bt:8/0/8 d:8/0/256 bias Relu";
        assert_eq!(shape.map(|shape| shape.to_string()), Ok(line.to_owned()));
    }

    #[test]
    fn what_the_library_lacks_is_not_asked_of_it() {
        assert!(shape_of(&product(Some(Activation::Gelu)), Math::Fp16).is_err());
        let mut whole = product(None);
        whole.d.dtype = DataType::I64;
        assert!(shape_of(&whole, Math::Fp16).is_err());
    }
}
