//! ResNet v1.5 as in torchvision: the stride of a bottleneck is in its 3×3 convolution.

use std::f32::consts::SQRT_2;

use super::image::{self, Kernel, normed_conv};
use super::options::Options;
use super::{Blueprint, Entry, ZooError, form};
use crate::build::{Attr, Builder, Value};
use crate::data_type::DataType;
use crate::graph::Dim;

/// The scale of the last normalisation of a block, so that residual sums keep their spread.
const DAMPED: f32 = 0.25;

macro_rules! entry {
    ($name:literal, $summary:literal, $parameters:literal, $block:expr, $stages:expr) => {
        Entry {
            name: $name,
            summary: $summary,
            parameters: $parameters,
            symbols: &[("batch", 1), ("height", 224), ("width", 224)],
            rung: 16,
            plan: |options| plan($block, $stages, options),
        }
    };
}

const BASIC: Block = Block {
    bottleneck: false,
    widening: 1,
};
const BOTTLENECK: Block = Block {
    bottleneck: true,
    widening: 1,
};
const WIDE: Block = Block {
    bottleneck: true,
    widening: 2,
};

pub(super) const R18: Entry = entry!(
    "resnet-18",
    "ResNet, 18 layers in basic blocks",
    11_689_512,
    BASIC,
    [2, 2, 2, 2]
);
pub(super) const R50: Entry = entry!(
    "resnet-50",
    "ResNet v1.5, 50 layers in bottlenecks",
    25_557_032,
    BOTTLENECK,
    [3, 4, 6, 3]
);
pub(super) const R101: Entry = entry!(
    "resnet-101",
    "ResNet v1.5, 101 layers in bottlenecks",
    44_549_160,
    BOTTLENECK,
    [3, 4, 23, 3]
);
pub(super) const R152: Entry = entry!(
    "resnet-152",
    "ResNet v1.5, 152 layers in bottlenecks",
    60_192_808,
    BOTTLENECK,
    [3, 8, 36, 3]
);
pub(super) const WIDE_50_2: Entry = entry!(
    "wide-resnet-50-2",
    "ResNet-50 with bottlenecks twice as wide",
    68_883_240,
    WIDE,
    [3, 4, 6, 3]
);

#[derive(Debug, Clone, Copy)]
struct Block {
    bottleneck: bool,
    widening: usize,
}

/// The channels of a stage: within its blocks and between them.
#[derive(Debug, Clone, Copy)]
struct Stage {
    blocks: usize,
    inner: usize,
    outer: usize,
    stride: usize,
    /// Whether its first block projects the residual.
    projects: bool,
}

#[derive(Debug, Clone, Copy)]
struct ResNet {
    bottleneck: bool,
    colours: usize,
    stem: usize,
    stages: [Stage; 4],
    classes: usize,
}

fn plan(
    block: Block,
    blocks: [usize; 4],
    options: &mut Options,
) -> Result<Box<dyn Blueprint>, ZooError> {
    let stage = |index: usize| {
        let planes = 64 << index;
        Stage {
            blocks: blocks[index],
            inner: planes * block.widening,
            outer: if block.bottleneck { planes * 4 } else { planes },
            stride: if index == 0 { 1 } else { 2 },
            projects: index > 0 || block.bottleneck,
        }
    };
    Ok(Box::new(ResNet {
        bottleneck: block.bottleneck,
        colours: 3,
        stem: 64,
        stages: [0, 1, 2, 3].map(stage),
        classes: options.size("classes", 1_000, image::MOST_CLASSES)?,
    }))
}

impl Blueprint for ResNet {
    fn hollow(&self, rung: usize) -> Box<dyn Blueprint> {
        let stage = |stage: Stage| Stage {
            inner: form::channels(stage.inner, rung),
            outer: form::channels(stage.outer, rung),
            ..stage
        };
        Box::new(Self {
            colours: form::channels(self.colours, rung),
            stem: form::channels(self.stem, rung),
            stages: self.stages.map(stage),
            classes: self.classes.min(2),
            ..*self
        })
    }

