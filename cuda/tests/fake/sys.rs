//! What must be promised of kernels, copies and graphs, promised for those of the made-up libraries.
#![allow(unsafe_code)]

use std::ops::Range;
use std::sync::Arc;

use tare_cuda::{
    ADDRESSES, Addresses, Context, Fault, Graph, Kernel, Memory, Module, Pinned, Product, Stream,
    Way, compile, options_for,
};

/// The library's kernels that `source` names.
pub fn module(context: &Arc<Context>, source: &str) -> Result<Arc<Module>, Fault> {
    let code = compile(source, &options_for((9, 0)))?;
    load(context, &code)
}

/// Any text that ends with a zero byte: the library looks at nothing beyond.
pub fn load(context: &Arc<Context>, code: &[u8]) -> Result<Arc<Module>, Fault> {
    assert_eq!(code.last(), Some(&0));
    // SAFETY: it ends where the library stops reading.
    unsafe { Module::load(context, code) }
}

/// `memory[0] = memory[1] + memory[2]` for the elements of so many threads; the library checks that they are there.
pub fn add(
    stream: &Stream,
    kernel: &Kernel,
    grid: [u32; 3],
    block: u32,
    memory: [&Memory; 3],
) -> Result<(), Fault> {
    let mut at = [0; ADDRESSES];
    at[..3].copy_from_slice(&memory.map(Memory::address));
    // SAFETY: the kernel takes addresses in one argument, and the library checks each.
    unsafe { stream.launch(kernel, grid, block, 0, &at) }
}

/// A launch with so much shared memory.
pub fn add_sharing(
    stream: &Stream,
    kernel: &Kernel,
    shared_bytes: u32,
    memory: &Memory,
) -> Result<(), Fault> {
    let at = [memory.address(); ADDRESSES];
    // SAFETY: as above.
    unsafe { stream.launch(kernel, [1, 1, 1], 1, shared_bytes, &at) }
}

/// The same by a kernel that takes the three addresses as three arguments.
pub fn add_by_three(
    stream: &Stream,
    kernel: &Kernel,
    block: u32,
    memory: [&Memory; 3],
) -> Result<(), Fault> {
    let mut at = memory.map(Memory::address);
    let mut arguments = at.each_mut().map(|one| std::ptr::from_mut(one).cast());
    // SAFETY: as above, with three arguments.
    unsafe { stream.launch_with(kernel, [1, 1, 1], block, 0, &mut arguments) }
}

/// Followed by a wait before either is touched.
pub fn upload(
    stream: &Stream,
    source: &Pinned,
    range: Range<usize>,
    target: &Memory,
    offset: usize,
) -> Result<(), Fault> {
    // SAFETY: tests wait before they touch the source.
    unsafe { stream.upload(source, range, target, offset) }
}

/// Followed by a wait before either is touched.
pub fn download(
    stream: &Stream,
    source: &Memory,
    offset: usize,
    target: &Pinned,
    range: Range<usize>,
) -> Result<(), Fault> {
    // SAFETY: tests wait before they touch the target.
    unsafe { stream.download(source, offset, target, range) }
}

/// While all that it uses lives.
pub fn launch(graph: &Graph, stream: &Stream) -> Result<(), Fault> {
    // SAFETY: tests keep what the graph uses until they have waited.
    unsafe { graph.launch(stream) }
}

/// Over memory that the library checks.
pub fn start(
    product: &Product,
    way: &Way,
    addresses: &Addresses,
    workspace: &Memory,
    stream: &Stream,
) -> Result<(), Fault> {
    // SAFETY: the library checks every span, and tests wait before they let go of anything.
    unsafe { product.start(way, addresses, workspace, stream) }
}

/// Of any bytes: the library knows its own.
pub fn way_of(product: &Product, bytes: &[u8; 64]) -> Result<Way, Fault> {
    // SAFETY: the made-up library reads nothing that the bytes name.
    unsafe { product.way_of(bytes) }
}
