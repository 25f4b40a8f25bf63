//! Operators that pick elements by index or by what they hold.

use super::Inferred;
use super::context::{Context, Failure, misfit, open};
use super::dims::{agree, axis_of, size_of};
use crate::evaluate::count_nonzero;

pub(super) fn gather(context: &Context) -> Inferred {
    let (data, indices) = (context.shape(0)?, context.shape(1)?);
    let axis = axis_of(context.int("axis", 0), data.len())?;
    Ok(vec![[&data[..axis], indices, &data[axis + 1..]].concat()])
}

pub(super) fn gather_elements(context: &Context) -> Inferred {
    let (data, indices) = (context.shape(0)?, context.shape(1)?);
    agree("the axes of data and indices", data.len(), indices.len())?;
    axis_of(context.int("axis", 0), data.len())?;
    Ok(vec![indices.to_vec()])
}

pub(super) fn gather_nd(context: &Context) -> Inferred {
    let (data, indices) = (context.shape(0)?, context.shape(1)?);
    let batch = size_of(context.int("batch_dims", 0))?;
    let Some((tuple, outer)) = indices.split_last() else {
        return misfit("indices need an axis");
    };
    let skip = batch.saturating_add(*tuple);
    if skip > data.len() || batch > outer.len() {
        return misfit(format!("{indices:?} indexes more axes than {data:?} has"));
    }
    Ok(vec![[outer, &data[skip..]].concat()])
}

pub(super) fn scatter_elements(context: &Context) -> Inferred {
    let (data, indices, updates) = (context.shape(0)?, context.shape(1)?, context.shape(2)?);
    if data.len() != indices.len() || indices != updates {
        return misfit("indices and updates must have one shape, of the data's rank");
    }
    Ok(vec![data.to_vec()])
}

pub(super) fn scatter_nd(context: &Context) -> Inferred {
    let (data, indices, updates) = (context.shape(0)?, context.shape(1)?, context.shape(2)?);
    let fits = indices.split_last().is_some_and(|(tuple, outer)| {
        *tuple <= data.len() && updates == [outer, &data[*tuple..]].concat()
    });
    if !fits {
        return misfit(format!(
            "updates {updates:?} do not fit indices {indices:?} into {data:?}"
        ));
    }
    Ok(vec![data.to_vec()])
}

pub(super) fn one_hot(context: &Context) -> Inferred {
    let mut shape = context.shape(0)?.to_vec();
    let axis = axis_of(context.int("axis", -1), shape.len() + 1)?;
    shape.insert(axis, depth(context)?);
    Ok(vec![shape])
}

/// How many classes: a number of any type.
fn depth(context: &Context) -> Result<usize, Failure> {
    match context.floats(1)?.as_deref() {
        Some([depth]) if (0.0..MOST).contains(depth) => Ok(*depth as usize),
        Some(_) => misfit("the depth is no size"),
        None => size_of(context.integer(1)?),
    }
}

const MOST: f64 = (1u64 << 48) as f64;

pub(super) fn top_k(context: &Context) -> Inferred {
    let mut shape = context.shape(0)?.to_vec();
    let axis = axis_of(context.int("axis", -1), shape.len())?;
    let k = match context.node.int("k") {
        Some(k) => k,
        None => context.integer(1)?,
    };
    let k = size_of(k)?;
    if k > shape[axis] {
        return misfit(format!("the {k} largest of {} elements", shape[axis]));
    }
    shape[axis] = k;
    Ok(vec![shape; 2])
}

pub(super) fn nonzero(context: &Context) -> Inferred {
    let rank = context.shape(0)?.len();
    let Some(count) = context.value(0).and_then(count_nonzero) else {
        return open("how many elements are not zero depends on the data");
    };
    Ok(vec![vec![rank.max(1), count]])
}

pub(super) fn compress(context: &Context) -> Inferred {
    let shape = context.shape(0)?;
    let Some(count) = context.value(1).and_then(count_nonzero) else {
        return open("how many elements are kept depends on the data");
    };
    let Some(axis) = context.node.int("axis") else {
        return Ok(vec![vec![count]]);
    };
    let mut shape = shape.to_vec();
    let axis = axis_of(axis, shape.len())?;
    shape[axis] = count;
    Ok(vec![shape])
}

pub(super) fn depends_on_data(_: &Context) -> Result<Vec<Vec<usize>>, Failure> {
    open("its output's size depends on the data")
}

/// Rows of `feature` columns picked from the last axis.
pub(super) fn array_feature_extractor(context: &Context) -> Inferred {
    let (data, picked) = (context.shape(0)?, context.shape(1)?);
    let columns = super::dims::elements(picked)?;
    match data.split_last() {
        Some((_, [])) => Ok(vec![vec![1, columns]]),
        Some((_, outer)) => Ok(vec![[outer, &[columns]].concat()]),
        None => misfit("data needs an axis"),
    }
}
