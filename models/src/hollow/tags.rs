//! What the elements of shape tensors stand for, found by running the data movement on sizes instead of numbers.

use super::at::At;
use super::constraint::Rule;
use super::observe::TensorId;
use super::problem::Problem;
use super::variables::Var;

type Tags = Vec<Option<Var>>;

/// Gives the elements of the operator's first output their sizes; ties those that are computed.
///
/// An element without a size is a number that stays.
pub(super) fn propagate(problem: &mut Problem, at: &At, output: TensorId) {
    let Some(values) = at.observed.seen(output).integers.as_deref() else {
        return;
    };
    let tags = match at.node.op_type.as_str() {
        "Shape" => shape(at),
        "Size" => Some(vec![Some(size(problem, at, values))]),
        "Cast" | "Identity" | "Reshape" | "Squeeze" | "Unsqueeze" | "Flatten" => {
            Some(at.tags(problem, 0))
        }
        "Concat" => Some(
            (0..at.input_count())
                .flat_map(|input| at.tags(problem, input))
                .collect(),
        ),
        "Gather" => gather(problem, at),
        "Slice" => slice(problem, at),
        "Expand" => Some(spread(&at.tags(problem, 0), values.len())),
        "Where" => choose(problem, at, values.len()),
        "ReduceProd" => reduce(problem, at, values),
        "Add" | "Sub" | "Mul" | "Div" | "Min" | "Max" | "Mod" => arithmetic(problem, at, values),
        _ => None,
    };
    if let Some(tags) = tags.filter(|tags| tags.len() == values.len()) {
        problem.tags.insert(output, tags);
    }
}

fn shape(at: &At) -> Option<Tags> {
    let axes = at.x(0);
    let place = |name, default| {
        let rank = axes.len() as i64;
        let place = at.node.int(name).unwrap_or(default);
        let place = if place < 0 { place + rank } else { place };
        usize::try_from(place.clamp(0, rank)).ok()
    };
    let (start, end) = (place("start", 0)?, place("end", axes.len() as i64)?);
    Some(axes.get(start..end)?.iter().copied().map(Some).collect())
}

fn size(problem: &mut Problem, at: &At, values: &[i64]) -> Var {
    let size = problem
        .variables
        .number(values.first().copied().unwrap_or(1));
    problem.product(vec![size], at.x(0).to_vec());
    size
}

/// Repeats a scalar, or keeps what has as many elements.
fn spread(tags: &[Option<Var>], count: usize) -> Tags {
    match tags {
        [one] => vec![*one; count],
        tags => tags.to_vec(),
    }
}

fn gather(problem: &Problem, at: &At) -> Option<Tags> {
    let tags = at.tags(problem, 0);
    let indices = at.ints(1)?.iter();
    let one_axis = at.x(0).len() == 1;
    let picked = indices.map(|index| tags.get(at.axis(*index, tags.len())?).copied());
    picked.collect::<Option<Tags>>().filter(|_| one_axis)
}

fn slice(problem: &Problem, at: &At) -> Option<Tags> {
    let tags = at.tags(problem, 0);
    let (start, end) = match (at.node.ints("starts"), at.node.ints("ends")) {
        (Some(starts), Some(ends)) => (*starts.first()?, *ends.first()?),
        _ => (*at.ints(1)?.first()?, *at.ints(2)?.first()?),
    };
    let step = match at.tensor(4) {
        Some(_) => *at.ints(4)?.first()?,
        None => 1,
    };
    if at.x(0).len() != 1 || step < 1 {
        return None;
    }
    let place = |place: i64| {
        let count = tags.len() as i64;
        let place = if place < 0 {
            place.saturating_add(count)
        } else {
            place
        };
        place.clamp(0, count) as usize
    };
    let kept = tags.get(place(start)..place(end))?.iter();
    Some(kept.step_by(step as usize).copied().collect())
}

fn choose(problem: &Problem, at: &At, count: usize) -> Option<Tags> {
    let conditions = at.ints(0)?;
    let [yes, no] = [1, 2].map(|input| spread(&at.tags(problem, input), count));
    let chosen = (0..count).map(|index| {
        let condition = conditions.get(if conditions.len() == 1 { 0 } else { index })?;
        let side = if *condition != 0 { &yes } else { &no };
        side.get(index).copied()
    });
    chosen.collect()
}

fn reduce(problem: &mut Problem, at: &At, values: &[i64]) -> Option<Tags> {
    let [value] = values else { return None };
    let (tags, numbers) = (at.tags(problem, 0), at.ints(0)?);
    let size = problem.variables.number(*value);
    let factors = tags.iter().zip(numbers);
    let factors = factors.map(|(tag, number)| tag.unwrap_or_else(|| problem.fixed(*number)));
    let factors = factors.collect();
    problem.product(vec![size], factors);
    Some(vec![Some(size)])
}

fn arithmetic(problem: &mut Problem, at: &At, values: &[i64]) -> Option<Tags> {
    let operand = |problem: &Problem, input| {
        let tags = spread(&at.tags(problem, input), values.len());
        let numbers = at.ints(input)?;
        let pick = |index| {
            numbers
                .get(if numbers.len() == 1 { 0 } else { index })
                .copied()
        };
        let numbers = (0..values.len()).map(pick).collect::<Option<Vec<_>>>()?;
        (tags.len() == values.len()).then(|| tags.into_iter().zip(numbers).collect::<Vec<_>>())
    };
    let (ones, others) = (operand(problem, 0)?, operand(problem, 1)?);
    let pairs = ones.into_iter().zip(others).zip(values);
    let op_type = at.node.op_type.as_str();
    Some(
        pairs
            .map(|((one, other), value)| combine(problem, op_type, one, other, *value))
            .collect(),
    )
}

type Element = (Option<Var>, i64);

fn combine(
    problem: &mut Problem,
    op_type: &str,
    (one, x): Element,
    (other, y): Element,
    value: i64,
) -> Option<Var> {
    if one.is_none() && other.is_none() {
        return None;
    }
    match op_type {
        "Mul" if x == 1 => return other,
        "Mul" | "Div" if y == 1 => return one,
        "Add" | "Sub" if y == 0 => return one,
        "Add" if x == 0 => return other,
        "Min" => return if x <= y { one } else { other },
        "Max" => return if x >= y { one } else { other },
        _ => {}
    }
    let one = one.unwrap_or_else(|| problem.fixed(x));
    let other = other.unwrap_or_else(|| problem.fixed(y));
    match (op_type, value) {
        ("Sub", 0) => {
            problem.unite(one, other);
            return None;
        }
        ("Mod", 0) => {
            let times = problem.free(x / y.max(1));
            problem.product(vec![one], vec![other, times]);
            return None;
        }
        ("Mod", _) | (_, ..=0) => {
            problem.pin(&[one, other]);
            return None;
        }
        _ => {}
    }
    let result = problem.variables.number(value);
    match op_type {
        "Add" => problem.sum(result, vec![one, other]),
        "Sub" => problem.sum(one, vec![result, other]),
        "Mul" => problem.product(vec![result], vec![one, other]),
        _ if x == y.saturating_mul(value) => problem.product(vec![one], vec![result, other]),
        _ => problem.function(result, vec![one, other], Rule::Quotient, None),
    }
    Some(result)
}
