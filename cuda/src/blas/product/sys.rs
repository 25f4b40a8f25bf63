//! cuBLASLt's search for algorithms, their check, and the product itself.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use cudarc::cublaslt::{result, sys};
use tare_units::Bytes;

use super::super::columns::{Columns, Factor};
use super::super::handles::{Description, Layout, Library, Preference};
use super::super::shape::Shape;
use super::types::{Types, epilogue, types};
use super::{Addresses, check_workspace};
use crate::{Fault, Memory, Stream};

const SEARCH: &str = "cublasLtMatmulAlgoGetHeuristic";
const CHECK: &str = "cublasLtMatmulAlgoCheck";
const START: &str = "cublasLtMatmul";

/// An algorithm of the library's with its settings, for one shape on one kind of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    algorithm: sys::cublasLtMatmulAlgo_t,
    workspace: u64,
}

impl Way {
    /// Memory that it works in.
    pub fn workspace(&self) -> Bytes {
        Bytes::from_bytes(self.workspace)
    }

    /// What [`Product::way_of`] makes it of again, for the same shape, kind of device and [`Library::version`].
    pub fn to_bytes(&self) -> [u8; 64] {
        let words = self.algorithm.data.map(u64::to_le_bytes);
        std::array::from_fn(|index| words[index / 8][index % 8])
    }
}

/// A product that can be started again and again.
///
/// Any thread may use it, one at a time.
pub struct Product {
    library: Arc<Library>,
    shape: Shape,
    columns: Columns,
    description: Description,
    factors: [Layout; 2],
    addend: Layout,
    result: Layout,
    /// By what the product is scaled, and the residual.
    scales: [u32; 2],
}

// SAFETY: it owns its descriptors, which any thread may use, one at a time; it is not `Sync`.
unsafe impl Send for Product {}

impl Product {
    /// Of matrices that lie as `shape` says.
    ///
    /// # Errors
    /// Where no library could compute it; whether this one can, [`Product::ways`] says.
    pub fn new(library: &Arc<Library>, shape: &Shape) -> Result<Self, Fault> {
        shape.check()?;
        let types = types(shape.math, shape.result);
        let columns = Columns::of(shape);
        let [(_, first, _), (_, second, _)] = &columns.factors;
        let factor = |stored| Layout::new(types.factors, stored, shape.batch);
        let result = |stored| Layout::new(types.result, stored, shape.batch);
        Ok(Self {
            library: library.clone(),
            shape: *shape,
            description: describe(&types, &columns, shape)?,
            factors: [factor(first)?, factor(second)?],
            addend: result(&columns.addend)?,
            result: result(&columns.result)?,
            scales: [types.one, shape.epilogue.residual.map_or(0, |_| types.one)],
            columns,
        })
    }

    /// What it is of.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// At most `most` ways that need no more than `workspace`, what the library takes to be the fastest first.
    ///
    /// # Errors
    /// Where the library proposes none.
    pub fn ways(&self, most: u32, workspace: Bytes) -> Result<Vec<Way>, Fault> {
        let [(_, first, _), (_, second, _)] = &self.columns.factors;
        let four = [first, second, &self.columns.addend, &self.columns.result];
        let alignments = four.map(|stored| stored.alignment);
        let is_narrow = self.shape.result.bytes() < size_of::<f32>() as u64;
        let preference = Preference::new(workspace.as_bytes(), alignments, is_narrow)?;
        let mut found = vec![nothing(); most.max(1) as usize];
        let mut count: c_int = 0;
        let [first, second] = &self.factors;
        // SAFETY: every handle lives, and there is room for as many as are asked for.
        let asked = unsafe {
            sys::cublasLtMatmulAlgoGetHeuristic(
                self.library.handle,
                self.description.0,
                first.0,
                second.0,
                self.addend.0,
                self.result.0,
                preference.0,
                c_int::try_from(found.len()).unwrap_or(c_int::MAX),
                found.as_mut_ptr(),
                &mut count,
            )
        };
        self.library.of(SEARCH, asked.result())?;
        found.truncate(usize::try_from(count).unwrap_or(0));
        found.retain(|way| {
            way.state.result().is_ok() && way.workspaceSize as u64 <= workspace.as_bytes()
        });
        match found.is_empty() {
            true => Err(Fault::new(SEARCH, "the library proposes no way")),
            false => Ok(found.iter().map(way).collect()),
        }
    }

