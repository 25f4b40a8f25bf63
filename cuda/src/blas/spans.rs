//! How much memory the matrices of a product reach over.

use tare_units::Bytes;

use super::shape::{Matrix, Shape};

/// From the first byte of the first matrix to the last of the last; what is not there takes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Spans {
    pub a: Bytes,
    pub b: Bytes,
    pub c: Bytes,
    pub d: Bytes,
    pub bias: Bytes,
}

impl Shape {
    /// What each address must have behind it.
    pub fn spans(&self) -> Spans {
        let Self { m, n, k, .. } = *self;
        let (factor, result) = (self.math.factor_bytes(), self.result.bytes());
        let of = |matrix, rows, columns, each| {
            let elements = self.reach(matrix, rows, columns);
            Bytes::from_bytes(elements.saturating_mul(each))
        };
        let residual = self.epilogue.residual;
        let bias = if self.epilogue.bias { n * result } else { 0 };
        Spans {
            a: of(self.a, m, k, factor),
            b: of(self.b, k, n, factor),
            c: residual.map_or(Bytes::from_bytes(0), |c| of(c, m, n, result)),
            d: of(self.d, m, n, result),
            bias: Bytes::from_bytes(bias),
        }
    }

    fn reach(&self, matrix: Matrix, rows: u64, columns: u64) -> u64 {
        let (rows, columns) = match matrix.transposed {
            true => (columns, rows),
            false => (rows, columns),
        };
        let matrices = u64::from(self.batch.saturating_sub(1)).saturating_mul(matrix.stride);
        let lines = rows.saturating_sub(1).saturating_mul(matrix.leading);
        matrices.saturating_add(lines).saturating_add(columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Element, Epilogue, Math};

    #[test]
    fn a_span_ends_with_the_last_element_of_the_last_matrix() {
        let shape = Shape {
            batch: 3,
            a: Matrix::of_rows(6).every(100),
            b: Matrix::of_rows(4).transposed(),
            d: Matrix::of_rows(10).every(3),
            epilogue: Epilogue {
                bias: true,
                residual: Some(Matrix::of_rows(3)),
                activation: None,
            },
            ..Shape::dense(2, 3, 4, Math::Fp16, Element::F32)
        };
        let expected = Spans {
            a: Bytes::from_bytes((200 + 6 + 4) * 2),
            b: Bytes::from_bytes((2 * 4 + 4) * 2),
            c: Bytes::from_bytes((3 + 3) * 4),
            d: Bytes::from_bytes((6 + 10 + 3) * 4),
            bias: Bytes::from_bytes(12),
        };
        assert_eq!(shape.spans(), expected);
    }

    #[test]
    fn what_is_not_there_takes_nothing_and_what_is_too_large_does_not_overflow() {
        let dense = Shape::dense(2, 3, 4, Math::Fp32, Element::F32);
        let none = Bytes::from_bytes(0);
        assert_eq!((dense.spans().c, dense.spans().bias), (none, none));
        let far = Shape {
            batch: 3,
            a: Matrix::of_rows(4).every(u64::MAX),
            ..dense
        };
        assert_eq!(far.spans().a, Bytes::from_bytes(u64::MAX));
    }
}
