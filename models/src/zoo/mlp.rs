//! Multi-layer perceptron: `depth` linear layers of one `width` with rectifiers between them.

use super::options::Options;
use super::{Blueprint, Entry, ZooError};
use crate::build::{Builder, Value};
use crate::data_type::DataType;
use crate::graph::Dim;

pub(super) const MLP: Entry = Entry {
    name: "mlp",
    summary: "multi-layer perceptron, linear layers of one width with rectifiers between them",
    parameters: 1_050_624,
    symbols: &[("batch", 1)],
    rung: 2,
    plan,
};

#[derive(Debug, Clone, Copy)]
struct Mlp {
    width: usize,
    depth: usize,
}

fn plan(options: &mut Options) -> Result<Box<dyn Blueprint>, ZooError> {
    Ok(Box::new(Mlp {
        width: options.size("width", 512, 65_536)?,
        depth: options.size("depth", 4, 1_000)?,
    }))
}

impl Blueprint for Mlp {
    fn hollow(&self, rung: usize) -> Box<dyn Blueprint> {
        Box::new(Self {
            width: self.width.min(rung),
            ..*self
        })
    }

    fn draw(&self, graph: &mut Builder) {
        let dims = [Dim::Symbol("batch".into()), Dim::Fixed(self.width)];
        let input = graph.input("input", DataType::F32, &dims);
        let output = (0..self.depth).fold(input, |x, layer| self.layer(graph, &x, layer));
        graph.output("output", &output, &dims);
    }
}

impl Mlp {
    fn layer(&self, graph: &mut Builder, x: &Value, layer: usize) -> Value {
        let last = layer + 1 == self.depth;
        graph.within(format!("layers.{layer}"), |b| {
            let gain = if last { 1.0 } else { std::f32::consts::SQRT_2 };
            let y = b.gemm("linear", x, self.width, self.width, gain);
            if last { y } else { b.op("Relu", &[&y]) }
        })
    }
}
