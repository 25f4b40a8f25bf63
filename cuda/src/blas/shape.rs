//! What a product is of: `d = activation(a b + bias + c)`, of row-major matrices.

use std::fmt;

use crate::Fault;

/// The math mode of a product, which says what the factors are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Math {
    /// Factors and sums of 32-bit floats.
    Fp32,
    /// Factors of 32-bit floats of which 10 bits of fraction count, sums of 32 bits.
    Tf32,
    /// Factors of IEEE 754 half precision, sums of 32 bits.
    Fp16,
    /// Factors with 8 bits of exponent and 7 of fraction, sums of 32 bits.
    Bf16,
    /// Factors with 4 bits of exponent and 3 of fraction, sums of 32 bits.
    Fp8,
    /// Factors of 8-bit integers, sums of 32-bit ones.
    Int8,
}

impl Math {
    /// What an element of a factor takes in memory.
    pub fn factor_bytes(self) -> u64 {
        match self {
            Self::Fp32 | Self::Tf32 => 4,
            Self::Fp16 | Self::Bf16 => 2,
            Self::Fp8 | Self::Int8 => 1,
        }
    }
}

/// What a result consists of; residual and bias are of the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Element {
    F32,
    F16,
    Bf16,
    /// With [`Math::Int8`] only.
    I32,
}

impl Element {
    /// What one takes in memory.
    pub fn bytes(self) -> u64 {
        match self {
            Self::F32 | Self::I32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }
}

/// Where the elements of a matrix lie, row after row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Matrix {
    /// Elements from one row in memory to the next.
    pub leading: u64,
    /// Whether memory holds the matrix's columns as its rows.
    pub transposed: bool,
    /// Elements from one matrix of a batch to the next; 0 repeats the first.
    pub stride: u64,
    /// A power of two of bytes that the address is a multiple of: the more, the more ways there are.
    pub alignment: u32,
}

impl Matrix {
    /// Whose rows have so many elements in memory, one after the other, at the start of an allocation.
    pub fn of_rows(leading: u64) -> Self {
        Self {
            leading,
            transposed: false,
            stride: 0,
            alignment: 256,
        }
    }

    /// The same memory, read as the transposed matrix.
    pub fn transposed(self) -> Self {
        Self {
            transposed: !self.transposed,
            ..self
        }
    }

    /// One of a batch, so many elements apart.
    pub fn every(self, stride: u64) -> Self {
        Self { stride, ..self }
    }

    /// At multiples of so many bytes.
    pub fn aligned(self, alignment: u32) -> Self {
        Self { alignment, ..self }
    }
}

/// What is applied to each element last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Activation {
    /// `max(x, 0)`; of no number it is zero, as the library has it.
    Relu,
    /// GELU by the hyperbolic tangent: `x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))` (Hendrycks and Gimpel, 2016).
    GeluTanh,
}

/// What follows the sums, before they are rounded to the result's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Epilogue {
    /// Whether a vector over the n columns is added, the same to each matrix of a batch.
    pub bias: bool,
    /// Where the residual `c` [m, n] that is added lies; it may be the result itself where both lie alike.
    pub residual: Option<Matrix>,
    /// What is applied last.
    pub activation: Option<Activation>,
}

/// Of `a` [m, k] times `b` [k, n] to `d` [m, n], `batch` times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Rows of `a` and `d`.
    pub m: u64,
    /// Columns of `b` and `d`.
    pub n: u64,
    /// Columns of `a`, rows of `b`.
    pub k: u64,
    /// Products, at the strides of the matrices.
    pub batch: u32,
    /// How it is multiplied, and what `a` and `b` consist of.
    pub math: Math,
    /// What `d`, the residual and the bias consist of.
    pub result: Element,
    /// The first factor.
    pub a: Matrix,
    /// The second factor.
    pub b: Matrix,
    /// The result.
    pub d: Matrix,
    /// What follows the sums.
    pub epilogue: Epilogue,
}

impl Shape {
    /// One product of dense matrices, each at the start of an allocation, with nothing after it.
    pub fn dense(m: u64, n: u64, k: u64, math: Math, result: Element) -> Self {
        Self {
            m,
            n,
            k,
            batch: 1,
            math,
            result,
            a: Matrix::of_rows(k),
            b: Matrix::of_rows(n),
            d: Matrix::of_rows(n),
            epilogue: Epilogue::default(),
        }
    }

    /// Whether it can be asked for at all.
    pub(super) fn check(&self) -> Result<(), Fault> {
        let refuse = |reason: String| Err(Fault::new(&format!("a product of {self}"), reason));
        if let Some(size) = [self.m, self.n, self.k, self.batch.into()]
            .into_iter()
            .find(|size| *size == 0 || i32::try_from(*size).is_err())
        {
            return refuse(format!("a size of {size} cannot be had"));
        }
        for (name, matrix, rows, columns) in self.matrices() {
            let least = if matrix.transposed { rows } else { columns };
            if matrix.leading < least || i64::try_from(matrix.leading).is_err() {
                let given = matrix.leading;
                return refuse(format!(
                    "rows of {name} are {given} apart, not {least} or more"
                ));
            }
            if !matrix.alignment.is_power_of_two() {
                let given = matrix.alignment;
                return refuse(format!(
                    "{name} is aligned to {given}, which is no power of two"
                ));
            }
        }
        if self.batch > 1 && self.d.stride == 0 {
            return refuse("the results of a batch lie in one place".to_owned());
        }
        self.check_epilogue().or_else(refuse)
    }

