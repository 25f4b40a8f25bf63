//! Vision transformer: patches by one convolution, a class token, learned positions, normalisation first.

use super::attention::{Heads, weigh};
use super::image::{self, Kernel};
use super::options::Options;
use super::text::first_token;
use super::{Blueprint, Entry, ZooError};
use crate::build::{Attr, Builder, Init, Value};
use crate::data_type::DataType;
use crate::graph::Dim;

const EPSILON: f32 = 1e-6;

pub(super) const B32: Entry = Entry {
    name: "vit-b-32",
    summary: "vision transformer, 12 layers of 768 over 32×32 patches",
    parameters: 88_224_232,
    symbols: &[("batch", 1)],
    rung: 2,
    plan,
};

#[derive(Debug, Clone, Copy)]
struct Vit {
    layers: usize,
    heads: Heads,
    intermediate: usize,
    colours: usize,
    patch: usize,
    /// Patches along each side of the image.
    grid: usize,
    classes: usize,
}

fn plan(options: &mut Options) -> Result<Box<dyn Blueprint>, ZooError> {
    let layers = options.size("layers", 12, 1_000)?;
    let hidden = options.size("hidden", 768, 65_536)?;
    let heads = options.size("heads", 12, 1_024)?;
    options.divides("hidden", hidden, "heads", heads)?;
    Ok(Box::new(Vit {
        layers,
        heads: Heads {
            count: heads,
            width: hidden / heads,
        },
        intermediate: hidden * 4,
        colours: 3,
        patch: 32,
        grid: 7,
        classes: options.size("classes", 1_000, image::MOST_CLASSES)?,
    }))
}

impl Blueprint for Vit {
    fn hollow(&self, rung: usize) -> Box<dyn Blueprint> {
        let heads = Heads {
            count: self.heads.count.min(rung),
            width: self.heads.width.min(rung),
        };
        Box::new(Self {
            layers: self.layers,
            heads,
            intermediate: self.intermediate.min(rung),
            colours: self.colours.min(rung),
            patch: self.patch.min(rung),
            grid: self.grid.min(rung),
            classes: self.classes.min(rung),
        })
    }

    fn draw(&self, graph: &mut Builder) {
        let batch = Dim::Symbol("batch".into());
        let side = Dim::Fixed(self.grid * self.patch);
        let dims = [batch.clone(), Dim::Fixed(self.colours), side.clone(), side];
        let input = graph.input("input", DataType::F32, &dims);
        let patches = self.patches(graph, &input);
        let embedded = self.embed(graph, &input, &patches);
        let encoded = (0..self.layers).fold(embedded, |x, index| {
            let scope = format!("encoder.layers.encoder_layer_{index}");
            graph.within(scope, |b| self.layer(b, &x))
        });
        let hidden = self.hidden();
        let normed = graph.layer_norm("encoder.ln", &encoded, hidden, EPSILON);
        let class = first_token(graph, &normed);
        let output = graph.gemm("heads.head", &class, hidden, self.classes, 1.0);
        graph.output("output", &output, &[batch, Dim::Fixed(self.classes)]);
    }
}

impl Vit {
    fn hidden(&self) -> usize {
        self.heads.count * self.heads.width
    }

    /// [batch, patches, hidden].
    fn patches(&self, b: &mut Builder, input: &Value) -> Value {
        let (hidden, count) = (self.hidden(), self.grid * self.grid);
        let kernel = Kernel {
            from: self.colours,
            to: hidden,
            size: self.patch,
            stride: self.patch,
        };
        b.within("conv_proj", |b| {
            let weight = kernel.weight(b, 1.0);
            let bias = b.weight("bias", &[hidden], Init::spread(0.1));
            let map = b.op_with("Conv", &[input, &weight, &bias], &kernel.attributes(0));
            let flat = b.reshape(&map, &[0, hidden as i64, count as i64]);
            b.transpose(&flat, &[0, 2, 1])
        })
    }

    /// The class token before the patches, with positions added: [batch, 1 + patches, hidden].
    fn embed(&self, b: &mut Builder, input: &Value, patches: &Value) -> Value {
        let (hidden, count) = (self.hidden(), 1 + self.grid * self.grid);
        let token = b.weight("class_token", &[1, 1, hidden], Init::spread(0.5));
        let (one, last) = (b.ints(&[1]), b.ints(&[hidden as i64]));
        let batch = b.size_of(input, 0);
        let shape = b.op_with("Concat", &[&batch, &one, &last], &[("axis", Attr::Int(0))]);
        let token = b.op("Expand", &[&token, &shape]);
        let tokens = b.op_with("Concat", &[&token, patches], &[("axis", Attr::Int(1))]);
        let positions = b.weight(
            "encoder.pos_embedding",
            &[1, count, hidden],
            Init::spread(0.5),
        );
        b.op("Add", &[&tokens, &positions])
    }

    fn layer(&self, b: &mut Builder, x: &Value) -> Value {
        let (hidden, damped) = (self.hidden(), 1.0 / (2.0 * self.layers as f32).sqrt());
        let normed = b.layer_norm("ln_1", x, hidden, EPSILON);
        let attended = b.within("self_attention", |b| {
            let context = self.attention(b, &normed);
            b.linear_with_gain("out_proj", &context, hidden, hidden, damped)
        });
        let x = b.op("Add", &[&attended, x]);
        let normed = b.layer_norm("ln_2", &x, hidden, EPSILON);
        let fed = b.within("mlp", |b| {
            let inner = b.linear("0", &normed, hidden, self.intermediate);
            let inner = b.gelu(&inner);
            b.linear_with_gain("3", &inner, self.intermediate, hidden, damped)
        });
        b.op("Add", &[&x, &fed])
    }

    /// Attention over one packed projection, unpacked on a leading axis of 3.
    fn attention(&self, b: &mut Builder, x: &Value) -> Value {
        let (hidden, heads) = (self.hidden(), self.heads);
        let packed = b.linear("in_proj", x, hidden, 3 * hidden);
        let packed = b.reshape(&packed, &[0, 0, 3, heads.count as i64, heads.width as i64]);
        let packed = b.transpose(&packed, &[2, 0, 3, 1, 4]);
        let [q, k, v] = [0, 1, 2].map(|part| {
            let part = b.index(part);
            b.op_with("Gather", &[&packed, &part], &[("axis", Attr::Int(0))])
        });
        let scale = b.scalar(1.0 / heads.root());
        let q = b.op("Mul", &[&q, &scale]);
        let k = b.transpose(&k, &[0, 1, 3, 2]);
        let scores = b.op("MatMul", &[&q, &k]);
        let context = weigh(b, &scores, &v);
        heads.join(b, &context)
    }
}
