//! Which constants of a file are weights: what a paper counts as parameters.

use std::collections::{BTreeSet, HashMap};

use super::walk::Walk;
use crate::data_type::DataType;
use crate::evaluate::floats;
use crate::graph::{Node, ValueId};
use crate::tensor::Tensor;

/// A constant of the file that serves as a weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weight {
    /// Which value.
    pub value: ValueId,
    /// Its name.
    pub name: String,
    /// Element type as stored.
    pub dtype: DataType,
    /// How many numbers it stands for; more than stored where a few bits each are packed into bytes.
    pub elements: u64,
}

/// The constants, of one axis at least, that reach a weight, bias, scale or table of an operator.
///
/// They reach it directly, or rearranged, cut, joined, cast, dequantised or combined with other constants. Beside an
/// activation, a floating constant of an addition, product or concatenation counts where it has more than one element
/// and is no attention mask (0 and one value of −100 or less). Running means and variances, quantisation's scales and
/// zero points, and constants that only make shapes or tables of angles do not count.
pub(super) fn weights(walk: &Walk) -> Vec<Weight> {
    let mut search = Search {
        walk,
        carried: HashMap::new(),
        packed: HashMap::new(),
        found: BTreeSet::new(),
        masks: HashMap::new(),
    };
    for (value, tensor) in &walk.graph.constants {
        if !tensor.shape().is_empty() {
            search.carried.insert(*value, vec![*value]);
        }
    }
    walk.nodes.iter().for_each(|node| search.visit(node));
    let found = search.found.iter().filter_map(|value| {
        let tensor = walk.graph.constants.get(value)?;
        let stored = tensor.len() as u64;
        Some(Weight {
            value: *value,
            name: walk.graph.name_of(*value).to_owned(),
            dtype: tensor.dtype(),
            elements: search.packed.get(value).copied().unwrap_or(stored),
        })
    });
    found.collect()
}

struct Search<'w> {
    walk: &'w Walk,
    /// The constants of the file that a constant value consists of.
    carried: HashMap<ValueId, Vec<ValueId>>,
    packed: HashMap<ValueId, u64>,
    found: BTreeSet<ValueId>,
    masks: HashMap<ValueId, bool>,
}

/// What an operator does to a constant among its inputs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Weight,
    /// A weight where it stands beside an activation.
    Operand,
    /// A table of which the other input picks rows.
    Table,
    Ignored,
}

impl Search<'_> {
    fn visit(&mut self, node: &Node) {
        let mut inputs = node.inputs.iter().flatten();
        let beside_activation = inputs.any(|input| !self.is_constant(*input));
        for (index, input) in node.inputs.iter().enumerate() {
            let Some(sources) = input.and_then(|input| self.carried.get(&input)).cloned() else {
                continue;
            };
            let counts = match role(node, index) {
                Role::Weight => true,
                Role::Operand => beside_activation && sources.iter().all(|s| self.is_operand(*s)),
                Role::Table => self.is_table(sources[0], beside_activation),
                Role::Ignored => false,
            };
            if counts && self.is_numeric(node, input.unwrap_or(ValueId(0))) {
                self.note_packing(node, index, sources[0]);
                self.found.extend(&sources);
            }
            if carries(node, index, beside_activation) {
                self.carry(node, sources);
            }
        }
    }

    fn carry(&mut self, node: &Node, sources: Vec<ValueId>) {
        for output in node.outputs.iter().flatten() {
            let carried = self.carried.entry(*output).or_default();
            carried.extend(&sources);
            carried.sort_unstable();
            carried.dedup();
            carried.truncate(MOST_SOURCES);
        }
    }

    fn is_constant(&self, value: ValueId) -> bool {
        self.carried.contains_key(&value)
            || self
                .walk
                .known
                .get(&value)
                .is_some_and(|known| known.value.is_some())
    }

    fn is_operand(&mut self, source: ValueId) -> bool {
        let Some(tensor) = self.walk.graph.constants.get(&source) else {
            return false;
        };
        let mask = self.masks.entry(source).or_insert_with(|| is_mask(tensor));
        tensor.len() > 1 && !*mask
    }

    fn is_table(&self, source: ValueId, by_activation: bool) -> bool {
        let tensor = self.walk.graph.constants.get(&source);
        tensor.is_some_and(|tensor| {
            let wide = by_activation || tensor.shape().len() >= 2;
            let bits = tensor.dtype().bits().unwrap_or(0);
            wide && (tensor.dtype().is_float() || bits <= 8) && tensor.dtype() != DataType::Bool
        })
    }

    /// Floating point when it reaches the operator, or an operator on quantised weights.
    fn is_numeric(&self, node: &Node, value: ValueId) -> bool {
        let dtype = self.walk.known.get(&value).and_then(|known| known.dtype);
        is_quantised(&node.op_type)
            || node.op_type == "Gather"
            || dtype.is_some_and(DataType::is_float)
    }

    fn note_packing(&mut self, node: &Node, index: usize, source: ValueId) {
        if node.op_type == "MatMulNBits" && index == 1 {
            let size = |name| u64::try_from(node.int(name).unwrap_or(0)).unwrap_or(0);
            self.packed
                .insert(source, size("K").saturating_mul(size("N")));
        }
    }
}

