//! cuBLASLt's calls with their errors, and a product of two square matrices in every way that the library proposes.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::rc::Rc;

use cudarc::cublaslt::result::{self, CublasError};
use cudarc::cublaslt::sys;

use super::super::super::device::Fault;
use super::super::super::{MathMode, operands};
use super::super::driver::{Context, Memory, Stream, checked};

/// Calls that may be lacking.
const SYMBOLS: [&str; 3] = [
    "cublasLtCreate",
    "cublasLtMatmul",
    "cublasLtMatmulAlgoGetHeuristic",
];

/// What NVIDIA recommends for its largest devices.
const WORKSPACE: u64 = 32 << 20;

/// Ways that the library is asked for.
const WAYS: usize = 8;

/// The library, with memory to work in.
pub(crate) struct Library {
    handle: sys::cublasLtHandle_t,
    workspace: Memory,
    context: Rc<Context>,
    stream: Rc<Stream>,
}

fn of<T>(call: &str, result: Result<T, CublasError>) -> Result<T, Fault> {
    result.map_err(|error| Fault::new(call, format!("{:?}", error.0)))
}

impl Library {
    /// Found and started.
    pub(crate) fn open(context: &Rc<Context>, stream: &Rc<Stream>) -> Result<Rc<Self>, Fault> {
        is_here()?;
        let workspace = Memory::new(context, WORKSPACE)?;
        Ok(Rc::new(Self {
            handle: of("cublasLtCreate", result::create_handle())?,
            workspace,
            context: context.clone(),
            stream: stream.clone(),
        }))
    }
}

fn is_here() -> Result<(), Fault> {
    // SAFETY: loading cuBLASLt runs its initialisers, which are meant for any process.
    let present = unsafe { sys::is_culib_present() };
    let has = |symbol: &str| {
        // SAFETY: the library is present, and what is found is not called.
        unsafe { sys::culib().get::<*const c_void>(symbol.as_bytes()).is_ok() }
    };
    let remedy = "install CUDA's cuBLAS 12 or 13 and name its folder in LD_LIBRARY_PATH";
    checked("libcublasLt", present, has, &SYMBOLS, remedy)
}

impl Drop for Library {
    fn drop(&mut self) {
        let _ = self.stream.wait();
        // SAFETY: created with `self`, destroyed here only; products hold it.
        let _ = unsafe { result::destroy_handle(self.handle) };
    }
}

