//! Products as their definition says, over the memory that they name.

use half::{bf16, f16};
use tare_adapter_cuda::kernels::{Address, Matrix, Product};
use tare_adapter_cuda::step::Activation;
use tare_models::DataType;

use super::memory::Memory;
use super::sys::{element, set_element};

fn bytes(dtype: DataType) -> u64 {
    if dtype == DataType::F32 { 4 } else { 2 }
}

fn read(at: u64, dtype: DataType) -> f32 {
    let bits = element(at, bytes(dtype));
    match dtype {
        DataType::F16 => f16::from_bits(bits as u16).to_f32(),
        DataType::Bf16 => bf16::from_bits(bits as u16).to_f32(),
        _ => f32::from_bits(bits),
    }
}

fn write(at: u64, dtype: DataType, value: f32) {
    let bits = match dtype {
        DataType::F16 => f16::from_f32(value).to_bits().into(),
        DataType::Bf16 => bf16::from_f32(value).to_bits().into(),
        _ => value.to_bits(),
    };
    set_element(at, bytes(dtype), bits);
}

struct Laid<'m>(&'m Matrix, u64);

impl<'m> Laid<'m> {
    fn new(matrix: &'m Matrix, memory: &Memory) -> Self {
        Self(matrix, memory.address(matrix.at))
    }

    fn at(&self, number: usize, row: usize, column: usize) -> u64 {
        let (along, within) = if self.0.by_columns {
            (column, row)
        } else {
            (row, column)
        };
        let place = number * self.0.apart + along * self.0.pitch + within;
        self.1 + place as u64 * bytes(self.0.dtype)
    }

    fn row(&self, number: usize, row: usize, count: usize) -> Vec<f32> {
        (0..count)
            .map(|column| read(self.at(number, row, column), self.0.dtype))
            .collect()
    }
}

pub fn execute(product: &Product, memory: &mut Memory) {
    let [a, b, d] = [&product.a, &product.b, &product.d].map(|matrix| Laid::new(matrix, memory));
    let residual = product
        .residual
        .as_ref()
        .map(|matrix| Laid::new(matrix, memory));
    let bias: Option<Vec<f32>> = product.bias.map(|at: Address| {
        let (at, dtype) = (memory.address(at), product.d.dtype);
        (0..product.n as u64)
            .map(|column| read(at + column * bytes(dtype), dtype))
            .collect()
    });
    for number in 0..product.batch {
        let rows: Vec<Vec<f32>> = (0..product.k)
            .map(|row| b.row(number, row, product.n))
            .collect();
        for row in 0..product.m {
            let mut sums = bias.clone().unwrap_or_else(|| vec![0.0; product.n]);
            for (factor, values) in a.row(number, row, product.k).iter().zip(&rows) {
                sums.iter_mut()
                    .zip(values)
                    .for_each(|(sum, value)| *sum += factor * value);
            }
            for (column, sum) in sums.into_iter().enumerate() {
                let more = residual.as_ref().map_or(0.0, |matrix| {
                    read(matrix.at(number, row, column), matrix.0.dtype)
                });
                let value = activated(product.activation, sum + more);
                write(d.at(number, row, column), product.d.dtype, value);
            }
        }
    }
}

fn activated(activation: Option<Activation>, x: f32) -> f32 {
    match activation {
        None => x,
        Some(Activation::Relu) => x.max(0.0),
        Some(Activation::GeluTanh) => {
            let inner = (2.0 / std::f32::consts::PI).sqrt() * (x + 0.044_715 * x * x * x);
            0.5 * x * (1.0 + inner.tanh())
        }
        Some(Activation::Gelu) => panic!("no library has GELU by the error function"),
    }
}
