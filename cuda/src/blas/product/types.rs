//! What the library calls types, math modes and epilogues.

use cudarc::cublaslt::sys;

use super::super::shape::{Activation, Element, Epilogue, Math};

/// Of factors, result, sums, and the numbers that products are scaled by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Types {
    pub(super) factors: sys::cudaDataType_t,
    pub(super) result: sys::cudaDataType_t,
    pub(super) compute: sys::cublasComputeType_t,
    pub(super) scale: sys::cudaDataType_t,
    /// One, in 32 bits of the type that scales; zero is zero in each.
    pub(super) one: u32,
}

pub(super) fn types(math: Math, result: Element) -> Types {
    use sys::cublasComputeType_t as Compute;
    use sys::cudaDataType_t as Data;
    let factors = match math {
        Math::Fp32 | Math::Tf32 => Data::CUDA_R_32F,
        Math::Fp16 => Data::CUDA_R_16F,
        Math::Bf16 => Data::CUDA_R_16BF,
        Math::Fp8 => Data::CUDA_R_8F_E4M3,
        Math::Int8 => Data::CUDA_R_8I,
    };
    let result = match result {
        Element::F32 => Data::CUDA_R_32F,
        Element::F16 => Data::CUDA_R_16F,
        Element::Bf16 => Data::CUDA_R_16BF,
        Element::I32 => Data::CUDA_R_32I,
    };
    let floats = (Data::CUDA_R_32F, 1.0_f32.to_bits());
    let (compute, (scale, one)) = match math {
        Math::Tf32 => (Compute::CUBLAS_COMPUTE_32F_FAST_TF32, floats),
        Math::Int8 => (Compute::CUBLAS_COMPUTE_32I, (Data::CUDA_R_32I, 1)),
        _ => (Compute::CUBLAS_COMPUTE_32F, floats),
    };
    Types {
        factors,
        result,
        compute,
        scale,
        one,
    }
}

/// What follows the sums and the residual, which is no part of it.
pub(super) fn epilogue(of: &Epilogue) -> sys::cublasLtEpilogue_t {
    use sys::cublasLtEpilogue_t::*;
    match (of.activation, of.bias) {
        (None, false) => CUBLASLT_EPILOGUE_DEFAULT,
        (None, true) => CUBLASLT_EPILOGUE_BIAS,
        (Some(Activation::Relu), false) => CUBLASLT_EPILOGUE_RELU,
        (Some(Activation::Relu), true) => CUBLASLT_EPILOGUE_RELU_BIAS,
        (Some(Activation::GeluTanh), false) => CUBLASLT_EPILOGUE_GELU,
        (Some(Activation::GeluTanh), true) => CUBLASLT_EPILOGUE_GELU_BIAS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tf32_shortens_factors_and_only_int8_sums_whole_numbers() {
        use sys::cublasComputeType_t as Compute;
        for (math, result, expected) in [
            (Math::Fp32, Element::F32, Compute::CUBLAS_COMPUTE_32F),
            (
                Math::Tf32,
                Element::F32,
                Compute::CUBLAS_COMPUTE_32F_FAST_TF32,
            ),
            (Math::Fp16, Element::F16, Compute::CUBLAS_COMPUTE_32F),
            (Math::Bf16, Element::Bf16, Compute::CUBLAS_COMPUTE_32F),
            (Math::Fp8, Element::Bf16, Compute::CUBLAS_COMPUTE_32F),
            (Math::Int8, Element::I32, Compute::CUBLAS_COMPUTE_32I),
        ] {
            let types = types(math, result);
            assert_eq!(types.compute, expected, "{math:?}");
            let one = if math == Math::Int8 { 1 } else { 0x3f80_0000 };
            assert_eq!(types.one, one, "{math:?}");
        }
    }
}
