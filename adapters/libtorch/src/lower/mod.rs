//! From ONNX operators to ATen calls: one table a family, each operator a function from its node to a kernel.
//!
//! A lowering looks at attributes, constants and types once, at load, and returns a [`Kernel`]: what a request then
//! executes. It refuses what libtorch cannot do as ONNX defines it.

mod activation;
mod algebra;
mod arg;
mod arithmetic;
mod attention;
mod binary;
mod cast;
mod clip;
mod convolution;
mod coordinates;
mod fill;
mod gather;
mod host;
mod image;
mod in_place;
mod interpolate;
mod kernel;
mod layout;
mod loss;
mod mel;
mod node;
mod normalise;
mod order;
mod pad;
mod pick;
mod pool;
mod product;
mod quantised;
mod random;
mod recurrent;
mod reduce;
mod resize;
mod rotary;
mod scatter;
mod scope;
mod shaped;
mod signal;
mod slice;
mod softmax;
#[cfg(test)]
mod testing;
mod unary;
mod unpool;
mod variadic;
mod weights;
mod whole;
mod window;

pub(crate) use kernel::{Inputs, Kernel, Outputs, Run};
pub(crate) use node::Node;
pub(crate) use scope::{Scope, Target};
pub(crate) use weights::Weights;

/// Makes the kernel of an operator.
pub(crate) type Lower = fn(&Node<'_>) -> Result<Kernel, Refusal>;

/// An operator of ONNX's own set, and its lowering.
type Entry = (&'static str, Lower);

/// The domain of the operators that stand for several of ONNX's.
pub(crate) const OWN: &str = "aten";

/// Every family, by domain.
const FAMILIES: &[(&str, &[Entry])] = &[
    ("", activation::TABLE),
    ("", algebra::TABLE),
    ("", arg::TABLE),
    ("", arithmetic::TABLE),
    ("", attention::TABLE),
    ("", binary::TABLE),
    ("", cast::TABLE),
    ("", clip::TABLE),
    ("", convolution::TABLE),
    ("", fill::TABLE),
    ("", gather::TABLE),
    ("", image::TABLE),
    ("", layout::TABLE),
    ("", loss::TABLE),
    ("", mel::TABLE),
    ("", normalise::TABLE),
    ("", order::TABLE),
    ("", pad::TABLE),
    ("", pick::TABLE),
    ("", pool::TABLE),
    ("", product::TABLE),
    ("", quantised::TABLE),
    ("", random::TABLE),
    ("", recurrent::TABLE),
    ("", reduce::TABLE),
    ("", resize::TABLE),
    ("", rotary::TABLE),
    ("", scatter::TABLE),
    ("", shaped::TABLE),
    ("", signal::TABLE),
    ("", slice::TABLE),
    ("", softmax::TABLE),
    ("", unary::TABLE),
    ("", unpool::TABLE),
    ("", variadic::TABLE),
    ("", whole::TABLE),
    (OWN, activation::OWN),
    (OWN, attention::OWN),
    (OWN, in_place::OWN),
    (OWN, normalise::OWN),
    (OWN, product::OWN),
];

/// Why an operator cannot be executed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// libtorch, or this adapter, has not this use of the operator; the text ends the sentence "cannot execute …".
    #[error("{0}")]
    Unsupported(String),
    /// libtorch failed while constants were prepared.
    #[error("because {}", crate::shim::told(.0))]
    Torch(#[from] tch::TchError),
}

impl Refusal {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self::Unsupported(reason.into())
    }
}

/// The lowering of an operator; `None` where there is none.
pub(crate) fn find(domain: &str, op_type: &str) -> Option<Lower> {
    let families = FAMILIES.iter().filter(|(known, _)| *known == domain);
    let mut entries = families.flat_map(|(_, table)| *table);
    let found = entries.find(|(name, _)| *name == op_type);
    found.map(|(_, lower)| *lower)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_operator_has_two_lowerings() {
        let mut seen = HashSet::new();
        for (domain, table) in FAMILIES {
            for (name, _) in *table {
                assert!(seen.insert((domain, name)), "{domain} {name}");
            }
        }
    }

    #[test]
    fn an_operator_is_found_in_its_domain_only() {
        assert!(find("", "Relu").is_some());
        assert!(find("com.example", "Relu").is_none());
        assert!(find("", "relu").is_none());
    }
}
