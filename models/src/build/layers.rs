//! Layers as exporters write them: linear, normalisation, activation, embedding.

use std::f32::consts::{FRAC_2_PI, SQRT_2};

use super::{Attr, Builder, Init, Value};

const BIAS: Init = Init::spread(0.1);

impl Builder {
    /// `x · weight + bias` over the last axis: `MatMul`, `Add`.
    pub fn linear(&mut self, scope: &str, x: &Value, from: usize, to: usize) -> Value {
        self.linear_with_gain(scope, x, from, to, 1.0)
    }

    /// [`Builder::linear`] whose output has `gain` times the input's spread.
    pub fn linear_with_gain(
        &mut self,
        scope: &str,
        x: &Value,
        from: usize,
        to: usize,
        gain: f32,
    ) -> Value {
        self.within(scope, |b| {
            let weight = b.weight("weight", &[from, to], Init::fan_in(from, gain));
            let bias = b.weight("bias", &[to], BIAS);
            let product = b.op("MatMul", &[x, &weight]);
            b.op("Add", &[&product, &bias])
        })
    }

    /// `Gemm` over [rows, `from`] with its weight stored as [`to`, `from`].
    pub fn gemm(&mut self, scope: &str, x: &Value, from: usize, to: usize, gain: f32) -> Value {
        self.within(scope, |b| {
            let weight = b.weight("weight", &[to, from], Init::fan_in(from, gain));
            let bias = b.weight("bias", &[to], BIAS);
            b.op_with("Gemm", &[x, &weight, &bias], &[("transB", Attr::Int(1))])
        })
    }

    /// `LayerNormalization` over the last axis of `size`.
    pub fn layer_norm(&mut self, scope: &str, x: &Value, size: usize, epsilon: f32) -> Value {
        self.within(scope, |b| {
            let weight = b.weight("weight", &[size], Init::around(1.0, 0.1));
            let bias = b.weight("bias", &[size], BIAS);
            let attributes = [("axis", Attr::Int(-1)), ("epsilon", Attr::Float(epsilon))];
            b.op_with("LayerNormalization", &[x, &weight, &bias], &attributes)
        })
    }

    /// Gaussian error linear unit by `Erf`: x · ½ (1 + erf(x / √2)).
    pub fn gelu(&mut self, x: &Value) -> Value {
        let (root, one, half) = (self.scalar(SQRT_2), self.scalar(1.0), self.scalar(0.5));
        let scaled = self.op("Div", &[x, &root]);
        let erf = self.op("Erf", &[&scaled]);
        let shifted = self.op("Add", &[&erf, &one]);
        let product = self.op("Mul", &[x, &shifted]);
        self.op("Mul", &[&product, &half])
    }

    /// The same unit by `Tanh`: x · ½ (1 + tanh(√(2/π) (x + 0.044715 x³))).
    pub fn gelu_tanh(&mut self, x: &Value) -> Value {
        let (three, cubic) = (self.scalar(3.0), self.scalar(0.044_715));
        let (root, one) = (self.scalar(FRAC_2_PI.sqrt()), self.scalar(1.0));
        let half = self.scalar(0.5);
        let halved = self.op("Mul", &[x, &half]);
        let cube = self.op("Pow", &[x, &three]);
        let cube = self.op("Mul", &[&cube, &cubic]);
        let inner = self.op("Add", &[x, &cube]);
        let inner = self.op("Mul", &[&inner, &root]);
        let tanh = self.op("Tanh", &[&inner]);
        let shifted = self.op("Add", &[&tanh, &one]);
        self.op("Mul", &[&halved, &shifted])
    }

    /// Rows of a table [`rows`, `size`] chosen by `indices`.
    pub fn embedding(&mut self, scope: &str, indices: &Value, rows: usize, size: usize) -> Value {
        self.within(scope, |b| {
            let table = b.weight("weight", &[rows, size], Init::spread(1.0));
            b.op("Gather", &[&table, indices])
        })
    }

    /// `Transpose` by this permutation.
    pub fn transpose(&mut self, x: &Value, perm: &[i64]) -> Value {
        self.op_with("Transpose", &[x], &[("perm", Attr::Ints(perm.to_vec()))])
    }

    /// `Reshape` to a constant shape, in which 0 keeps the axis.
    pub fn reshape(&mut self, x: &Value, shape: &[i64]) -> Value {
        let shape = self.ints(shape);
        self.op("Reshape", &[x, &shape])
    }

    /// The size of one axis as a vector of one element: `Shape`, `Gather`, `Unsqueeze`.
    pub fn size_of(&mut self, x: &Value, axis: i64) -> Value {
        let (index, zero) = (self.index(axis), self.ints(&[0]));
        let shape = self.op("Shape", &[x]);
        let size = self.op("Gather", &[&shape, &index]);
        self.op("Unsqueeze", &[&size, &zero])
    }
}
