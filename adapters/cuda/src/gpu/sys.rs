//! What only its caller can promise: that addresses name memory that is large enough and stays.
#![allow(unsafe_code)]

use std::path::Path;
use std::sync::Arc;

use libloading::Library as File;
use tare_adapter_api::AdapterError;
use tare_cuda::{
    ADDRESSES, Addresses, Context, Fault, Graph, Kernel, Library, Memory, Module, Product, Shape,
    Stream, Way,
};
use tare_units::Bytes;

use super::loading;
use super::products::WORKSPACE;
use super::session::NativeSession;

/// Loads a library file, for the rest of the process: who asks for it by its name then finds it.
pub(super) fn load_for_good(path: &Path) -> Result<(), String> {
    // SAFETY: loading NVIDIA's libraries runs their initialisers, which are meant for any process.
    let file = unsafe { File::new(path) };
    let file = file.map_err(|error| format!("cannot load '{}': {error}", path.display()))?;
    std::mem::forget(file);
    Ok(())
}

/// Loads code that the compiler made, now or in another process, and whose sum was checked.
pub(super) fn load(context: &Arc<Context>, code: &[u8]) -> Result<Arc<Module>, AdapterError> {
    // SAFETY: whole, as the compiler gave it: what is kept is kept with its sum.
    unsafe { Module::load(context, code) }.map_err(loading)
}

/// A work with its addresses.
pub(super) enum Bound {
    Launch {
        kernel: Kernel,
        grid: [u32; 3],
        threads: u32,
        arguments: [u64; ADDRESSES],
    },
    Product {
        product: Box<Product>,
        way: Way,
        addresses: Addresses,
    },
}

impl Bound {
    pub(super) fn launch(
        kernel: Kernel,
        grid: [u32; 3],
        threads: u32,
        arguments: [u64; ADDRESSES],
    ) -> Self {
        Self::Launch {
            kernel,
            grid,
            threads,
            arguments,
        }
    }

    pub(super) fn product(
        library: &Arc<Library>,
        shape: &Shape,
        way: Way,
        addresses: Addresses,
    ) -> Result<Self, Fault> {
        Ok(Self::Product {
            product: Box::new(Product::new(library, shape)?),
            way,
            addresses,
        })
    }
}

impl NativeSession<'_> {
    /// Starts the work of this number.
    pub(super) fn start(&self, number: usize) -> Result<(), Fault> {
        match &self.works[number] {
            Bound::Launch {
                kernel,
                grid,
                threads,
                arguments,
            } => {
                // SAFETY: the kernel was written for this plan and takes addresses only; they name the buffers that it was written for, which live as long as the session.
                unsafe { self.stream.launch(kernel, *grid, *threads, 0, arguments) }
            }
            Bound::Product {
                product,
                way,
                addresses,
            } => {
                let workspace = &self.device.workspace;
                // SAFETY: the shape is that of the plan's views, which lie within their buffers; those live as long as the session, whose works follow one another.
                unsafe { product.start(way, addresses, workspace, &self.stream) }
            }
        }
    }

    /// Starts copying the inputs to the device.
    pub(super) fn upload(&self) -> Result<(), Fault> {
        let (host, device) = (&self.host.inputs, &self.device.inputs);
        let all = 0..host.bytes().as_bytes() as usize;
        // SAFETY: both live as long as the session, which writes the host's side only when all that was started is done.
        unsafe { self.stream.upload(host, all, device, 0) }
    }

    /// Starts copying the outputs back, with what kernels could not do.
    pub(super) fn download(&self) -> Result<(), Fault> {
        let (host, device) = (&self.host.outputs, &self.device.outputs);
        let all = 0..host.bytes().as_bytes() as usize;
        // SAFETY: as above: the host's side is read only when all that was started is done.
        unsafe { self.stream.download(device, 0, host, all) }
    }

    /// All that a request starts, captured.
    pub(super) fn capture(&self) -> Result<Graph, Fault> {
        self.stream.capture(|_| {
            self.upload()?;
            (0..self.works.len()).try_for_each(|number| self.start(number))?;
            self.download()
        })
    }

    /// Starts all that was captured.
    pub(super) fn launch(&self, graph: &Graph) -> Result<(), Fault> {
        // SAFETY: captured by this session, whose memory and modules live as long as it.
        unsafe { graph.launch(&self.stream) }
    }
}

/// A way of a product that was kept.
pub(super) fn kept_way(
    library: &Arc<Library>,
    shape: &Shape,
    bytes: &[u8; 64],
) -> Result<Way, Fault> {
    let product = Product::new(library, shape)?;
    // SAFETY: kept under the shape, the device and the library's version, and checked by the library.
    unsafe { product.way_of(bytes) }
}

/// A product with memory of its own, to be timed.
pub(super) struct Trial {
    product: Product,
    operands: Vec<Memory>,
    addresses: Addresses,
    workspace: Memory,
}

impl Trial {
    pub(super) fn new(library: &Arc<Library>, shape: &Shape) -> Result<Self, Fault> {
        let context = library.context();
        let (spans, epilogue) = (shape.spans(), shape.epilogue);
        let mut operands = Vec::new();
        let mut memory = |bytes: Bytes| -> Result<u64, Fault> {
            let bytes = Bytes::from_bytes(bytes.as_bytes().max(1));
            let made = Memory::zeroed(context, bytes)?;
            let at = made.address();
            operands.push(made);
            Ok(at)
        };
        let addresses = Addresses {
            a: memory(spans.a)?,
            b: memory(spans.b)?,
            c: epilogue.residual.map(|_| memory(spans.c)).transpose()?,
            d: memory(spans.d)?,
            bias: epilogue.bias.then(|| memory(spans.bias)).transpose()?,
        };
        Ok(Self {
            product: Product::new(library, shape)?,
            operands,
            addresses,
            workspace: Memory::new(context, Bytes::from_bytes(WORKSPACE))?,
        })
    }

    /// The ways that the library proposes.
    pub(super) fn ways(&self, most: u32, workspace: Bytes) -> Result<Vec<Way>, Fault> {
        self.product.ways(most, workspace)
    }

    /// So many products, one after the other, recorded: starting each alone would take the host longer than some take.
    pub(super) fn recorded(&self, way: &Way, times: u64, stream: &Stream) -> Result<Graph, Fault> {
        stream.capture(|stream| (0..times).try_for_each(|_| self.start(way, stream)))
    }

    /// Starts what was recorded.
    pub(super) fn replay(&self, recorded: &Graph, stream: &Stream) -> Result<(), Fault> {
        // SAFETY: recorded of this trial's memory, which lives.
        unsafe { recorded.launch(stream) }
    }

    /// Starts the product once.
    pub(super) fn start(&self, way: &Way, stream: &Stream) -> Result<(), Fault> {
        debug_assert!(!self.operands.is_empty());
        // SAFETY: each operand is as large as the shape says, and all live until the trial is dropped, which waits for the device.
        unsafe {
            self.product
                .start(way, &self.addresses, &self.workspace, stream)
        }
    }
}
