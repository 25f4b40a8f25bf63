//! A product of two square matrices in every way that the library proposes, over memory of its own.
#![allow(unsafe_code)]

use std::rc::Rc;
use std::sync::Arc;

use tare_cuda::{Addresses, Library, Memory, Product, Stream, Way};
use tare_units::Bytes;

use super::super::super::device::Fault;
use super::super::super::{MathMode, operands};
use super::square;

/// What NVIDIA recommends for its largest devices.
const WORKSPACE: Bytes = Bytes::from_mib(32);

/// Ways that the library is asked for.
const WAYS: u32 = 8;

/// The library, with memory to work in.
pub(crate) struct Multiplier {
    library: Arc<Library>,
    workspace: Memory,
    stream: Arc<Stream>,
}

impl Multiplier {
    pub(crate) fn new(library: &Arc<Library>, stream: &Arc<Stream>) -> Result<Self, Fault> {
        Ok(Self {
            library: library.clone(),
            workspace: Memory::zeroed(stream.context(), WORKSPACE)?,
            stream: stream.clone(),
        })
    }
}

/// A product that can be computed again and again.
pub(crate) struct Square {
    multiplier: Rc<Multiplier>,
    product: Product,
    ways: Vec<Way>,
    factors: [Memory; 2],
    result: Memory,
}

impl Square {
    /// Of two matrices with `size` rows and columns that hold ordinary numbers.
    pub(crate) fn new(
        multiplier: &Rc<Multiplier>,
        mode: MathMode,
        size: u64,
    ) -> Result<Self, Fault> {
        let shape = square(mode, size);
        let product = Product::new(&multiplier.library, &shape)?;
        let ways = product.ways(WAYS, WORKSPACE)?;
        let stream = &multiplier.stream;
        let (spans, pattern) = (shape.spans(), operands::pattern(mode));
        let factor = |bytes| filled(stream, bytes, &pattern);
        Ok(Self {
            multiplier: multiplier.clone(),
            product,
            ways,
            factors: [factor(spans.a)?, factor(spans.b)?],
            result: Memory::zeroed(stream.context(), spans.d)?,
        })
    }

    /// How many ways the library proposes.
    pub(crate) fn ways(&self) -> usize {
        self.ways.len()
    }

    /// Queues it once, in one of them.
    pub(crate) fn start(&self, way: usize) -> Result<(), Fault> {
        let chosen = self.ways.get(way);
        let chosen = chosen.ok_or_else(|| Fault::new("cublasLtMatmul", "there is no such way"))?;
        let [a, b] = &self.factors;
        let addresses = Addresses {
            a: a.address(),
            b: b.address(),
            c: None,
            d: self.result.address(),
            bias: None,
        };
        let Multiplier {
            workspace, stream, ..
        } = &*self.multiplier;
        // SAFETY: the ways are the product's; each matrix has memory of its own as large as its span, in `self`, freed only after all work has ended; the workspace is used by one product after another.
        unsafe { self.product.start(chosen, &addresses, workspace, stream) }
    }
}

/// `pattern` over all of it, again and again.
fn filled(stream: &Stream, bytes: Bytes, pattern: &[u32]) -> Result<Memory, Fault> {
    let memory = Memory::new(stream.context(), bytes)?;
    let pattern: Vec<u8> = pattern.iter().flat_map(|word| word.to_le_bytes()).collect();
    let all = usize::try_from(bytes.as_bytes()).unwrap_or(usize::MAX);
    for from in (0..all).step_by(pattern.len().max(1)) {
        let part = &pattern[..pattern.len().min(all - from)];
        stream.upload_now(part, &memory, from)?;
    }
    Ok(memory)
}
