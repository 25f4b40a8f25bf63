//! Recurrent lowerings against the equations of the ONNX standard, written step by step.

use tare_adapter_api::Tensor as HostTensor;
use tare_models::Attribute;

use super::super::testing::{Found, One, floats, longs, one};

const STEPS: usize = 3;
const BATCH: usize = 2;
const WIDTH: usize = 2;
const HIDDEN: usize = 3;

fn values(count: usize, seed: f64) -> Vec<f32> {
    let value = |index: usize| ((index as f64 + 1.3) * seed).sin() as f32;
    (0..count).map(value).collect()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Weights of one or two directions: shapes [directions, gates · hidden, …].
struct Weights {
    directions: usize,
    gates: usize,
    w: Vec<f32>,
    r: Vec<f32>,
    b: Vec<f32>,
}

/// What one element of the batch carries from step to step.
#[derive(Clone)]
struct State {
    h: Vec<f64>,
    c: Vec<f64>,
}

/// The next state from the parts of each gate that come from the input and from the state.
type Equations = fn(&[(f64, f64)], f64, f64) -> (f64, f64);

fn lstm(gates: &[(f64, f64)], _: f64, c: f64) -> (f64, f64) {
    let sum = |gate: usize| gates[gate].0 + gates[gate].1;
    let (i, o, f) = (sigmoid(sum(0)), sigmoid(sum(1)), sigmoid(sum(2)));
    let next = f * c + i * sum(3).tanh();
    (o * next.tanh(), next)
}

fn gru(gates: &[(f64, f64)], h: f64, _: f64) -> (f64, f64) {
    let z = sigmoid(gates[0].0 + gates[0].1);
    let r = sigmoid(gates[1].0 + gates[1].1);
    let new = (gates[2].0 + r * gates[2].1).tanh();
    ((1.0 - z) * new + z * h, 0.0)
}

fn relu(gates: &[(f64, f64)], _: f64, _: f64) -> (f64, f64) {
    ((gates[0].0 + gates[0].1).max(0.0), 0.0)
}

fn tanh(gates: &[(f64, f64)], _: f64, _: f64) -> (f64, f64) {
    ((gates[0].0 + gates[0].1).tanh(), 0.0)
}

impl Weights {
    fn new(directions: usize, gates: usize) -> Self {
        let rows = directions * gates * HIDDEN;
        Self {
            directions,
            gates,
            w: values(rows * WIDTH, 1.7),
            r: values(rows * HIDDEN, 2.9),
            b: values(rows * 2, 0.7),
        }
    }

    fn tensors(&self) -> [HostTensor; 3] {
        let rows = self.gates * HIDDEN;
        [
            floats(&[self.directions, rows, WIDTH], &self.w),
            floats(&[self.directions, rows, HIDDEN], &self.r),
            floats(&[self.directions, 2 * rows], &self.b),
        ]
    }

    fn gate(&self, direction: usize, row: usize, x: &[f32], h: &[f64]) -> (f64, f64) {
        let rows = self.gates * HIDDEN;
        let at = direction * rows + row;
        let input = (0..WIDTH).map(|k| f64::from(self.w[at * WIDTH + k]) * f64::from(x[k]));
        let state = (0..HIDDEN).map(|k| f64::from(self.r[at * HIDDEN + k]) * h[k]);
        let bias = |half: usize| f64::from(self.b[direction * 2 * rows + half * rows + row]);
        (input.sum::<f64>() + bias(0), state.sum::<f64>() + bias(1))
    }

    fn step(&self, direction: usize, x: &[f32], state: &State, next: Equations) -> State {
        let unit = |unit: usize| {
            let gate = |gate: usize| self.gate(direction, gate * HIDDEN + unit, x, &state.h);
            let gates: Vec<(f64, f64)> = (0..self.gates).map(gate).collect();
            next(&gates, state.h[unit], state.c[unit])
        };
        let (h, c) = (0..HIDDEN).map(unit).unzip();
        State { h, c }
    }
}

/// The input, of shape [steps, batch, width].
fn sequence() -> Vec<f32> {
    values(STEPS * BATCH * WIDTH, 0.9)
}

/// Y of shape [steps, directions, batch, hidden], from a zero state.
fn expected(weights: &Weights, reversed: &[bool], next: Equations) -> Vec<f64> {
    let directions = reversed.len();
    let mut y = vec![0.0; STEPS * directions * BATCH * HIDDEN];
    let sequence = sequence();
    for (direction, reverse) in reversed.iter().enumerate() {
        for batch in 0..BATCH {
            let mut state = State {
                h: vec![0.0; HIDDEN],
                c: vec![0.0; HIDDEN],
            };
            for index in 0..STEPS {
                let step = if *reverse { STEPS - 1 - index } else { index };
                let x = &sequence[(step * BATCH + batch) * WIDTH..][..WIDTH];
                state = weights.step(direction, x, &state, next);
                let place = ((step * directions + direction) * BATCH + batch) * HIDDEN;
                y[place..place + HIDDEN].copy_from_slice(&state.h);
            }
        }
    }
    y
}

fn operator(op: &str, weights: &Weights, known: bool) -> One {
    let x = floats(&[STEPS, BATCH, WIDTH], &sequence());
    let operator = one(op, 14).int("hidden_size", HIDDEN as i64).fed(x);
    let add = |operator: One, tensor| match known {
        true => operator.known(tensor),
        false => operator.fed(tensor),
    };
    weights.tensors().into_iter().fold(operator, add)
}

#[track_caller]
fn assert_near(found: &Found, wanted: &[f64]) {
    assert_eq!(found.1.len(), wanted.len());
    for (a, b) in found.1.iter().zip(wanted) {
        assert!((a - b).abs() < 1e-5, "{a} instead of {b}");
    }
}

fn relu_names() -> Attribute {
    Attribute::Strings(vec![b"Relu".to_vec(); 2])
}

#[test]
fn every_cell_follows_its_equations_in_both_directions() {
    let cases: [(&str, usize, Equations); 4] = [
        ("LSTM", 4, lstm),
        ("GRU", 3, gru),
        ("RNN", 1, tanh),
        ("RNN", 1, relu),
    ];
    for (index, (op, gates, next)) in cases.into_iter().enumerate() {
        let weights = Weights::new(2, gates);
        for known in [true, false] {
            let both = operator(op, &weights, known).string("direction", "bidirectional");
            let both = both.int("linear_before_reset", 1);
            let both = if index == 3 {
                both.with("activations", relu_names())
            } else {
                both
            };
            let found = both.outputs(2).run().expect("runs");
            assert_eq!(found[0].0, [STEPS as i64, 2, BATCH as i64, HIDDEN as i64]);
            let y = expected(&weights, &[false, true], next);
            assert_near(&found[0], &y);
            let (size, last) = (BATCH * HIDDEN, 2 * (STEPS - 1) * BATCH * HIDDEN);
            let ends = [&y[last..last + size], &y[size..2 * size]].concat();
            assert_near(&found[1], &ends);
        }
    }
}

#[test]
fn a_reversed_sequence_keeps_the_order_of_its_steps() {
    let weights = Weights::new(1, 4);
    let reverse = operator("LSTM", &weights, true).string("direction", "reverse");
    let found = reverse.outputs(3).run().expect("runs");
    let y = expected(&weights, &[true], lstm);
    assert_near(&found[0], &y);
    assert_near(&found[1], &y[..BATCH * HIDDEN]);
}

#[test]
fn the_batch_may_come_first() {
    let weights = Weights::new(1, 3);
    let (x, mut turned) = (sequence(), vec![]);
    for batch in 0..BATCH {
        for step in 0..STEPS {
            turned.extend(&x[(step * BATCH + batch) * WIDTH..][..WIDTH]);
        }
    }
    let gru_first = one("GRU", 14)
        .int("layout", 1)
        .int("linear_before_reset", 1);
    let gru_first = gru_first.fed(floats(&[BATCH, STEPS, WIDTH], &turned));
    let gru_first = weights.tensors().into_iter().fold(gru_first, One::fed);
    let found = gru_first.outputs(2).run().expect("runs");
    let y = expected(&weights, &[false], gru);
    assert_eq!(found[0].0, [BATCH as i64, STEPS as i64, 1, HIDDEN as i64]);
    assert_eq!(found[1].0, [BATCH as i64, 1, HIDDEN as i64]);
    let last = found[0].1[(STEPS - 1) * HIDDEN..][..HIDDEN].to_vec();
    assert_near(
        &(vec![], last),
        &y[(STEPS - 1) * BATCH * HIDDEN..][..HIDDEN],
    );
}

#[test]
fn a_sequence_goes_on_from_the_state_that_is_given() {
    let weights = Weights::new(1, 4);
    let whole = operator("LSTM", &weights, true)
        .outputs(3)
        .run()
        .expect("runs");
    let start = |from: usize, steps: usize| {
        let x = &sequence()[from * BATCH * WIDTH..][..steps * BATCH * WIDTH];
        let operator = one("LSTM", 14).fed(floats(&[steps, BATCH, WIDTH], x));
        weights.tensors().into_iter().fold(operator, One::known)
    };
    let first = start(0, 1).outputs(3).run().expect("runs");
    let state = |found: &Found| {
        let single: Vec<f32> = found.1.iter().map(|value| *value as f32).collect();
        floats(&[1, BATCH, HIDDEN], &single)
    };
    let rest = start(1, STEPS - 1)
        .absent()
        .fed(state(&first[1]))
        .fed(state(&first[2]));
    let rest = rest.outputs(3).run().expect("runs");
    assert_near(&rest[1], &whole[1].1);
    assert_near(&rest[2], &whole[2].1);
}

#[test]
fn what_torchs_cells_lack_is_refused() {
    let weights = Weights::new(1, 4);
    let lstm = || operator("LSTM", &weights, true);
    let soft = Attribute::Strings(vec![b"HardSigmoid".to_vec(), b"Tanh".to_vec()]);
    let state = || floats(&[1, BATCH, HIDDEN], &[0.0; BATCH * HIDDEN]);
    let peepholes = lstm().absent().fed(state()).fed(state());
    let peepholes = peepholes.fed(floats(&[1, 3 * HIDDEN], &[0.0; 3 * HIDDEN]));
    let cases = [
        (
            lstm().with("activations", soft),
            "with other activations than torch's",
        ),
        (lstm().float("clip", 3.0), "with clipped gates"),
        (
            lstm().int("input_forget", 1),
            "with coupled input and forget gates",
        ),
        (peepholes, "with peepholes"),
        (
            operator("GRU", &Weights::new(1, 3), true),
            "with linear_before_reset=0: torch resets after the product",
        ),
        (
            lstm().fed(longs(&[2], &[3, 3])),
            "with sequences of different lengths",
        ),
        (
            lstm().known(longs(&[2], &[3, 2])),
            "with sequences of different lengths",
        ),
        (
            lstm().string("direction", "sideways"),
            "in the direction 'sideways'",
        ),
    ];
    for (operator, reason) in cases {
        assert_eq!(operator.refusal(), reason);
    }
    let full = lstm().known(longs(&[2], &[3, 3]));
    assert!(full.run().is_ok());
}
