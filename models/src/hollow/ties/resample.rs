//! Resampling: told sizes, or the input's scaled; a whole factor stays, as kernels are chosen by it.

use super::super::at::At;
use super::super::constraint::Rule as Follows;
use super::super::problem::Problem;
use super::{Rule, tell};

pub(super) fn rule(op_type: &str) -> Option<Rule> {
    matches!(op_type, "Resize" | "Upsample").then_some(resize as Rule)
}

fn resize(at: &At, problem: &mut Problem) -> Option<()> {
    if at.node.ints("axes").is_some() {
        return None;
    }
    let is_told = at.tensor(3).is_some();
    for (input, output) in at.x(0).iter().zip(at.y(0)) {
        let (from, to) = (problem.was(*input), problem.was(*output));
        if from == to {
            problem.unite(*input, *output);
        } else if from > 1 && to % from == 0 {
            let factor = problem.fixed(to / from);
            problem.product(vec![*output], vec![*input, factor]);
        } else if !is_told {
            problem.follow(*output, *input, Follows::Scaled { from, to });
        }
    }
    match is_told {
        true => tell(at, problem, 3, at.y(0)),
        false => Some(()),
    }
}
