//! Products of square matrices by cuBLASLt.

mod sys;

use tare_cuda::{Element, Math, Matrix, Shape};

use super::super::MathMode;

pub(super) use sys::{Multiplier, Square};

/// Of matrices with `size` rows and columns; the second is stored transposed, which every mode allows and some demand.
pub(in super::super) fn square(mode: MathMode, size: u64) -> Shape {
    let (math, result) = match mode {
        MathMode::Fp32 => (Math::Fp32, Element::F32),
        MathMode::Tf32 => (Math::Tf32, Element::F32),
        MathMode::Fp16 => (Math::Fp16, Element::F16),
        MathMode::Bf16 => (Math::Bf16, Element::Bf16),
        MathMode::Fp8 => (Math::Fp8, Element::Bf16),
        MathMode::Int8 => (Math::Int8, Element::I32),
    };
    Shape {
        b: Matrix::of_rows(size).transposed(),
        ..Shape::dense(size, size, size, math, result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mode_multiplies_and_adds_in_itself_over_what_it_takes_in_memory() {
        let bytes = [(4, 4), (4, 4), (2, 2), (2, 2), (1, 2), (1, 4)];
        for (mode, (factor, result)) in MathMode::ALL.into_iter().zip(bytes) {
            let shape = square(mode, 16);
            assert_eq!(format!("{:?}", shape.math), format!("{mode:?}"));
            let spans = shape.spans();
            assert_eq!(spans.a.as_bytes(), 256 * factor, "{mode}");
            assert_eq!(spans.d.as_bytes(), 256 * result, "{mode}");
        }
    }
}
