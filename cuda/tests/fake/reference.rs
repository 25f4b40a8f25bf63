//! Row-major products in plain Rust, and shapes at random.

use half::{bf16, f16};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::Rng;
use tare_cuda::{Activation, Element, Epilogue, Math, Matrix, Shape};

/// What a number takes in memory, and how.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    F32,
    F16,
    Bf16,
}

impl Kind {
    pub fn of_factors(math: Math) -> Self {
        match math {
            Math::Fp32 | Math::Tf32 => Self::F32,
            Math::Fp16 => Self::F16,
            Math::Bf16 => Self::Bf16,
            Math::Fp8 | Math::Int8 => unreachable!("the library multiplies floats"),
        }
    }

    pub fn of_result(result: Element) -> Self {
        match result {
            Element::F32 => Self::F32,
            Element::F16 => Self::F16,
            Element::Bf16 => Self::Bf16,
            Element::I32 => unreachable!("the library multiplies floats"),
        }
    }

    pub fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }

    pub fn encode(self, values: &[f32]) -> Vec<u8> {
        let one = |value: &f32| match self {
            Self::F32 => value.to_le_bytes().to_vec(),
            Self::F16 => f16::from_f32(*value).to_le_bytes().to_vec(),
            Self::Bf16 => bf16::from_f32(*value).to_le_bytes().to_vec(),
        };
        values.iter().flat_map(one).collect()
    }

    pub fn decode(self, bytes: &[u8]) -> Vec<f32> {
        let one = |bytes: &[u8]| match self {
            Self::F32 => f32::from_le_bytes(bytes.try_into().unwrap()),
            Self::F16 => f16::from_le_bytes(bytes.try_into().unwrap()).to_f32(),
            Self::Bf16 => bf16::from_le_bytes(bytes.try_into().unwrap()).to_f32(),
        };
        bytes.chunks_exact(self.bytes()).map(one).collect()
    }

    fn rounded(self, value: f32) -> f32 {
        self.decode(&self.encode(&[value]))[0]
    }
}

/// What goes in, each over its whole span.
pub struct Operands {
    pub a: Vec<f32>,
    pub b: Vec<f32>,
    pub c: Vec<f32>,
    pub d: Vec<f32>,
    pub bias: Vec<f32>,
}

fn place(matrix: Matrix, batch: u64, row: u64, column: u64) -> usize {
    let within = match matrix.transposed {
        false => row * matrix.leading + column,
        true => column * matrix.leading + row,
    };
    (batch * matrix.stride + within) as usize
}

/// The span of the result afterwards.
pub fn product(shape: &Shape, of: &Operands) -> Vec<f32> {
    let mut d = of.d.clone();
    for batch in 0..shape.batch.into() {
        for row in 0..shape.m {
            for column in 0..shape.n {
                let value = element(shape, of, batch, row, column);
                d[place(shape.d, batch, row, column)] = value;
            }
        }
    }
    d
}

fn element(shape: &Shape, of: &Operands, batch: u64, row: u64, column: u64) -> f32 {
    let term = |k: u64| {
        let a = of.a[place(shape.a, batch, row, k)];
        let b = of.b[place(shape.b, batch, k, column)];
        f64::from(a) * f64::from(b)
    };
    let mut value = (0..shape.k).map(term).sum::<f64>() as f32;
    if let Some(c) = shape.epilogue.residual {
        value += of.c[place(c, batch, row, column)];
    }
    if shape.epilogue.bias {
        value += of.bias[column as usize];
    }
    let value = match shape.epilogue.activation {
        None => value,
        Some(Activation::Relu) => value.max(0.0),
        Some(Activation::GeluTanh) => gelu(value.into()) as f32,
    };
    Kind::of_result(shape.result).rounded(value)
}

fn gelu(x: f64) -> f64 {
    let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
    0.5 * x * (1.0 + inner.tanh())
}

/// Draws.
pub struct Random(pub Xoshiro256PlusPlus);

impl Random {
    /// Below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    /// Sixteenths would still be exact in half precision.
    pub fn values(&mut self, count: usize) -> Vec<f32> {
        let one = |_| (self.below(17) as f32 - 8.0) / 4.0;
        (0..count).map(one).collect()
    }

    /// Side by side, one after the other, apart, or the same again.
    fn matrix(&mut self, rows: u64, columns: u64, batch: u64, may_repeat: bool) -> Matrix {
        let transposed = self.below(2) == 1;
        let (lines, width) = match transposed {
            true => (columns, rows),
            false => (rows, columns),
        };
        let apart = width + self.below(4);
        let (leading, stride) = match self.below(if may_repeat { 4 } else { 3 }) {
            0 => (width * batch, width),
            1 => (width, width * lines),
            2 => (apart, apart * lines + self.below(5)),
            _ => (apart, 0),
        };
        let all = Matrix::of_rows(leading).every(stride);
        let all = all.aligned(self.one_of(&[4, 16, 256]));
        if transposed { all.transposed() } else { all }
    }

    /// Of any kind that the library computes.
    pub fn shape(&mut self) -> Shape {
        let [m, n, k] = [(); 3].map(|()| 1 + self.below(7));
        let batch = 1 + self.below(3);
        let (math, result) = self.one_of(&[
            (Math::Fp32, Element::F32),
            (Math::Tf32, Element::F32),
            (Math::Fp16, Element::F16),
            (Math::Fp16, Element::F32),
            (Math::Bf16, Element::Bf16),
            (Math::Bf16, Element::F32),
        ]);
        let d = self.matrix(m, n, batch, false);
        let residual = match self.below(3) {
            0 => None,
            1 => Some(d),
            _ => Some(self.matrix(m, n, batch, true)),
        };
        let activations = [None, Some(Activation::Relu), Some(Activation::GeluTanh)];
        Shape {
            m,
            n,
            k,
            batch: batch as u32,
            math,
            result,
            a: self.matrix(m, k, batch, true),
            b: self.matrix(k, n, batch, true),
            d,
            epilogue: Epilogue {
                bias: !d.transposed && self.below(2) == 1,
                residual: residual.filter(|c| c.transposed == d.transposed),
                activation: self.one_of(&activations),
            },
        }
    }
}