    /// The way that [`Way::to_bytes`] was asked of, as the library finds it now.
    ///
    /// # Safety
    /// Another product of the same shape gave it on the same kind of device by the same [`Library::version`].
    ///
    /// # Errors
    /// Where the library would not do it so.
    pub unsafe fn way_of(&self, bytes: &[u8; 64]) -> Result<Way, Fault> {
        let word = |index: usize| std::array::from_fn(|byte| bytes[index * 8 + byte]);
        let data = std::array::from_fn(|index| u64::from_le_bytes(word(index)));
        let algorithm = sys::cublasLtMatmulAlgo_t { data };
        let mut found = nothing();
        let [first, second] = &self.factors;
        // SAFETY: every handle lives, the algorithm is the library's own, and there is room for the answer.
        let asked = unsafe {
            sys::cublasLtMatmulAlgoCheck(
                self.library.handle,
                self.description.0,
                first.0,
                second.0,
                self.addend.0,
                self.result.0,
                &algorithm,
                &mut found,
            )
        };
        self.library.of(CHECK, asked.result())?;
        self.library.of(CHECK, found.state.result())?;
        let workspace = found.workspaceSize as u64;
        Ok(Way {
            algorithm,
            workspace,
        })
    }

    /// Starts it in one of its ways.
    ///
    /// # Safety
    /// The way is of a product of the same shape. Behind each address lies as much as [`Shape::spans`] says, the result
    /// apart from the factors and the bias, and from the residual unless both lie alike. All of it, and `workspace`,
    /// which nothing else uses meanwhile, stays until the stream has passed it, and during each launch of a
    /// [`crate::Graph`] that captured it.
    ///
    /// # Errors
    /// Where an operand is lacking or not aligned as the shape says, the workspace is too small, the library refuses,
    /// or an earlier fault comes out.
    pub unsafe fn start(
        &self,
        way: &Way,
        addresses: &Addresses,
        workspace: &Memory,
        stream: &Stream,
    ) -> Result<(), Fault> {
        addresses.check(&self.shape)?;
        check_workspace(workspace.address(), workspace.bytes(), way.workspace())?;
        if let Some(bias) = addresses.bias {
            self.set_bias(bias)?;
        }
        let [first, second] = self.columns.factors.map(|(factor, ..)| match factor {
            Factor::A => addresses.a as *const c_void,
            Factor::B => addresses.b as *const c_void,
        });
        let [one, residual] = &self.scales;
        let [first_layout, second_layout] = &self.factors;
        // SAFETY: every handle lives; matrices are as large as their layouts say, says the caller; the scales have the size of the type that scales, in this host's memory, and are read before this returns.
        let started = unsafe {
            result::matmul(
                self.library.handle,
                self.description.0,
                std::ptr::from_ref(one).cast(),
                std::ptr::from_ref(residual).cast(),
                first,
                first_layout.0,
                second,
                second_layout.0,
                addresses.c.unwrap_or(addresses.d) as *const c_void,
                self.addend.0,
                addresses.d as *mut c_void,
                self.result.0,
                &way.algorithm,
                workspace.address() as *mut c_void,
                way.workspace as usize,
                stream.raw.cast(),
            )
        };
        self.library.of(START, started)
    }

    fn set_bias(&self, at: u64) -> Result<(), Fault> {
        set_bias(&self.description, at)
    }
}

fn describe(types: &Types, columns: &Columns, shape: &Shape) -> Result<Description, Fault> {
    use sys::cublasLtMatmulDescAttributes_t::*;
    /// Any that is aligned as a bias is: some versions propose nothing where there is none.
    const SOMEWHERE: u64 = 256;
    let description = Description::new(types.compute, types.scale)?;
    let [(_, _, first), (_, _, second)] = columns.factors;
    // SAFETY: an operation is an i32: 0 as it lies, 1 transposed.
    unsafe { description.set(CUBLASLT_MATMUL_DESC_TRANSA, i32::from(first)) }?;
    // SAFETY: likewise.
    unsafe { description.set(CUBLASLT_MATMUL_DESC_TRANSB, i32::from(second)) }?;
    let epilogue = epilogue(&shape.epilogue) as u32;
    // SAFETY: an epilogue is a u32.
    unsafe { description.set(CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue) }?;
    if shape.epilogue.bias {
        set_bias(&description, SOMEWHERE)?;
    }
    Ok(description)
}

fn set_bias(description: &Description, at: u64) -> Result<(), Fault> {
    let attribute = sys::cublasLtMatmulDescAttributes_t::CUBLASLT_MATMUL_DESC_BIAS_POINTER;
    // SAFETY: an address of the device has 64 bits; it is read by products that are started, and by then is the caller's.
    unsafe { description.set(attribute, at) }
}

fn way(found: &sys::cublasLtMatmulHeuristicResult_t) -> Way {
    Way {
        algorithm: found.algo,
        workspace: found.workspaceSize as u64,
    }
}

fn nothing() -> sys::cublasLtMatmulHeuristicResult_t {
    // SAFETY: numbers only, of which zero is one; the status that is zero is success.
    unsafe { std::mem::zeroed() }
}
