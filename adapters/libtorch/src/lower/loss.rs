//! Losses: the negative log likelihood of classes, and the cross entropy of scores.

use tch::{Reduction, TchError, Tensor};

use super::host;
use super::{Entry, Inputs, Kernel, Node, Outputs, Refusal};

pub(super) const TABLE: &[Entry] = &[
    ("NegativeLogLikelihoodLoss", likelihood),
    ("SoftmaxCrossEntropyLoss", cross_entropy),
];

/// What torch ignores where the model names no class: no valid class is negative.
const IGNORE_NONE: i64 = -100;

fn reduction(node: &Node<'_>) -> Result<Reduction, Refusal> {
    match node.string("reduction", "mean") {
        "none" => Ok(Reduction::None),
        "mean" => Ok(Reduction::Mean),
        "sum" => Ok(Reduction::Sum),
        other => Err(Refusal::new(format!("with reduction '{other}'"))),
    }
}

fn likelihood(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let (reduction, ignored) = (reduction(node)?, node.int("ignore_index", IGNORE_NONE));
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        loss(inputs.at(0)?, inputs, reduction, ignored)
    }))
}

fn loss(
    logarithms: &Tensor,
    inputs: Inputs<'_>,
    reduction: Reduction,
    ignored: i64,
) -> Result<Tensor, TchError> {
    let classes = host::indices(inputs.at(1)?)?;
    logarithms.f_nll_loss_nd(&classes, inputs.get(2), reduction, ignored)
}

fn cross_entropy(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let (reduction, ignored) = (reduction(node)?, node.int("ignore_index", IGNORE_NONE));
    if node.has_output(1) {
        return Ok(Kernel::new(move |inputs: Inputs<'_>| {
            let logarithms = inputs.at(0)?.f_log_softmax(1, None)?;
            let loss = loss(&logarithms, inputs, reduction, ignored)?;
            Ok((loss, logarithms))
        }));
    }
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let classes = host::indices(inputs.at(1)?)?;
        let scores = inputs.at(0)?;
        let loss = scores.f_cross_entropy_loss(&classes, inputs.get(2), reduction, ignored, 0.0)?;
        Ok(Outputs::One(loss))
    }))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{One, floats, longs, one};

    fn likelihood() -> One {
        let logarithms = floats(&[2, 2], &[-1.0, -2.0, -3.0, -4.0]);
        one("NegativeLogLikelihoodLoss", 13)
            .fed(logarithms)
            .fed(longs(&[2], &[1, 0]))
    }

    #[test]
    fn the_mean_is_weighted_by_the_classes() {
        assert_eq!(likelihood().first(), (vec![], vec![2.5]));
        assert_eq!(likelihood().string("reduction", "sum").first().1, [5.0]);
        assert_eq!(
            likelihood().string("reduction", "none").first().1,
            [2.0, 3.0]
        );
        let weighted = likelihood().fed(floats(&[2], &[3.0, 1.0]));
        assert_eq!(weighted.first().1, [(2.0 + 9.0) / 4.0]);
        assert_eq!(likelihood().int("ignore_index", 0).first().1, [2.0]);
        let other = likelihood().string("reduction", "max");
        assert_eq!(other.refusal(), "with reduction 'max'");
    }

    #[test]
    fn cross_entropy_gives_the_logarithms_where_they_are_wanted() {
        let entropy = || {
            let scores = floats(&[1, 2], &[0.0, 3f32.ln()]);
            one("SoftmaxCrossEntropyLoss", 13)
                .fed(scores)
                .fed(longs(&[1], &[0]))
        };
        let loss = entropy().first().1[0];
        assert!((loss - 4f64.ln()).abs() < 1e-6, "{loss}");
        let both = entropy().outputs(2).run().expect("runs");
        assert_eq!(both[0].1, [loss]);
        assert!((both[1].1[1] - 0.75f64.ln()).abs() < 1e-6);
    }
}
