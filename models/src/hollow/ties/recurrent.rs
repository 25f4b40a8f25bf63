//! Recurrent layers: gates times the hidden size, which is also an attribute.

use super::super::at::At;
use super::super::problem::Problem;
use super::super::variables::Var;
use super::Rule;

pub(super) fn rule(op_type: &str) -> Option<Rule> {
    matches!(op_type, "LSTM" | "GRU" | "RNN").then_some(recurrent as Rule)
}

fn recurrent(at: &At, problem: &mut Problem) -> Option<()> {
    let gates = match at.node.op_type.as_str() {
        "LSTM" => 4,
        "GRU" => 3,
        _ => 1,
    };
    let ([length, batch, into], [directions, rows, columns]) = (at.x(0), at.x(1)) else {
        return None;
    };
    let [_, other_rows, hidden] = at.x(2) else {
        return None;
    };
    if at.node.int("layout").unwrap_or(0) != 0 {
        return None;
    }
    problem.pin(&[*directions]);
    problem.rewrite("hidden_size", vec![*hidden]);
    problem.unite(*into, *columns);
    problem.unite(*rows, *other_rows);
    times(problem, *rows, gates, *hidden);
    if let [_, bias] = at.x(3) {
        times(problem, *bias, 2 * gates, *hidden);
    }
    if let [one] = at.x(4) {
        problem.unite(*one, *batch);
    }
    let states = [5, 6].map(|input| at.x(input));
    for state in states.into_iter().chain([at.y(1), at.y(2)]) {
        if let [_, samples, size] = state {
            problem.unite(*samples, *batch);
            problem.unite(*size, *hidden);
        }
    }
    if let [_, peepholes] = at.x(7) {
        times(problem, *peepholes, 3, *hidden);
    }
    if let [steps, _, samples, size] = at.y(0) {
        problem.unite(*steps, *length);
        problem.unite(*samples, *batch);
        problem.unite(*size, *hidden);
    }
    Some(())
}

fn times(problem: &mut Problem, all: Var, factor: i64, each: Var) {
    if factor == 1 {
        return problem.unite(all, each);
    }
    let factor = problem.fixed(factor);
    problem.product(vec![all], vec![factor, each]);
}
