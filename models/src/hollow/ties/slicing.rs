//! Parts of an axis: splits, slices and pads.

use super::super::at::At;
use super::super::constraint::Rule as Follows;
use super::super::problem::Problem;
use super::super::variables::Var;
use super::{Rule, tell};

/// An end from here on means "to the end".
const ENDLESS: i64 = 1 << 30;

pub(super) fn rule(op_type: &str) -> Option<Rule> {
    Some(match op_type {
        "Split" => split,
        "Slice" => slice,
        "Pad" => pad,
        _ => return None,
    })
}

fn split(at: &At, problem: &mut Problem) -> Option<()> {
    let rank = at.x(0).len();
    let axis = at.axis(at.node.int("axis").unwrap_or(0), rank)?;
    let mut parts = vec![];
    for output in at.outputs() {
        for (place, (one, other)) in at.x(0).iter().zip(output).enumerate() {
            match place == axis {
                true => parts.push(*other),
                false => problem.unite(*one, *other),
            }
        }
    }
    if parts.len() != at.node.outputs.len() {
        return None;
    }
    problem.sum(at.x(0)[axis], parts.clone());
    if at.tensor(1).is_some() {
        return tell(at, problem, 1, &parts);
    }
    if at.node.ints("split").is_some() {
        problem.rewrite("split", parts);
        return Some(());
    }
    let first = *parts.first()?;
    parts
        .iter()
        .for_each(|part| problem.unite_equal(*part, first));
    Some(())
}

/// One axis of a slice.
struct Cut {
    input: Var,
    output: Var,
    start: i64,
    end: i64,
    start_tag: Option<Var>,
    end_tag: Option<Var>,
}

fn slice(at: &At, problem: &mut Problem) -> Option<()> {
    let rank = at.x(0).len();
    let (starts, ends) = (at.ints(1)?, at.ints(2)?);
    let (start_tags, end_tags) = (at.tags(problem, 1), at.tags(problem, 2));
    let axes: Vec<usize> = match at.tensor(3) {
        Some(_) => at
            .ints(3)?
            .iter()
            .map(|axis| at.axis(*axis, rank))
            .collect::<Option<_>>()?,
        None => (0..starts.len()).collect(),
    };
    let steps = match at.tensor(4) {
        Some(_) => at.ints(4)?.to_vec(),
        None => vec![1; starts.len()],
    };
    for (place, (input, output)) in at.x(0).iter().zip(at.y(0)).enumerate() {
        let Some(index) = axes.iter().position(|axis| *axis == place) else {
            problem.unite(*input, *output);
            continue;
        };
        let size = problem.was(*input);
        let part = Cut {
            input: *input,
            output: *output,
            start: Some(*starts.get(index)?)
                .filter(|start| *start > -size)
                .unwrap_or(0),
            end: (*ends.get(index)?).max(-size),
            start_tag: start_tags.get(index).copied().flatten(),
            end_tag: end_tags.get(index).copied().flatten(),
        };
        match *steps.get(index)? {
            1 => part.tie(problem),
            step => part.tie_stepped(problem, step),
        }
    }
    Some(())
}

impl Cut {
    fn pin(&self, problem: &mut Problem) {
        problem.pin(&[self.input, self.output]);
        let tags = self.start_tag.into_iter().chain(self.end_tag);
        problem.pin(&tags.collect::<Vec<_>>());
    }

    fn tie_stepped(&self, problem: &mut Problem, step: i64) {
        let size = problem.was(self.input);
        let whole = step > 1 && (0..=step).contains(&self.start) && self.end >= size;
        if whole && self.end_tag.is_none() {
            let rule = Follows::Every {
                start: self.start,
                step: step.min(ENDLESS),
            };
            problem.follow(self.output, self.input, rule);
        } else if step == -1 && problem.was(self.output) == size {
            problem.unite(self.input, self.output);
        } else {
            self.pin(problem);
        }
    }

    fn tie(&self, problem: &mut Problem) {
        let size = problem.was(self.input);
        if self.start < 0 && self.end < 0 && -self.start <= size {
            let (rows, count) = (
                problem.fixed(-self.start),
                problem.fixed(self.end - self.start),
            );
            problem.at_least(self.input, rows);
            problem.unite(self.output, count);
            return;
        }
        let Some(end) = self.end(problem) else { return };
        let start = match self.start {
            start if start < 0 => (start + size).max(0),
            start => start.min(size),
        };
        if start == 0 {
            problem.unite(end, self.output);
        } else if self.start < 0 && self.end >= size {
            let count = problem.fixed(-self.start);
            problem.unite(self.output, count);
            problem.at_least(self.input, count);
        } else if self.start < 0 {
            self.pin(problem);
        } else {
            let start = match self.start_tag {
                Some(tag) => tag,
                None => problem.fixed(start),
            };
            problem.sum(end, vec![start, self.output]);
        }
    }

    /// Where the part ends, as a size; `None` where all is tied already.
    fn end(&self, problem: &mut Problem) -> Option<Var> {
        let size = problem.was(self.input);
        if self.end < 0 {
            let end = problem.variables.number(self.end + size);
            let rest = problem.fixed(-self.end);
            problem.sum(self.input, vec![end, rest]);
            return Some(end);
        }
        if self.end >= ENDLESS || (self.end >= size && self.end_tag.is_none()) {
            return Some(self.input);
        }
        if self.end > size {
            match self.start == 0 {
                true => problem.unite(self.input, self.output),
                false => self.pin(problem),
            }
            return None;
        }
        let end = match self.end_tag {
            Some(tag) => tag,
            None => problem.fixed(self.end),
        };
        problem.at_least(self.input, end);
        if self.end == size {
            problem.unite(end, self.input);
        }
        Some(end)
    }
}

fn pad(at: &At, problem: &mut Problem) -> Option<()> {
    let rank = at.x(0).len();
    let pads = match at.node.ints("pads") {
        Some(pads) => pads,
        None => at.ints(1)?,
    };
    let axes: Vec<usize> = match at.tensor(3) {
        Some(_) => at
            .ints(3)?
            .iter()
            .map(|axis| at.axis(*axis, rank))
            .collect::<Option<_>>()?,
        None => (0..rank).collect(),
    };
    let told: Vec<Var> = at.tags(problem, 1).into_iter().flatten().collect();
    problem.pin(&told);
    for (place, (input, output)) in at.x(0).iter().zip(at.y(0)).enumerate() {
        let index = axes.iter().position(|axis| *axis == place);
        let [before, behind] = match index {
            Some(index) => [*pads.get(index)?, *pads.get(index + axes.len())?],
            None => [0, 0],
        };
        problem.follow(*output, *input, Follows::Plus(before + behind));
        let reflects = at
            .node
            .string("mode")
            .is_some_and(|mode| mode != "constant");
        if reflects && before.max(behind) > 0 {
            problem.lowest(*input, before.max(behind) + 1);
        }
    }
    Some(())
}
