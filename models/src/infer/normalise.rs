//! Normalisations and losses.

use super::Inferred;
use super::context::{Context, misfit};
use super::dims::{agree, axis_of, broadcast};

/// Scale, bias, mean and variance hold one number a channel.
pub(super) fn batch(context: &Context) -> Inferred {
    let data = context.shape(0)?;
    let channels = data.get(1).copied().unwrap_or(1);
    for index in 1..5 {
        let vector = context.shape_of_rank(index, 1)?;
        agree(
            "the channels of the data and of a parameter",
            channels,
            vector[0],
        )?;
    }
    let mut shapes = vec![data.to_vec()];
    shapes.resize(context.node.outputs.len().clamp(1, 5), vec![channels]);
    Ok(shapes)
}

pub(super) fn instance(context: &Context) -> Inferred {
    let data = context.shape(0)?;
    for index in 1..3 {
        let vector = context.shape_of_rank(index, 1)?;
        if data.get(1) != vector.first() {
            return misfit("scale and bias need one number a channel");
        }
    }
    Ok(vec![data.to_vec()])
}

/// Over all axes from `axis` on; the mean and the inverse deviation keep those axes as 1.
pub(super) fn layer(context: &Context) -> Inferred {
    let data = context.shape(0)?;
    let axis = axis_of(context.int("axis", -1), data.len())?;
    for index in 1..3 {
        let Some(parameter) = context.optional_shape(index)? else {
            continue;
        };
        if broadcast(data, parameter)? != data {
            return misfit(format!(
                "a parameter of {parameter:?} does not fit {data:?}"
            ));
        }
    }
    let mut statistic = data.to_vec();
    statistic[axis..].fill(1);
    let mut shapes = vec![data.to_vec()];
    shapes.resize(context.node.outputs.len().clamp(1, 3), statistic);
    Ok(shapes)
}

/// The input, a residual and their parameters; the last output is the sum before it is normalised.
pub(super) fn skip_layer(context: &Context) -> Inferred {
    let data = context.shape(0)?;
    let skip = context.shape(1)?;
    if broadcast(data, skip)? != data {
        return misfit(format!("the residual {skip:?} does not fit {data:?}"));
    }
    let mut statistic = data.to_vec();
    if let Some(last) = statistic.last_mut() {
        *last = 1;
    }
    Ok(vec![
        data.to_vec(),
        statistic.clone(),
        statistic,
        data.to_vec(),
    ])
}

/// One loss for each element of the labels, or one in all.
pub(super) fn loss(context: &Context) -> Inferred {
    let (scores, labels) = (context.shape(0)?, context.shape(1)?);
    let fits = scores.len() >= 2
        && labels.len() + 1 == scores.len()
        && labels[0] == scores[0]
        && labels[1..] == scores[2..];
    if !fits {
        return misfit("labels need the scores' axes but the second");
    }
    let loss = match context.node.string("reduction") {
        Some("none") => labels.to_vec(),
        _ => vec![],
    };
    Ok(vec![loss, scores.to_vec()])
}
