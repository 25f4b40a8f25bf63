//! Recognises what exporters wrote out, so that it becomes the one call that PyTorch itself makes.
//!
//! Each pattern ends in the operator whose output it replaces; what it swallows has no other reader.

mod activation;
mod attention;
mod in_place;
mod linear;
mod normalise;
#[cfg(test)]
mod tests;
mod web;

use tare_models::{Resolved, graph};

pub(crate) use self::web::VIEWS;
use self::web::Web;

/// Finds its pattern where it ends in this operator; returns what replaces that one, those made before it first.
type Pattern = fn(&mut Web<'_>, &graph::Node) -> Option<Vec<graph::Node>>;

/// In an order in which later ones may build on what earlier ones made.
const PATTERNS: &[Pattern] = &[
    normalise::centred,
    normalise::affine,
    activation::gelu,
    activation::silu,
    activation::rsqrt,
    attention::scaled_dot_product,
    linear::product_and_sum,
    linear::flattened,
    in_place::in_place,
];

/// Replaces every pattern in the graph, and drops the operators that nothing reads any more.
pub(crate) fn rewrite(resolved: &mut Resolved) {
    for pattern in PATTERNS {
        let nodes = std::mem::take(&mut resolved.graph.nodes);
        let mut web = Web::new(resolved, &nodes);
        let mut rewritten = Vec::with_capacity(nodes.len());
        for node in &nodes {
            match pattern(&mut web, node) {
                Some(replacement) => rewritten.extend(replacement),
                None => rewritten.push(node.clone()),
            }
        }
        resolved.graph.nodes = rewritten;
        web::drop_unread(&mut resolved.graph);
    }
}