    fn draw(&self, graph: &mut Builder) {
        let [batch, height, width] =
            ["batch", "height", "width"].map(|name| Dim::Symbol(name.into()));
        let dims = [batch.clone(), Dim::Fixed(self.colours), height, width];
        let input = graph.input("input", DataType::F32, &dims);
        let stem = self.stem(graph, &input);
        let mut from = self.stem;
        let features = self
            .stages
            .iter()
            .zip(1..)
            .fold(stem, |x, (stage, number)| {
                let y = graph.within(format!("layer{number}"), |b| self.stage(b, &x, stage, from));
                from = stage.outer;
                y
            });
        let pooled = graph.op("GlobalAveragePool", &[&features]);
        let flat = graph.op_with("Flatten", &[&pooled], &[("axis", Attr::Int(1))]);
        let output = graph.gemm("fc", &flat, from, self.classes, 1.0);
        graph.output("output", &output, &[batch, Dim::Fixed(self.classes)]);
    }
}

impl ResNet {
    fn stem(&self, b: &mut Builder, input: &Value) -> Value {
        let kernel = Kernel {
            from: self.colours,
            to: self.stem,
            size: 7,
            stride: 2,
        };
        let x = normed_conv(b, ["conv1", "bn1"], input, kernel, 1.0 / SQRT_2);
        let x = b.op("Relu", &[&x]);
        let attributes = [
            ("ceil_mode", Attr::Int(0)),
            ("kernel_shape", Attr::Ints(vec![3, 3])),
            ("pads", Attr::Ints(vec![1; 4])),
            ("strides", Attr::Ints(vec![2, 2])),
        ];
        b.op_with("MaxPool", &[&x], &attributes)
    }

    fn stage(&self, b: &mut Builder, x: &Value, stage: &Stage, from: usize) -> Value {
        let first = b.within("0", |b| self.block(b, x, stage, Some(from)));
        (1..stage.blocks).fold(first, |x, index| {
            b.within(index.to_string(), |b| self.block(b, &x, stage, None))
        })
    }

    /// A block; `first` has the channels that come in where it is the first of its stage.
    fn block(&self, b: &mut Builder, x: &Value, stage: &Stage, first: Option<usize>) -> Value {
        let (from, stride) = first.map_or((stage.outer, 1), |from| (from, stage.stride));
        let kernels = self.kernels(stage, from, stride);
        let last = kernels.len();
        let mut y = x.clone();
        for (kernel, number) in kernels.into_iter().zip(1..) {
            let scale = if number == last { DAMPED } else { 1.0 };
            let names = [format!("conv{number}"), format!("bn{number}")];
            y = normed_conv(b, names.each_ref().map(String::as_str), &y, kernel, scale);
            if number < last {
                y = b.op("Relu", &[&y]);
            }
        }
        let residual = match first {
            Some(from) if stage.projects => {
                let kernel = Kernel {
                    from,
                    to: stage.outer,
                    size: 1,
                    stride,
                };
                normed_conv(b, ["downsample.0", "downsample.1"], x, kernel, 1.0 / SQRT_2)
            }
            _ => x.clone(),
        };
        let sum = b.op("Add", &[&y, &residual]);
        b.op("Relu", &[&sum])
    }

    fn kernels(&self, stage: &Stage, from: usize, stride: usize) -> Vec<Kernel> {
        let Stage { inner, outer, .. } = *stage;
        match self.bottleneck {
            false => vec![
                Kernel {
                    from,
                    to: inner,
                    size: 3,
                    stride,
                },
                Kernel {
                    from: inner,
                    to: outer,
                    size: 3,
                    stride: 1,
                },
            ],
            true => vec![
                Kernel {
                    from,
                    to: inner,
                    size: 1,
                    stride: 1,
                },
                Kernel {
                    from: inner,
                    to: inner,
                    size: 3,
                    stride,
                },
                Kernel {
                    from: inner,
                    to: outer,
                    size: 1,
                    stride: 1,
                },
            ],
        }
    }
}
