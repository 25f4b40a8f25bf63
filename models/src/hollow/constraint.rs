//! What must hold between sizes for a graph to run.

use super::variables::Var;

/// A tie between sizes, with the operator that makes it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Constraint {
    /// The position of the operator among those that stay.
    pub operator: usize,
    /// The tie.
    pub tie: Tie,
}

/// What must hold, over sizes or classes of them.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tie<V = Var> {
    /// The total is the sum of its parts.
    Sum { total: V, parts: Vec<V> },
    /// Both products are equal.
    Product { left: Vec<V>, right: Vec<V> },
    /// The output follows from the inputs; `map_axis` is 0 for the rows of a feature map, 1 for its columns.
    Function {
        output: V,
        inputs: Vec<V>,
        rule: Rule,
        map_axis: Option<usize>,
    },
    /// One is no smaller than the other.
    AtLeast { large: V, small: V },
    /// One is no smaller than a number, or as it was where it was smaller.
    Lowest { size: V, bound: i64 },
}

impl<V: Copy> Tie<V> {
    /// The same tie over what `change` makes of each size.
    pub fn map<W>(&self, change: impl Fn(V) -> W) -> Tie<W> {
        let all = |sizes: &[V]| sizes.iter().map(|size| change(*size)).collect();
        match self {
            Self::Sum { total, parts } => Tie::Sum {
                total: change(*total),
                parts: all(parts),
            },
            Self::Product { left, right } => Tie::Product {
                left: all(left),
                right: all(right),
            },
            Self::Function {
                output,
                inputs,
                rule,
                map_axis,
            } => Tie::Function {
                output: change(*output),
                inputs: all(inputs),
                rule: *rule,
                map_axis: *map_axis,
            },
            Self::AtLeast { large, small } => Tie::AtLeast {
                large: change(*large),
                small: change(*small),
            },
            Self::Lowest { size, bound } => Tie::Lowest {
                size: change(*size),
                bound: *bound,
            },
        }
    }

    /// Every size in it, as often as it stands there.
    pub fn sizes(&self) -> Vec<V> {
        match self {
            Self::Sum { total, parts } => [&[*total], parts.as_slice()].concat(),
            Self::Product { left, right } => [left.as_slice(), right].concat(),
            Self::Function { output, inputs, .. } => [&[*output], inputs.as_slice()].concat(),
            Self::AtLeast { large, small } => vec![*large, *small],
            Self::Lowest { size, .. } => vec![*size],
        }
    }
}

/// How a size follows from others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Rule {
    /// Positions of a window that slides over a padded axis.
    Window {
        kernel: i64,
        stride: i64,
        dilation: i64,
        padding: i64,
        ceil: bool,
    },
    /// Positions of a window whose padding is chosen to keep all.
    Same { stride: i64 },
    /// The axis of a transposed convolution.
    Transposed {
        kernel: i64,
        stride: i64,
        dilation: i64,
        padding: i64,
        extra: i64,
    },
    /// A number more, or fewer.
    Plus(i64),
    /// Scaled by a ratio, rounded down.
    Scaled { from: i64, to: i64 },
    /// Each `step`-th from `start` on.
    Every { start: i64, step: i64 },
    /// The whole quotient of the first and the second.
    Quotient,
}

impl Rule {
    /// The output for these inputs; below 1 where there is none.
    pub fn apply(self, inputs: &[i64]) -> i64 {
        let x = inputs.first().copied().unwrap_or(0);
        match self {
            Self::Window {
                kernel,
                stride,
                dilation,
                padding,
                ceil,
            } => {
                let room = x + padding - dilation * (kernel - 1) - 1;
                let round = if ceil { stride - 1 } else { 0 };
                if room < 0 {
                    return 0;
                }
                (room + round) / stride.max(1) + 1
            }
            Self::Same { stride } => (x + stride - 1) / stride.max(1),
            Self::Transposed {
                kernel,
                stride,
                dilation,
                padding,
                extra,
            } => (x - 1) * stride + extra + dilation * (kernel - 1) + 1 - padding,
            Self::Plus(more) => x + more,
            Self::Scaled { from, to } => x * to / from.max(1),
            Self::Every { start, step } => (x - start + step - 1).max(0) / step.max(1),
            Self::Quotient => match inputs.get(1) {
                Some(divisor) if *divisor > 0 => x / divisor,
                _ => 0,
            },
        }
    }

    /// Whether the output always equals the input.
    pub fn is_identity(self) -> bool {
        match self {
            Self::Quotient => false,
            _ => [1, 2, 3, 5, 8, 64].iter().all(|x| self.apply(&[*x]) == *x),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(kernel: i64, stride: i64, padding: i64) -> Rule {
        Rule::Window {
            kernel,
            stride,
            dilation: 1,
            padding,
            ceil: false,
        }
    }

    #[test]
    fn windows_count_their_positions() {
        assert_eq!(window(7, 2, 6).apply(&[224]), 112);
        assert_eq!(window(3, 2, 2).apply(&[112]), 56);
        assert_eq!(window(7, 2, 6).apply(&[1]), 1);
        assert_eq!(window(16, 16, 0).apply(&[15]), 0);
        assert!(window(3, 1, 2).is_identity() && !window(3, 1, 0).is_identity());
    }

    #[test]
    fn other_rules_follow_their_formulas() {
        let up = Rule::Transposed {
            kernel: 4,
            stride: 2,
            dilation: 1,
            padding: 2,
            extra: 0,
        };
        assert_eq!(up.apply(&[8]), 16);
        assert_eq!(Rule::Same { stride: 2 }.apply(&[7]), 4);
        assert_eq!(Rule::Plus(-3).apply(&[8]), 5);
        assert_eq!(Rule::Scaled { from: 7, to: 14 }.apply(&[3]), 6);
        assert_eq!(Rule::Every { start: 1, step: 2 }.apply(&[4]), 2);
        assert_eq!(Rule::Every { start: 3, step: 2 }.apply(&[2]), 0);
        assert_eq!(Rule::Quotient.apply(&[7, 2]), 3);
        assert_eq!(Rule::Quotient.apply(&[7, 0]), 0);
    }
}
