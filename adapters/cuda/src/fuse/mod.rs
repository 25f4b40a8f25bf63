//! Passes over a draft that make one step of several; what a pass does not recognise stays as it is.
//!
//! | pass | what becomes one step |
//! |---|---|
//! | [`gelu()`] | GELU in its parts, by erf or tanh |
//! | [`layer_norm()`] | layer normalisation in its parts, with its scale and shift |
//! | [`residual()`] | a sum and the layer normalisation of it |
//! | [`attention()`] | scores, scale, mask, softmax and weighted sum |
//! | [`affine()`] | a constant factor and shift a channel, as of a batch normalisation, into the weights before it |
//! | [`epilogue()`] | bias, residual and activation into the product or convolution before them |
//! | [`together()`] | products of one operand with constants, as of queries, keys and values |
//! | [`in_place()`] | a copy into the step whose result it rearranges |
//! | [`chains()`] | element-wise steps that follow each other |

mod affine;
mod attention;
mod chain;
mod epilogue;
mod gelu;
mod in_place;
mod layer_norm;
mod residual;
mod together;
mod web;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use affine::affine;
pub use attention::attention;
pub use chain::chains;
pub use epilogue::epilogue;
pub use gelu::gelu;
pub use in_place::in_place;
pub use layer_norm::layer_norm;
pub use residual::residual;
pub use together::together;

use crate::draft::Draft;
use crate::step::Step;
use web::Web;

/// A pass: the same computation in fewer steps.
pub type Pass = fn(Draft) -> Draft;

/// The passes in the order in which they serve each other; [`chains()`] comes when the copies that [`crate::layout`] adds are
/// there.
pub const PASSES: [(&str, Pass); 8] = [
    ("gelu", gelu),
    ("layer-norm", layer_norm),
    ("residual", residual),
    ("attention", attention),
    ("affine", affine),
    ("epilogue", epilogue),
    ("together", together),
    ("in-place", in_place),
];

/// All of [`PASSES`], one after the other.
pub fn all(draft: Draft) -> Draft {
    PASSES.iter().fold(draft, |draft, (_, pass)| pass(draft))
}

/// A step in place of another, and further ones that go with it.
struct Rewrite {
    at: usize,
    with: Step,
    without: Vec<usize>,
}

impl Rewrite {
    fn apply(self, draft: &mut Draft) {
        draft.steps[self.at] = self.with;
        let mut number = 0;
        draft.steps.retain(|_| {
            number += 1;
            !self.without.contains(&(number - 1))
        });
        draft.sort();
        draft.prune();
    }
}

/// Rewrites what `find` finds until it finds nothing more.
fn until_none(mut draft: Draft, find: impl Fn(&Web, usize) -> Option<Rewrite>) -> Draft {
    loop {
        let web = Web::of(&draft);
        let found = (0..draft.steps.len()).find_map(|number| find(&web, number));
        match found {
            Some(rewrite) => rewrite.apply(&mut draft),
            None => return draft,
        }
    }
}