/// Types of factors, product, sums, and the numbers that products are scaled by.
fn types(mode: MathMode) -> Types {
    use sys::cublasComputeType_t as Compute;
    use sys::cudaDataType_t as Data;
    let (factors, product) = match mode {
        MathMode::Fp32 | MathMode::Tf32 => (Data::CUDA_R_32F, Data::CUDA_R_32F),
        MathMode::Fp16 => (Data::CUDA_R_16F, Data::CUDA_R_16F),
        MathMode::Bf16 => (Data::CUDA_R_16BF, Data::CUDA_R_16BF),
        MathMode::Fp8 => (Data::CUDA_R_8F_E4M3, Data::CUDA_R_16BF),
        MathMode::Int8 => (Data::CUDA_R_8I, Data::CUDA_R_32I),
    };
    let (compute, scale) = match mode {
        MathMode::Tf32 => (Compute::CUBLAS_COMPUTE_32F_FAST_TF32, Data::CUDA_R_32F),
        MathMode::Int8 => (Compute::CUBLAS_COMPUTE_32I, Data::CUDA_R_32I),
        _ => (Compute::CUBLAS_COMPUTE_32F, Data::CUDA_R_32F),
    };
    Types {
        factors,
        product,
        compute,
        scale,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Types {
    factors: sys::cudaDataType_t,
    product: sys::cudaDataType_t,
    compute: sys::cublasComputeType_t,
    scale: sys::cudaDataType_t,
}

/// A product that can be computed again and again.
pub(crate) struct Product {
    library: Rc<Library>,
    description: Description,
    /// Of both factors, and of the product.
    layouts: [Layout; 2],
    ways: Vec<sys::cublasLtMatmulAlgo_t>,
    factors: [Memory; 2],
    product: Memory,
    /// One and zero, in 32 bits of the type that scales.
    scales: [u32; 2],
}

impl Product {
    /// Of two matrices with `size` rows and columns that hold ordinary numbers.
    pub(crate) fn new(library: &Rc<Library>, mode: MathMode, size: u64) -> Result<Self, Fault> {
        let types = types(mode);
        let description = Description::new(types)?;
        let layouts = [
            Layout::new(types.factors, size)?,
            Layout::new(types.product, size)?,
        ];
        let ways = ways(library, &description, &layouts)?;
        let memory = |each: u64| Memory::new(&library.context, size * size * each);
        let factors = [memory(mode.factor_bytes())?, memory(mode.factor_bytes())?];
        let pattern = operands::pattern(mode);
        factors.iter().try_for_each(|one| one.fill(&pattern))?;
        let one = match types.scale {
            sys::cudaDataType_t::CUDA_R_32I => 1,
            _ => 1.0_f32.to_bits(),
        };
        Ok(Self {
            library: library.clone(),
            description,
            layouts,
            ways,
            factors,
            product: memory(mode.product_bytes())?,
            scales: [one, 0],
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
        let [factor, product] = &self.layouts;
        let [one, zero] = &self.scales;
        let workspace = &self.library.workspace;
        // SAFETY: every handle lives; matrices are as large as their layouts say; the scales have the size of the type that scales, in this host's memory, and are read before this returns.
        let started = unsafe {
            result::matmul(
                self.library.handle,
                self.description.0,
                std::ptr::from_ref(one).cast(),
                std::ptr::from_ref(zero).cast(),
                a.at as *const c_void,
                factor.0,
                b.at as *const c_void,
                factor.0,
                self.product.at as *const c_void,
                product.0,
                self.product.at as *mut c_void,
                product.0,
                chosen,
                workspace.at as *mut c_void,
                workspace.bytes() as usize,
                self.library.stream.raw.cast(),
            )
        };
        of("cublasLtMatmul", started)
    }
}

/// The first factor transposed, which every mode allows and some demand.
struct Description(sys::cublasLtMatmulDesc_t);

impl Description {
    fn new(types: Types) -> Result<Self, Fault> {
        const TRANSPOSED: i32 = 1;
        let made = result::create_matmul_desc(types.compute, types.scale);
        let description = Self(of("cublasLtMatmulDescCreate", made)?);
        // SAFETY: created just now; the attribute is an operation, which has the size of an i32.
        let set = unsafe {
            result::set_matmul_desc_attribute(
                description.0,
                sys::cublasLtMatmulDescAttributes_t::CUBLASLT_MATMUL_DESC_TRANSA,
                std::ptr::from_ref(&TRANSPOSED).cast(),
                size_of::<i32>(),
            )
        };
        of("cublasLtMatmulDescSetAttribute", set)?;
        Ok(description)
    }
}

impl Drop for Description {
    fn drop(&mut self) {
        // SAFETY: created with `self`, destroyed here only.
        let _ = unsafe { result::destroy_matmul_desc(self.0) };
    }
}

/// A square matrix, column after column.
struct Layout(sys::cublasLtMatrixLayout_t);

impl Layout {
    fn new(of_what: sys::cudaDataType_t, size: u64) -> Result<Self, Fault> {
        let leading = i64::try_from(size).unwrap_or(i64::MAX);
        let made = result::create_matrix_layout(of_what, size, size, leading);
        of("cublasLtMatrixLayoutCreate", made).map(Self)
    }
}

impl Drop for Layout {
    fn drop(&mut self) {
        // SAFETY: created with `self`, destroyed here only.
        let _ = unsafe { result::destroy_matrix_layout(self.0) };
    }
}

struct Preference(sys::cublasLtMatmulPreference_t);

impl Preference {
    fn new() -> Result<Self, Fault> {
        let made = result::create_matmul_pref();
        let preference = Self(of("cublasLtMatmulPreferenceCreate", made)?);
        // SAFETY: created just now; the attribute has 64 bits.
        let set = unsafe {
            result::set_matmul_pref_attribute(
                preference.0,
                sys::cublasLtMatmulPreferenceAttributes_t::CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                std::ptr::from_ref(&WORKSPACE).cast(),
                size_of::<u64>(),
            )
        };
        of("cublasLtMatmulPreferenceSetAttribute", set)?;
        Ok(preference)
    }
}

impl Drop for Preference {
    fn drop(&mut self) {
        // SAFETY: created with `self`, destroyed here only.
        let _ = unsafe { result::destroy_matmul_pref(self.0) };
    }
}

/// The library's proposals, best guess first.
fn ways(
    library: &Library,
    description: &Description,
    [factor, product]: &[Layout; 2],
) -> Result<Vec<sys::cublasLtMatmulAlgo_t>, Fault> {
    const CALL: &str = "cublasLtMatmulAlgoGetHeuristic";
    let preference = Preference::new()?;
    // SAFETY: numbers only, of which zero is one; the status that is zero is success.
    let mut found: [sys::cublasLtMatmulHeuristicResult_t; WAYS] = unsafe { std::mem::zeroed() };
    let mut count: c_int = 0;
    // SAFETY: every handle lives, and there is room for as many as are asked for.
    let asked = unsafe {
        sys::cublasLtMatmulAlgoGetHeuristic(
            library.handle,
            description.0,
            factor.0,
            factor.0,
            product.0,
            product.0,
            preference.0,
            WAYS as c_int,
            found.as_mut_ptr(),
            &mut count,
        )
    };
    of(CALL, asked.result())?;
    let count = usize::try_from(count).unwrap_or(0);
    let usable = found.into_iter().take(count);
    let usable = usable.filter(|way| way.state.result().is_ok());
    let ways: Vec<_> = usable.map(|way| way.algo).collect();
    match ways.is_empty() {
        true => Err(Fault::new(CALL, "the library proposes no way")),
        false => Ok(ways),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tf32_shortens_factors_and_only_int8_sums_whole_numbers() {
        use sys::cublasComputeType_t as Compute;
        for mode in MathMode::ALL {
            let expected = match mode {
                MathMode::Tf32 => Compute::CUBLAS_COMPUTE_32F_FAST_TF32,
                MathMode::Int8 => Compute::CUBLAS_COMPUTE_32I,
                _ => Compute::CUBLAS_COMPUTE_32F,
            };
            assert_eq!(types(mode).compute, expected, "{mode}");
        }
    }
}
