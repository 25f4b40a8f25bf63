//! What image models share: convolutions with batch normalisation, and bounds of their options.

use crate::build::{Attr, Builder, Init, Value};

/// The greatest number of classes.
pub(super) const MOST_CLASSES: usize = 1_048_576;

/// A square convolution kernel; it is padded by half its size.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kernel {
    pub from: usize,
    pub to: usize,
    pub size: usize,
    pub stride: usize,
}

impl Kernel {
    pub fn fan_in(self) -> usize {
        self.from * self.size * self.size
    }

    pub fn weight(self, b: &mut Builder, gain: f32) -> Value {
        let shape = [self.to, self.from, self.size, self.size];
        b.weight("weight", &shape, Init::fan_in(self.fan_in(), gain))
    }

    /// The attributes of a `Conv` that pads by `padding` on every side.
    pub fn attributes(self, padding: usize) -> [(&'static str, Attr); 5] {
        [
            ("dilations", Attr::Ints(vec![1, 1])),
            ("group", Attr::Int(1)),
            ("kernel_shape", Attr::Ints(vec![self.size as i64; 2])),
            ("pads", Attr::Ints(vec![padding as i64; 4])),
            ("strides", Attr::Ints(vec![self.stride as i64; 2])),
        ]
    }
}

/// `Conv` without bias, then `BatchNormalization` whose scale is about `scale`.
pub(super) fn normed_conv(
    b: &mut Builder,
    [conv, norm]: [&str; 2],
    x: &Value,
    kernel: Kernel,
    scale: f32,
) -> Value {
    let y = b.within(conv, |b| {
        let weight = kernel.weight(b, std::f32::consts::SQRT_2);
        b.op_with("Conv", &[x, &weight], &kernel.attributes(kernel.size / 2))
    });
    b.within(norm, |b| batch_norm(b, &y, kernel.to, scale))
}

fn batch_norm(b: &mut Builder, x: &Value, channels: usize, scale: f32) -> Value {
    let shape = [channels];
    let weight = b.weight("weight", &shape, Init::around(scale, 0.1 * scale));
    let bias = b.weight("bias", &shape, Init::spread(0.1));
    let mean = b.weight("running_mean", &shape, Init::spread(0.1));
    let variance = b.weight("running_var", &shape, Init::around(1.0, 0.1));
    let attributes = [
        ("epsilon", Attr::Float(1e-5)),
        ("momentum", Attr::Float(0.9)),
    ];
    b.op_with(
        "BatchNormalization",
        &[x, &weight, &bias, &mean, &variance],
        &attributes,
    )
}
