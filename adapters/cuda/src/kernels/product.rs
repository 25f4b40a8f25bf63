//! Products of matrices as a library is asked for them: one product, or a batch of them the same distance apart.

use tare_models::DataType;

use super::source::Writer;
use super::{Address, Context, Made, Work};
use crate::expression::{Program, Unary};
use crate::step::{Activation, Epilogue};
use crate::view::View;

/// Matrices of one size in memory; counts are of elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    /// Of the first element.
    pub at: Address,
    /// Of its elements.
    pub dtype: DataType,
    /// Whether columns follow each other, not rows.
    pub by_columns: bool,
    /// From one row to the next, or from one column to the next.
    pub pitch: usize,
    /// From one matrix to the next; 0 where all are the same.
    pub apart: usize,
}

/// `d = activation(a b + bias + residual)` of `a` [m, k], `b` [k, n] and `d` [m, n], `batch` times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Rows of `a`.
    pub m: usize,
    /// Columns of `b`.
    pub n: usize,
    /// Columns of `a`.
    pub k: usize,
    /// How many products.
    pub batch: usize,
    /// The first factor.
    pub a: Matrix,
    /// The second factor.
    pub b: Matrix,
    /// The result, by rows.
    pub d: Matrix,
    /// `[n]`, of the type of the result.
    pub bias: Option<Address>,
    /// What is added to the result, by rows.
    pub residual: Option<Matrix>,
    /// What the library applies last; never GELU by the error function, which it does not have.
    pub activation: Option<Activation>,
}

/// The number of an activation in the kernels' source.
pub(super) fn activation_number(activation: Option<Activation>) -> u32 {
    match activation {
        None => 0,
        Some(Activation::Relu) => 1,
        Some(Activation::Gelu) => 2,
        Some(Activation::GeluTanh) => 3,
    }
}

impl Context<'_> {
    pub(super) fn product(&self, writer: &mut Writer, epilogue: Epilogue) -> Result<Made, String> {
        let (a, b, d) = (self.input("a")?, self.input("b")?, self.output()?);
        let residual = self.step.input("residual");
        let last = |view: &View| view.shape[view.shape.len() - 1];
        let rows = a.shape[a.shape.len() - 2];
        let mut product = Product {
            m: rows,
            n: last(b),
            k: last(a),
            batch: d.elements() / (rows * last(b)),
            a: self.matrix(a),
            b: self.matrix(b),
            d: self.matrix(d),
            bias: self.step.input("bias").map(|view| self.address(view)),
            residual: residual.map(|view| self.matrix(view)),
            activation: epilogue.activation,
        };
        product.stack();
        let mut made = Made::default();
        let by_erf = epilogue.activation == Some(Activation::Gelu);
        if by_erf {
            product.activation = None;
        }
        made.works.push(Work::Product(product));
        if by_erf {
            let program = Program::unary(Unary::Gelu);
            let launch = self.element_wise(writer, &program, std::slice::from_ref(d), d)?;
            made.works.push(Work::Launch(launch));
        }
        Ok(made)
    }

    fn matrix(&self, view: &View) -> Matrix {
        let row = view.shape.len() - 2;
        let dense = |axis: usize| view.shape[axis] == 1 || view.step(axis) == 1;
        let reaches =
            |axis: usize, size: usize| view.shape[axis] == 1 || view.step(axis) >= size as isize;
        let by_rows = dense(row + 1) && reaches(row, view.shape[row + 1]);
        let (along, other) = if by_rows {
            (row, row + 1)
        } else {
            (row + 1, row)
        };
        let pitch = view.step(along).unsigned_abs().max(view.shape[other]);
        let outer = view.shape[..row].iter().zip(&view.strides[..row]).rev();
        let apart = outer
            .filter(|(size, _)| **size > 1)
            .map(|(_, stride)| *stride)
            .next();
        Matrix {
            at: self.address(view),
            dtype: self.dtype(view),
            by_columns: !by_rows,
            pitch,
            apart: apart.unwrap_or(0).unsigned_abs(),
        }
    }
}

impl Product {
    /// Makes one product of many by one factor, where the rows of all lie as those of one matrix.
    fn stack(&mut self) {
        let rows = self.m;
        let follow = |matrix: &Matrix| !matrix.by_columns && matrix.apart == rows * matrix.pitch;
        let all = [Some(&self.a), Some(&self.d), self.residual.as_ref()];
        let stacks = all.into_iter().flatten().all(follow);
        if self.batch > 1 && self.b.apart == 0 && stacks {
            self.m *= self.batch;
            self.batch = 1;
            let all = [Some(&mut self.a), Some(&mut self.d), self.residual.as_mut()];
            for matrix in all.into_iter().flatten() {
                matrix.apart = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::BufferId;

    fn matrix(pitch: usize, apart: usize) -> Matrix {
        Matrix {
            at: Address::Buffer(BufferId(0), 0),
            dtype: DataType::F32,
            by_columns: false,
            pitch,
            apart,
        }
    }

    fn batch_of_three() -> Product {
        Product {
            m: 4,
            n: 5,
            k: 6,
            batch: 3,
            a: matrix(6, 24),
            b: matrix(5, 0),
            d: matrix(5, 20),
            bias: None,
            residual: Some(matrix(8, 32)),
            activation: None,
        }
    }

    #[test]
    fn a_batch_by_one_factor_whose_rows_follow_is_one_product() {
        let mut product = batch_of_three();
        product.stack();
        assert_eq!((product.m, product.batch), (12, 1));
        assert_eq!(product.residual.map(|matrix| matrix.apart), Some(0));
    }

    #[test]
    fn a_batch_stays_one_where_factors_differ_or_rows_do_not_follow() {
        let changes: [fn(&mut Product); 4] = [
            |product| product.b.apart = 30,
            |product| product.a.apart = 48,
            |product| product.a.by_columns = true,
            |product| product.residual = Some(matrix(5, 0)),
        ];
        for change in changes {
            let mut product = batch_of_three();
            change(&mut product);
            let before = product.clone();
            product.stack();
            assert_eq!(product, before);
        }
    }
}
