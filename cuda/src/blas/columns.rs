//! A row-major product as the column-major one that the library computes.
//!
//! What lies in memory row after row is, column after column, the transposed matrix. So `d = a b` is asked for as
//! `dᵀ = bᵀ aᵀ`, which swaps the factors and moves nothing. A result whose memory holds its columns as rows is
//! column-major as it is: `d = a b` is asked for as it stands, of factors that are read transposed.

use super::shape::{Matrix, Shape};

/// Which matrix of the row-major product it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Factor {
    A,
    B,
}

/// A matrix as it lies, column after column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) rows: u64,
    pub(super) columns: u64,
    /// Elements from one column to the next.
    pub(super) leading: u64,
    pub(super) stride: u64,
    pub(super) alignment: u32,
}

/// A column-major product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    /// Each factor in the library's order: which it is, how it lies, and whether it is multiplied transposed.
    pub(super) factors: [(Factor, Stored, bool); 2],
    pub(super) result: Stored,
    /// The residual; the result where there is none.
    pub(super) addend: Stored,
}

impl Columns {
    pub(super) fn of(shape: &Shape) -> Self {
        let Shape {
            m, n, k, a, b, d, ..
        } = *shape;
        let flipped = |matrix: Matrix| matrix.transposed != d.transposed;
        let a = (Factor::A, stored(a, m, k), flipped(a));
        let b = (Factor::B, stored(b, k, n), flipped(b));
        let result = stored(d, m, n);
        Self {
            factors: if d.transposed { [a, b] } else { [b, a] },
            result,
            addend: shape.epilogue.residual.map_or(result, |c| stored(c, m, n)),
        }
    }
}

fn stored(matrix: Matrix, rows: u64, columns: u64) -> Stored {
    let (rows, columns) = match matrix.transposed {
        true => (rows, columns),
        false => (columns, rows),
    };
    Stored {
        rows,
        columns,
        leading: matrix.leading,
        stride: matrix.stride,
        alignment: matrix.alignment,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Element, Math};

    fn of(change: impl FnOnce(&mut Shape)) -> Columns {
        let mut shape = Shape::dense(2, 3, 4, Math::Fp32, Element::F32);
        change(&mut shape);
        Columns::of(&shape)
    }

    fn factor(columns: &Columns, index: usize) -> (Factor, u64, u64, bool) {
        let (factor, stored, transposed) = columns.factors[index];
        (factor, stored.rows, stored.columns, transposed)
    }

    #[test]
    fn a_dense_product_swaps_its_factors_and_transposes_none() {
        let columns = of(|_| ());
        assert_eq!(factor(&columns, 0), (Factor::B, 3, 4, false));
        assert_eq!(factor(&columns, 1), (Factor::A, 4, 2, false));
        assert_eq!((columns.result.rows, columns.result.columns), (3, 2));
        assert_eq!(columns.addend, columns.result);
    }

    #[test]
    fn a_factor_that_is_stored_transposed_is_multiplied_transposed() {
        let columns = of(|shape| shape.b = Matrix::of_rows(4).transposed());
        assert_eq!(factor(&columns, 0), (Factor::B, 4, 3, true));
        assert_eq!(factor(&columns, 1), (Factor::A, 4, 2, false));
    }

    #[test]
    fn a_result_that_is_stored_transposed_keeps_the_order_of_its_factors() {
        let columns = of(|shape| shape.d = Matrix::of_rows(2).transposed());
        assert_eq!(factor(&columns, 0), (Factor::A, 4, 2, true));
        assert_eq!(factor(&columns, 1), (Factor::B, 3, 4, true));
        assert_eq!((columns.result.rows, columns.result.columns), (2, 3));
    }
}