const MOST_SOURCES: usize = 64;

fn is_quantised(op_type: &str) -> bool {
    op_type.starts_with('Q')
        || matches!(
            op_type,
            "ConvInteger"
                | "MatMulInteger"
                | "DynamicQuantizeMatMul"
                | "MatMulIntegerToFloat"
                | "MatMulNBits"
        )
}

fn role(node: &Node, index: usize) -> Role {
    let weights: &[usize] = match node.op_type.as_str() {
        "MatMul" | "Gemm" | "Einsum" | "FusedMatMul" | "FusedGemm" | "MatMulInteger" => &[0, 1, 2],
        "Conv" | "ConvTranspose" | "FusedConv" | "ConvInteger" => &[1, 2],
        "DeformConv" => &[1, 3],
        "QLinearConv" => &[3, 8],
        "QLinearMatMul" => &[0, 3],
        "QGemm" => &[3, 6],
        "DynamicQuantizeMatMul" => &[1, 4],
        "MatMulIntegerToFloat" => &[1, 6],
        "MatMulNBits" => &[1, 5],
        "QAttention" => &[1, 2],
        "Attention" if node.domain == "com.microsoft" => &[1, 2],
        "MultiHeadAttention" => &[3],
        "BatchNormalization"
        | "InstanceNormalization"
        | "GroupNormalization"
        | "LayerNormalization"
        | "RMSNormalization"
        | "SimplifiedLayerNormalization"
        | "GroupNorm" => &[1, 2],
        "SkipLayerNormalization" | "SkipSimplifiedLayerNormalization" => &[2, 3, 4],
        "EmbedLayerNormalization" => &[2, 3, 4, 5, 6],
        "BiasGelu" | "FastGelu" | "BiasAdd" | "BiasSplitGelu" | "PRelu" => &[1],
        "LSTM" | "GRU" | "RNN" => &[1, 2, 3, 7],
        "Gather" if index == 0 => return Role::Table,
        "Add" | "Sub" | "Mul" | "Div" | "Sum" | "Concat" => return Role::Operand,
        _ => &[],
    };
    match weights.contains(&index) {
        true => Role::Weight,
        false => Role::Ignored,
    }
}

/// Whether the output still consists of the constant at this input.
fn carries(node: &Node, index: usize, beside_activation: bool) -> bool {
    match node.op_type.as_str() {
        "Transpose" | "Reshape" | "Squeeze" | "Unsqueeze" | "Flatten" | "Expand" | "Slice"
        | "Split" | "DequantizeLinear" | "QuantizeLinear" | "Identity" | "Cast" | "Tile" => {
            index == 0
        }
        "Add" | "Sub" | "Mul" | "Div" | "Concat" => !beside_activation,
        _ => false,
    }
}

/// Zeros and one value of −100 or less.
fn is_mask(tensor: &Tensor) -> bool {
    let Some(first) = first_two(tensor) else {
        return false;
    };
    matches!(first.as_slice(), [a, b] if *a <= -100.0 && *b == 0.0 || *b <= -100.0 && *a == 0.0)
}

/// The distinct values where there are two at most.
fn first_two(tensor: &Tensor) -> Option<Vec<f64>> {
    let mut distinct: Vec<f64> = vec![];
    for value in floats(tensor)? {
        if !distinct.contains(&value) {
            distinct.push(value);
            if distinct.len() > 2 {
                return None;
            }
        }
    }
    Some(distinct)
}
