//! Graphs that make no sense: resolving refuses or explains them, and neither panics nor works without bound.
//!
//! Every kind of operator that is known is tried on inputs and attributes drawn at random, extreme ones among them;
//! where `TARE_ONNX_NODE_TESTS` names the folder of ONNX's test data, its node cases are tried with parts changed.

mod sketch;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use sketch::sketch;
use tare_models::facts::render;
use tare_models::{
    Attribute, DataType, Dim, Facts, Graph, Model, Tensor, TensorSpec, ValueId, resolve,
};

struct Chance(Xoshiro256PlusPlus);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        (self.0.next_u64() % limit as u64) as usize
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn number(&mut self) -> i64 {
        match self.one_in(4) {
            true => self.of(&[
                i64::MIN,
                i64::MAX,
                i64::MIN + 1,
                1 << 32,
                -(1 << 31),
                1 << 48,
                1 << 62,
            ]),
            false => self.below(12) as i64 - 4,
        }
    }

    fn size(&mut self) -> usize {
        match self.one_in(16) {
            true => self.of(&[usize::MAX, 1 << 32, 1 << 47, (1 << 31) - 1]),
            false => self.of(&[0, 1, 1, 2, 2, 3, 4, 6, 8]),
        }
    }

    fn numbers(&mut self, most: usize) -> Vec<i64> {
        (0..self.below(most)).map(|_| self.number()).collect()
    }

    fn tensor(&mut self) -> Tensor {
        let rank = self.below(4);
        let shape: Vec<usize> = (0..rank).map(|_| self.below(4)).collect();
        let count: usize = shape.iter().product();
        let values: Vec<i64> = (0..count).map(|_| self.number()).collect();
        let fits = match self.below(4) {
            0 => Tensor::from_values(shape, values.iter().map(|v| *v as f32).collect()),
            1 => Tensor::from_bools(shape, &values.iter().map(|v| *v > 0).collect::<Vec<_>>()),
            2 => Tensor::from_bytes(DataType::I4, shape, vec![0x5a; count.div_ceil(2)].into()),
            _ => Tensor::from_values(shape, values),
        };
        fits.expect("fits")
    }

    fn dtype(&mut self) -> DataType {
        self.of(&[
            DataType::F32,
            DataType::I64,
            DataType::Bool,
            DataType::F16,
            DataType::I4,
            DataType::String,
        ])
    }

    fn attribute(&mut self) -> Attribute {
        match self.below(6) {
            0 | 1 => Attribute::Int(self.number()),
            2 | 3 => Attribute::Ints(self.numbers(6)),
            4 => Attribute::Tensor(self.tensor()),
            _ => Attribute::String(
                self.of(&[
                    "SAME_UPPER",
                    "bidirectional",
                    "ij,jk->ik",
                    "...i->...",
                    "linear",
                ])
                .into(),
            ),
        }
    }
}

const NAMES: &[&str] = &[
    "Abs",
    "Add",
    "AffineGrid",
    "ArgMax",
    "Attention",
    "BatchNormalization",
    "Cast",
    "CenterCropPad",
    "Col2Im",
    "Compress",
    "Concat",
    "ConstantOfShape",
    "Conv",
    "ConvTranspose",
    "CumSum",
    "DFT",
    "DeformConv",
    "DepthToSpace",
    "DequantizeLinear",
    "Det",
    "Div",
    "Dropout",
    "Einsum",
    "Equal",
    "Expand",
    "EyeLike",
    "Flatten",
    "GRU",
    "Gather",
    "GatherElements",
    "GatherND",
    "Gemm",
    "GlobalAveragePool",
    "GridSample",
    "If",
    "LRN",
    "LSTM",
    "LayerNormalization",
    "Loop",
    "MatMul",
    "Max",
    "MaxPool",
    "MaxRoiPool",
    "MaxUnpool",
    "MelWeightMatrix",
    "Mod",
    "Multinomial",
    "NegativeLogLikelihoodLoss",
    "Neg",
    "NonZero",
    "Not",
    "OneHot",
    "PRelu",
    "Pad",
    "Pow",
    "QLinearConv",
    "QLinearMatMul",
    "QuantizeLinear",
    "RandomNormal",
    "Range",
    "ReduceMax",
    "ReduceProd",
    "ReduceSum",
    "Reshape",
    "Resize",
    "RoiAlign",
    "STFT",
    "ScatterElements",
    "ScatterND",
    "Shape",
    "Size",
    "Slice",
    "Softmax",
    "SpaceToDepth",
    "Split",
    "Squeeze",
    "Tile",
    "TopK",
    "Transpose",
    "Trilu",
    "Unsqueeze",
    "Upsample",
    "Where",
];
const FUSED: &[&str] = &[
    "Attention",
    "BiasSplitGelu",
    "EmbedLayerNormalization",
    "FusedConv",
    "FusedGemm",
    "FusedMatMul",
    "GroupQueryAttention",
    "MatMulNBits",
    "MultiHeadAttention",
    "QAttention",
    "QGemm",
    "QLinearConcat",
    "SkipLayerNormalization",
];
const ATTRIBUTES: &[&str] = &[
    "axis",
    "axes",
    "keepdims",
    "perm",
    "pads",
    "strides",
    "dilations",
    "kernel_shape",
    "group",
    "auto_pad",
    "equation",
    "to",
    "value",
    "blocksize",
    "batch_dims",
    "num_outputs",
    "split",
    "starts",
    "ends",
    "num_heads",
    "q_num_heads",
    "kv_num_heads",
    "K",
    "N",
    "qkv_hidden_sizes",
    "direction",
    "layout",
    "output_padding",
    "output_shape",
    "upper",
    "k",
    "mode",
    "shape",
    "start",
    "end",
    "size",
    "sample_size",
    "pooled_shape",
    "output_height",
    "ceil_mode",
    "onesided",
    "transA",
    "transB",
    "scales",
    "noop_with_empty_axes",
];

