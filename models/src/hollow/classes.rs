//! A problem over classes of equal sizes, ready to be solved at a rung.

use std::collections::BTreeSet;

use super::constraint::Tie;
use super::problem::Problem;
use super::rung::Rung;
use super::variables::{Var, Variables};

/// The classes of a problem by number, and the ties between them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Classes {
    /// The class of each size.
    pub of: Vec<usize>,
    /// What the sizes of each class were.
    pub originals: Vec<i64>,
    /// Whether a class keeps its size.
    pub fixed: Vec<bool>,
    /// The size that each class wants: the rung's, or what something needs.
    pub wanted: Vec<i64>,
    /// Totals, products and functions of others: these are chosen last.
    pub derived: Vec<bool>,
    /// Each with the operator that makes it.
    pub ties: Vec<(usize, Tie<usize>)>,
    /// The least rows and columns of maps.
    pub least_map: [i64; 2],
}

impl Classes {
    /// Of `problem` at `rung`, with what is pinned besides.
    pub fn new(problem: &Problem, rung: Rung, pinned: &BTreeSet<Var>) -> Self {
        let mut variables = problem.variables.clone();
        if rung.is_tied() {
            variables.unite_by_size();
        }
        let numbers = numbers(&variables);
        let class = |var: Var| numbers[variables.class(var).0 as usize];
        let of: Vec<usize> = variables.all().map(class).collect();
        let count = of.iter().max().map_or(0, |most| most + 1);
        let ties = problem.constraints.iter();
        let ties = ties.map(|constraint| (constraint.operator, constraint.tie.map(class)));
        let mut classes = Self {
            originals: vec![0; count],
            fixed: vec![false; count],
            wanted: vec![0; count],
            derived: vec![false; count],
            ties: ties
                .filter_map(|(operator, tie)| Some((operator, reduced(tie)?)))
                .collect(),
            least_map: rung.least_map(),
            of,
        };
        let is_dim = classes.gather(&variables, pinned);
        classes.fix_constants(&is_dim);
        classes.want(problem, rung);
        classes.note_derived();
        classes
    }

    /// Fills in originals and what is pinned; returns which classes are sizes of axes.
    fn gather(&mut self, variables: &Variables, pinned: &BTreeSet<Var>) -> Vec<bool> {
        let mut is_dim = vec![false; self.originals.len()];
        for var in variables.all() {
            let class = self.of[var.0 as usize];
            self.originals[class] = variables.original(var);
            self.fixed[class] |= variables.is_pinned(var) || pinned.contains(&var);
            is_dim[class] |= variables.is_dim(var);
        }
        is_dim
    }

    /// Numbers that are no size of an axis and that no tie derives stay.
    fn fix_constants(&mut self, is_dim: &[bool]) {
        let mut is_derived = is_dim.to_vec();
        for (_, tie) in &self.ties {
            match tie {
                Tie::Function { output, .. } => is_derived[*output] = true,
                Tie::Sum { .. } | Tie::Product { .. } => {
                    tie.sizes()
                        .into_iter()
                        .for_each(|class| is_derived[class] = true);
                }
                Tie::AtLeast { .. } | Tie::Lowest { .. } => {}
            }
        }
        for (fixed, is_derived) in self.fixed.iter_mut().zip(is_derived) {
            *fixed |= !is_derived;
        }
    }

    fn want(&mut self, problem: &Problem, rung: Rung) {
        let mut is_channel = vec![false; self.originals.len()];
        for var in &problem.channels {
            is_channel[self.of[var.0 as usize]] = true;
        }
        let classes = self.originals.iter().zip(is_channel);
        self.wanted = classes
            .map(|(original, is_channel)| rung.wants(*original, is_channel))
            .collect();
        if rung.is_distinct() {
            self.spread(&problem.variables);
        }
        for (_, tie) in &self.ties {
            if let Tie::Lowest { size, bound } = tie {
                let needed = self.wanted[*size].max(*bound);
                self.wanted[*size] = needed.min(self.originals[*size]);
            }
        }
    }

    /// Gives each size that stands in a constant one more than the next smaller has.
    fn spread(&mut self, variables: &Variables) {
        let numbers = variables.all().filter(|var| !variables.is_dim(*var));
        let classes: BTreeSet<usize> = numbers.map(|var| self.of[var.0 as usize]).collect();
        let free = classes.into_iter().filter(|class| !self.fixed[*class]);
        let free: Vec<usize> = free.collect();
        let sizes: BTreeSet<i64> = free.iter().map(|class| self.originals[*class]).collect();
        let sizes: Vec<i64> = sizes.into_iter().collect();
        for class in free {
            let original = self.originals[class];
            let rank = sizes.partition_point(|size| *size < original) as i64;
            self.wanted[class] = (self.wanted[class] + rank).min(original);
        }
    }

    fn note_derived(&mut self) {
        for (_, tie) in &self.ties {
            match tie {
                Tie::Sum { total: class, .. } | Tie::Function { output: class, .. } => {
                    self.derived[*class] = true;
                }
                Tie::Product { left, right } => match (left.as_slice(), right.as_slice()) {
                    ([one], _) | (_, [one]) => self.derived[*one] = true,
                    _ => {}
                },
                Tie::AtLeast { .. } | Tie::Lowest { .. } => {}
            }
        }
    }
}

/// A number for each class, by the size that stands for it.
fn numbers(variables: &Variables) -> Vec<usize> {
    let mut numbers = vec![0; variables.len()];
    let stand = variables.all().filter(|var| variables.class(*var) == *var);
    for (number, var) in stand.enumerate() {
        numbers[var.0 as usize] = number;
    }
    numbers
}

/// Without what stands on both sides; `None` where nothing is left.
fn reduced(tie: Tie<usize>) -> Option<Tie<usize>> {
    let Tie::Product {
        mut left,
        mut right,
    } = tie
    else {
        return Some(tie);
    };
    left.retain(
        |class| match right.iter().position(|other| other == class) {
            Some(place) => {
                right.swap_remove(place);
                false
            }
            None => true,
        },
    );
    let is_empty = left.is_empty() && right.is_empty();
    (!is_empty).then_some(Tie::Product { left, right })
}