    fn check_epilogue(&self) -> Result<(), String> {
        let Epilogue {
            bias,
            residual,
            activation,
        } = self.epilogue;
        if (self.math == Math::Int8) != (self.result == Element::I32) {
            return Err(format!("{:?} gives no {:?}", self.math, self.result));
        }
        if self.math == Math::Int8 && (bias || residual.is_some() || activation.is_some()) {
            return Err("nothing follows a product of integers".to_owned());
        }
        if bias && self.d.transposed {
            return Err("a bias over columns that are stored as rows is not offered".to_owned());
        }
        match residual {
            Some(c) if c.transposed != self.d.transposed => {
                Err("residual and result are not stored in the same order".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Each matrix with its name, rows and columns.
    pub(super) fn matrices(&self) -> impl Iterator<Item = (&'static str, Matrix, u64, u64)> {
        let Self { m, n, k, .. } = *self;
        let residual = self.epilogue.residual.map(|c| ("c", c, m, n));
        let three = [
            ("a", self.a, m, k),
            ("b", self.b, k, n),
            ("d", self.d, m, n),
        ];
        three.into_iter().chain(residual)
    }
}

/// On one line, different for any two shapes.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { m, n, k, .. } = self;
        write!(f, "{m}x{n}x{k}")?;
        if self.batch > 1 {
            write!(f, " batch {}", self.batch)?;
        }
        write!(f, " {:?} to {:?}", self.math, self.result)?;
        for (name, matrix, ..) in self.matrices() {
            let order = if matrix.transposed { "t" } else { "" };
            let (leading, stride, alignment) = (matrix.leading, matrix.stride, matrix.alignment);
            write!(f, " {name}{order}:{leading}/{stride}/{alignment}")?;
        }
        if self.epilogue.bias {
            write!(f, " bias")?;
        }
        match self.epilogue.activation {
            Some(activation) => write!(f, " {activation:?}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut Shape)) -> String {
        let mut shape = Shape::dense(2, 3, 4, Math::Fp16, Element::F16);
        change(&mut shape);
        shape.check().unwrap_err().reason
    }

    #[test]
    fn a_shape_that_no_library_could_compute_is_refused_with_the_value() {
        assert_eq!(refused(|s| s.k = 0), "a size of 0 cannot be had");
        assert_eq!(
            refused(|s| s.m = 1 << 31),
            "a size of 2147483648 cannot be had"
        );
        assert_eq!(
            refused(|s| s.a.leading = 3),
            "rows of a are 3 apart, not 4 or more"
        );
        assert_eq!(
            refused(|s| s.b.leading = 2),
            "rows of b are 2 apart, not 3 or more"
        );
        let narrow = |s: &mut Shape| s.b = Matrix::of_rows(3).transposed();
        assert_eq!(refused(narrow), "rows of b are 3 apart, not 4 or more");
        let odd = "d is aligned to 6, which is no power of two";
        assert_eq!(refused(|s| s.d.alignment = 6), odd);
        assert_eq!(
            refused(|s| s.batch = 2),
            "the results of a batch lie in one place"
        );
        assert_eq!(refused(|s| s.result = Element::I32), "Fp16 gives no I32");
        let across = |s: &mut Shape| s.epilogue.residual = Some(Matrix::of_rows(3).transposed());
        assert!(refused(across).contains("not stored in the same order"));
        let bias = |s: &mut Shape| {
            s.d = Matrix::of_rows(3).transposed();
            s.epilogue.bias = true;
        };
        assert!(refused(bias).contains("a bias over columns"));
    }

    #[test]
    fn a_shape_is_told_apart_by_its_line() {
        let dense = Shape::dense(2, 3, 4, Math::Fp16, Element::F16);
        let line = "2x3x4 Fp16 to F16 a:4/0/256 b:3/0/256 d:3/0/256";
        assert_eq!(dense.to_string(), line);
        let all = Shape {
            batch: 5,
            b: Matrix::of_rows(4).transposed().every(12).aligned(16),
            epilogue: Epilogue {
                bias: true,
                residual: Some(Matrix::of_rows(8).every(16)),
                activation: Some(Activation::Relu),
            },
            ..dense
        };
        let line = "2x3x4 batch 5 Fp16 to F16 a:4/0/256 bt:4/12/16 d:3/0/256 c:8/16/256 bias Relu";
        assert_eq!(all.to_string(), line);
    }
}
