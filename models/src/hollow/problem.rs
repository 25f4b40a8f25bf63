//! The problem that a twin solves: sizes, what ties them, and what in the file follows from them.

use std::collections::{BTreeMap, HashMap};

use crate::graph::{Declared, Dim};

use super::constraint::{Constraint, Rule, Tie};
use super::observe::{Observed, TensorId};
use super::variables::{Var, Variables};

/// An attribute that is rewritten to sizes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rewrite {
    /// The operator's position.
    pub operator: usize,
    /// Which attribute.
    pub name: &'static str,
    /// A list, or the one number of an integer.
    pub sizes: Vec<Var>,
}

/// Sizes of all tensors and their ties.
#[derive(Debug, Clone, Default)]
pub(super) struct Problem {
    pub variables: Variables,
    /// The axes of each tensor, by its number; `None` where its shape is not known.
    pub dims: Vec<Option<Vec<Var>>>,
    /// What each element of a tensor that carries shapes stands for.
    pub tags: HashMap<TensorId, Vec<Option<Var>>>,
    pub constraints: Vec<Constraint>,
    /// Channels of convolutions.
    pub channels: Vec<Var>,
    pub rewrites: Vec<Rewrite>,
    /// Constant indices, with the size that they must stay below.
    pub clips: BTreeMap<TensorId, Var>,
    /// Operators that no ties are known of, by position, and why: all about them stays.
    pub opaque: BTreeMap<usize, Opaque>,
    /// The operator whose ties are being added.
    pub current: usize,
}

/// Why no ties of an operator are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Opaque {
    /// There is no rule for it, or for the form that it has.
    Rule,
    /// The rank of something that it reads or writes is not known.
    Shapes,
}

impl Problem {
    /// With a size for each axis, and no ties but those of the inputs' symbols.
    pub fn new(observed: &Observed) -> Self {
        let mut problem = Self::default();
        for seen in &observed.tensors {
            let shape = seen.shape.as_ref();
            let dims = shape.map(|shape| {
                let sizes = shape.iter();
                sizes.map(|size| problem.variables.dim(*size)).collect()
            });
            problem.dims.push(dims);
            let packed = seen.dtype.and_then(|dtype| dtype.bits());
            if seen.constant.is_some() && packed.is_none_or(|bits| bits % 8 != 0) {
                problem.pin_tensor(TensorId(problem.dims.len() - 1));
            }
        }
        problem.tie_symbols(observed);
        for tensor in &observed.kept {
            problem.pin_tensor(*tensor);
        }
        problem
    }

    /// The axes of a tensor; none where its shape is not known.
    pub fn axes(&self, tensor: TensorId) -> &[Var] {
        self.dims[tensor.0].as_deref().unwrap_or_default()
    }

    /// What a size was.
    pub fn was(&self, var: Var) -> i64 {
        self.variables.original(var)
    }

    /// A number that stays.
    pub fn fixed(&mut self, number: i64) -> Var {
        self.variables.fixed(number)
    }

    /// A size that belongs to no tensor.
    pub fn free(&mut self, original: i64) -> Var {
        self.variables.dim(original)
    }

    pub fn unite(&mut self, one: Var, other: Var) {
        self.variables.unite(one, other);
    }

    /// Where they were equal and above 1.
    pub fn unite_equal(&mut self, one: Var, other: Var) {
        if self.was(one) == self.was(other) {
            self.unite(one, other);
        }
    }

    /// Pairs of axes, as many as both have.
    pub fn unite_all(&mut self, ones: &[Var], others: &[Var]) {
        for (one, other) in ones.iter().zip(others) {
            self.unite(*one, *other);
        }
    }

    pub fn pin(&mut self, vars: &[Var]) {
        vars.iter().for_each(|var| self.variables.pin(*var));
    }

    /// Keeps a tensor's shape, and its elements where they are sizes.
    pub fn pin_tensor(&mut self, tensor: TensorId) {
        let vars = self.vars_of(tensor);
        self.pin(&vars);
    }

    /// The sizes that a tensor's shape and elements stand for.
    pub fn vars_of(&self, tensor: TensorId) -> Vec<Var> {
        let tags = self.tags.get(&tensor).into_iter().flatten().flatten();
        self.axes(tensor).iter().chain(tags).copied().collect()
    }

    pub fn sum(&mut self, total: Var, parts: Vec<Var>) {
        self.add(Tie::Sum { total, parts });
    }

    pub fn product(&mut self, left: Vec<Var>, right: Vec<Var>) {
        self.add(Tie::Product { left, right });
    }

    /// A size that is `rule` of another; equality where that is all it says, both pinned where it does not hold.
    pub fn follow(&mut self, output: Var, input: Var, rule: Rule) {
        self.follow_on_map(output, input, rule, None);
    }

    /// As [`Problem::follow`], for an axis of a feature map: 0 its rows, 1 its columns.
    pub fn follow_on_map(&mut self, output: Var, input: Var, rule: Rule, axis: Option<usize>) {
        if rule.apply(&[self.was(input)]) != self.was(output) {
            self.pin(&[output, input]);
        } else if rule.is_identity() {
            self.unite(output, input);
        } else {
            self.function(output, vec![input], rule, axis);
        }
    }

    pub fn function(&mut self, output: Var, inputs: Vec<Var>, rule: Rule, map_axis: Option<usize>) {
        self.add(Tie::Function {
            output,
            inputs,
            rule,
            map_axis,
        });
    }

    pub fn at_least(&mut self, large: Var, small: Var) {
        self.add(Tie::AtLeast { large, small });
    }

    pub fn lowest(&mut self, size: Var, bound: i64) {
        self.add(Tie::Lowest { size, bound });
    }

    /// An attribute of the current operator that follows sizes.
    pub fn rewrite(&mut self, name: &'static str, sizes: Vec<Var>) {
        self.rewrites.push(Rewrite {
            operator: self.current,
            name,
            sizes,
        });
    }

    fn add(&mut self, tie: Tie) {
        self.constraints.push(Constraint {
            operator: self.current,
            tie,
        });
    }

    fn tie_symbols(&mut self, observed: &Observed) {
        let mut first: BTreeMap<String, Var> = BTreeMap::new();
        let inputs: Vec<(&Declared, TensorId)> = (observed.graph.inputs.iter())
            .zip(observed.inputs.iter().copied())
            .collect();
        for (declared, tensor) in &inputs {
            let axes = self.axes(*tensor).to_vec();
            for (dim, axis) in declared.dims.iter().flatten().zip(axes) {
                let Dim::Symbol(symbol) = dim else { continue };
                match first.get(symbol) {
                    Some(known) => self.unite(*known, axis),
                    None => drop(first.insert(symbol.clone(), axis)),
                }
            }
        }
        let sums: Vec<String> = first
            .keys()
            .filter(|name| name.contains('+'))
            .cloned()
            .collect();
        for symbol in sums {
            self.tie_sum(&symbol, &first);
        }
    }

    /// A symbol that is a sum, such as `past + seq`, follows its terms.
    fn tie_sum(&mut self, symbol: &str, known: &BTreeMap<String, Var>) {
        let terms = symbol.split('+').map(str::trim);
        let parts = terms.map(|term| match (known.get(term), term.parse()) {
            (Some(var), _) => Some(*var),
            (None, Ok(number)) => Some(self.fixed(number)),
            _ => None,
        });
        match parts.collect::<Option<Vec<_>>>() {
            Some(parts) => self.sum(known[symbol], parts),
            None => self.pin(&[known[symbol]]),
        }
    }
}
