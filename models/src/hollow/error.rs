//! Why a model has no hollow twin.

use crate::read::ModelError;
use crate::resolve::ResolveError;

use super::constraint::Tie;
use super::observe::{Observed, TensorId};
use super::solve::Unsolved;
use super::verify::Deviation;

const REMEDY: &str = "weigh it by the dispatch law instead, or try other shapes";

/// Why a model has no hollow twin.
#[derive(Debug, thiserror::Error)]
pub enum NoTwin {
    /// Inputs that do not fit the model.
    #[error(transparent)]
    Inputs(#[from] ResolveError),
    /// The model's functions cannot be inlined, or the twin is no model.
    #[error("a file that cannot be read: {0}")]
    File(#[from] ModelError),
    /// No sizes meet what an operator asks for.
    #[error("no sizes meet what the operator '{node}' ({op_type}) ties: {tie}; {REMEDY}")]
    Unsolved {
        /// The operator.
        node: String,
        /// Its kind.
        op_type: String,
        /// The tie with the sizes that broke it.
        tie: String,
    },
    /// The twin keeps coming out other than solved.
    #[error("the operator '{node}' ({op_type}) does not come out as solved: {what}; {REMEDY}")]
    Unstable {
        /// The operator.
        node: String,
        /// Its kind.
        op_type: String,
        /// What came out.
        what: String,
    },
    /// A constant whose elements cannot be taken apart.
    #[error("the constant '{name}' cannot be cropped to its twin's shape; {REMEDY}")]
    Constant {
        /// The constant.
        name: String,
    },
}

impl NoTwin {
    pub(super) fn unsolved(observed: &Observed, unsolved: &Unsolved) -> Self {
        let (node, op_type) = operator(observed, unsolved.operator);
        Self::Unsolved {
            node,
            op_type,
            tie: describe(&unsolved.tie),
        }
    }

    pub(super) fn unstable(observed: &Observed, deviation: Option<Deviation>) -> Self {
        let (position, what) = deviation.map_or((0, String::new()), |deviation| {
            (deviation.operator, deviation.what)
        });
        let (node, op_type) = operator(observed, position);
        Self::Unstable {
            node,
            op_type,
            what,
        }
    }

    pub(super) fn uncropped(observed: &Observed, tensor: TensorId) -> Self {
        let value = observed.seen(tensor).value;
        Self::Constant {
            name: observed.graph.name_of(value).to_owned(),
        }
    }
}

/// A deviation with its operator, in words.
pub(super) fn describe_deviation(observed: &Observed, deviation: &Deviation) -> String {
    let (node, op_type) = operator(observed, deviation.operator);
    format!("{op_type} '{node}': {}", deviation.what)
}

fn operator(observed: &Observed, position: usize) -> (String, String) {
    let operator = observed.operators.get(position);
    operator.map_or_else(Default::default, |operator| {
        (operator.node.name.clone(), operator.node.op_type.clone())
    })
}

/// The tie in words, with the sizes in its places.
fn describe(tie: &Tie<i64>) -> String {
    let join = |sizes: &[i64], sign: &str| {
        let sizes: Vec<String> = sizes.iter().map(i64::to_string).collect();
        sizes.join(sign)
    };
    match tie {
        Tie::Sum { total, parts } => format!("{total} = {}", join(parts, " + ")),
        Tie::Product { left, right } => format!("{} = {}", join(left, " · "), join(right, " · ")),
        Tie::Function { output, inputs, .. } => {
            format!("{output} from {}", join(inputs, ", "))
        }
        Tie::AtLeast { large, small } => format!("{large} at least {small}"),
        Tie::Lowest { size, bound } => format!("{size} at least {bound}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::constraint::Rule;
    use super::*;

    #[test]
    fn a_tie_is_told_in_sizes() {
        let sum = Tie::Sum {
            total: 8,
            parts: vec![5, 2],
        };
        let product = Tie::Product {
            left: vec![8],
            right: vec![2, 3],
        };
        let function = Tie::Function {
            output: 7,
            inputs: vec![14],
            rule: Rule::Same { stride: 2 },
            map_axis: None,
        };
        let told = [sum, product, function].map(|tie| describe(&tie));
        assert_eq!(told, ["8 = 5 + 2", "8 = 2 · 3", "7 from 14"]);
        let order = Tie::AtLeast { large: 3, small: 4 };
        assert_eq!(describe(&order), "3 at least 4");
    }

    #[test]
    fn a_refusal_names_the_operator_and_the_remedy() {
        let refusal = NoTwin::Unsolved {
            node: "reshape_3".into(),
            op_type: "Reshape".into(),
            tie: "8 = 2 · 3".into(),
        };
        assert_eq!(
            refusal.to_string(),
            "no sizes meet what the operator 'reshape_3' (Reshape) ties: 8 = 2 · 3; weigh it by the dispatch law instead, \
             or try other shapes"
        );
    }
}