/// Resolves and counts; what matters is that it returns.
fn survive(graph: &Graph, specs: &[TensorSpec]) -> bool {
    match resolve(graph, specs) {
        Ok(resolved) => {
            let facts = Facts::of(&resolved);
            !render(&facts, true).is_empty()
        }
        Err(error) => error.to_string().is_empty(),
    }
}

fn random_graph(chance: &mut Chance) -> (Graph, Vec<TensorSpec>) {
    let mut graph = sketch().opset(chance.of(&[9, 11, 13, 17, 20, 23]));
    let mut values: Vec<ValueId> = vec![];
    for index in 0..chance.below(7) {
        let name = format!("v{index}");
        values.push(match chance.one_in(2) {
            true => graph.constant(&name, chance.tensor()),
            false => {
                let shape: Vec<usize> = (0..chance.below(6)).map(|_| chance.size()).collect();
                graph.input(&name, chance.dtype(), &shape)
            }
        });
    }
    for _ in 0..1 + chance.below(4) {
        let inputs: Vec<ValueId> = match values.is_empty() {
            true => vec![],
            false => (0..chance.below(6)).map(|_| chance.of(&values)).collect(),
        };
        let attributes: Vec<(&str, Attribute)> = (0..chance.below(6))
            .map(|_| (chance.of(ATTRIBUTES), chance.attribute()))
            .collect();
        let (domain, op_type) = match chance.one_in(5) {
            true => ("com.microsoft", chance.of(FUSED)),
            false => ("", chance.of(NAMES)),
        };
        let count = chance.below(5);
        let outputs = graph.op_of(domain, op_type, &inputs, &attributes, count);
        if chance.one_in(4)
            && let Some(input) = graph
                .graph
                .nodes
                .last_mut()
                .and_then(|node| node.inputs.first_mut())
        {
            *input = None;
        }
        values.extend(outputs);
    }
    values
        .iter()
        .rev()
        .take(3)
        .for_each(|value| graph.output(*value));
    (graph.graph, graph.specs)
}

#[test]
fn operators_on_random_inputs_and_attributes_are_survived() {
    let mut chance = Chance(Xoshiro256PlusPlus::seed_from_u64(7));
    let mut resolved = 0;
    for _ in 0..30_000 {
        let (graph, specs) = random_graph(&mut chance);
        resolved += usize::from(survive(&graph, &specs));
    }
    assert!(
        (2_000..28_000).contains(&resolved),
        "{resolved} of 30,000 made sense"
    );
}

fn node_cases() -> Vec<Graph> {
    let Some(root) = std::env::var_os("TARE_ONNX_NODE_TESTS") else {
        return vec![];
    };
    let folder = std::path::Path::new(&root).join("node");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder named node")
        .flatten()
        .map(|e| e.path())
        .collect();
    paths.sort();
    let models = paths
        .iter()
        .filter_map(|path| Model::open(&path.join("model.onnx")).ok());
    models.map(|model| model.graph().clone()).collect()
}

fn change(graph: &mut Graph, chance: &mut Chance) {
    let node = chance.below(graph.nodes.len());
    let node = &mut graph.nodes[node];
    let name = chance.of(ATTRIBUTES).to_owned();
    let attribute = chance.attribute();
    let existing = node.attributes.values_mut().next();
    match (chance.below(4), existing) {
        (0, Some(existing)) => *existing = attribute,
        (1, _) => drop(node.attributes.insert(name, attribute)),
        (2, _) => drop(node.inputs.pop()),
        _ => node.inputs.reverse(),
    }
}

fn specs(graph: &Graph, chance: &mut Chance) -> Vec<TensorSpec> {
    let inputs = graph.inputs.iter().map(|input| {
        let dims = input.dims.iter().flatten().map(|dim| match dim {
            Dim::Fixed(size) if !chance.one_in(4) => *size,
            _ => chance.size(),
        });
        let shape = dims.collect();
        TensorSpec {
            name: input.name.clone(),
            dtype: input.dtype,
            shape,
        }
    });
    inputs.collect()
}

#[test]
fn node_cases_with_parts_changed_are_survived() {
    let mut chance = Chance(Xoshiro256PlusPlus::seed_from_u64(11));
    for original in node_cases() {
        for _ in 0..20 {
            let mut graph = original.clone();
            graph.inputs.iter_mut().for_each(|input| input.dims = None);
            let specs = specs(&original, &mut chance);
            if !graph.nodes.is_empty() {
                change(&mut graph, &mut chance);
            }
            survive(&graph, &specs);
        }
    }
}
