//! LSTM, GRU and RNN through torch's own kernels, which order gates and outputs in another way.

use tare_models::Attribute;
use tch::{TchError, Tensor};

use super::host::size_at;
use super::{Entry, Inputs, Kernel, Node, Refusal};
use crate::ffi::Shared;

pub(super) const TABLE: &[Entry] = &[
    ("GRU", |node| recurrent(node, Cell::Gru)),
    ("LSTM", |node| recurrent(node, Cell::Lstm)),
    ("RNN", rnn),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    Lstm,
    Gru,
    Tanh,
    Relu,
}

impl Cell {
    /// Which of ONNX's gates stands at each place of torch's: input, forget, cell, output; reset, update, new.
    fn gates(self) -> &'static [usize] {
        match self {
            Self::Lstm => &[0, 2, 3, 1],
            Self::Gru => &[1, 0, 2],
            Self::Tanh | Self::Relu => &[0],
        }
    }

    fn activations(self) -> &'static [&'static str] {
        match self {
            Self::Lstm => &["sigmoid", "tanh", "tanh"],
            Self::Gru => &["sigmoid", "tanh"],
            Self::Tanh => &["tanh"],
            Self::Relu => &["relu"],
        }
    }
}

/// In which order the steps of a sequence are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Forward,
    Reverse,
    Both,
}

struct Recurrent {
    cell: Cell,
    direction: Direction,
    batch_first: bool,
    parameters: Parameters,
}

/// Weights, recurrent weights and biases: in torch's order where they are constant.
enum Parameters {
    Ready(Vec<Shared>),
    AtRun([Option<Shared>; 3]),
}

fn rnn(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let first = activations(node).and_then(|names| names.first().cloned());
    match first.as_deref() {
        Some("relu") => recurrent(node, Cell::Relu),
        _ => recurrent(node, Cell::Tanh),
    }
}

/// The names, in lower case; `None` where the attribute is left out.
fn activations(node: &Node<'_>) -> Option<Vec<String>> {
    let Some(Attribute::Strings(names)) = node.attribute("activations") else {
        return None;
    };
    let lower = |name: &Vec<u8>| String::from_utf8_lossy(name).to_lowercase();
    Some(names.iter().map(lower).collect())
}

fn refuse(node: &Node<'_>, cell: Cell) -> Result<(), Refusal> {
    let usual = cell.activations();
    let other = activations(node)
        .is_some_and(|names| names.iter().zip(usual.iter().cycle()).any(|(a, b)| a != b));
    let reasons = [
        (other, "with other activations than torch's"),
        (node.attribute("clip").is_some(), "with clipped gates"),
        (
            node.flag("input_forget", false),
            "with coupled input and forget gates",
        ),
        (node.has_input(7), "with peepholes"),
        (
            cell == Cell::Gru && !node.flag("linear_before_reset", false),
            "with linear_before_reset=0: torch resets after the product",
        ),
        (
            !has_full_sequences(node),
            "with sequences of different lengths",
        ),
    ];
    match reasons.iter().find(|(applies, _)| *applies) {
        Some((_, reason)) => Err(Refusal::new(*reason)),
        None => Ok(()),
    }
}

/// Whether every sequence is known to take all steps.
fn has_full_sequences(node: &Node<'_>) -> bool {
    if !node.has_input(4) {
        return true;
    }
    let steps = node
        .shape(0)
        .and_then(|shape| shape.get(node.int("layout", 0) as usize).copied());
    let lengths = node.constant_ints(4).ok().flatten();
    lengths.is_some_and(|lengths| lengths.iter().all(|length| Some(*length) == steps))
}

fn recurrent(node: &Node<'_>, cell: Cell) -> Result<Kernel, Refusal> {
    refuse(node, cell)?;
    let direction = match node.string("direction", "forward") {
        "forward" => Direction::Forward,
        "reverse" => Direction::Reverse,
        "bidirectional" => Direction::Both,
        other => return Err(Refusal::new(format!("in the direction '{other}'"))),
    };
    let given = [node.take(1)?, node.take(2)?, node.take(3)?];
    let ready = given[0].is_some() && given[1].is_some() && given[2].is_some() == node.has_input(3);
    let parameters = if ready {
        let [w, r, b] = given.each_ref().map(Option::as_deref);
        Parameters::Ready(in_torchs_order(cell, [w, r, b])?)
    } else {
        Parameters::AtRun(given)
    };
    let recurrent = Recurrent {
        cell,
        direction,
        batch_first: node.flag("layout", false),
        parameters,
    };
    Ok(Kernel::new(move |inputs| recurrent.run(inputs)))
}

/// For each direction weight, recurrent weight and, where there are some, the two biases.
fn in_torchs_order(cell: Cell, [w, r, b]: [Option<&Tensor>; 3]) -> Result<Vec<Shared>, TchError> {
    let (Some(w), Some(r)) = (w, r) else {
        return Err(TchError::Shape("weights are missing".to_owned()));
    };
    let reorder = |gates: Tensor| -> Result<Shared, TchError> {
        let parts = gates.f_chunk(cell.gates().len() as i64, 0)?;
        let turned: Option<Vec<&Tensor>> =
            cell.gates().iter().map(|gate| parts.get(*gate)).collect();
        let turned = turned.ok_or_else(|| TchError::Shape("weights lack gates".to_owned()))?;
        Tensor::f_cat(&turned, 0).map(Shared::new)
    };
    let mut ordered = vec![];
    for direction in 0..size_at(w, 0)? {
        ordered.push(reorder(w.f_select(0, direction)?)?);
        ordered.push(reorder(r.f_select(0, direction)?)?);
        if let Some(b) = b {
            for half in b.f_select(0, direction)?.f_chunk(2, 0)? {
                ordered.push(reorder(half)?);
            }
        }
    }
    Ok(ordered)
}

impl Recurrent {
    fn run(&self, inputs: Inputs<'_>) -> Result<Vec<Tensor>, TchError> {
        match &self.parameters {
            Parameters::Ready(parameters) => self.execute(inputs, parameters),
            Parameters::AtRun(given) => {
                let places = [1, 2, 3];
                let found = places.map(|index| given[index - 1].as_deref().or(inputs.get(index)));
                self.execute(inputs, &in_torchs_order(self.cell, found)?)
            }
        }
    }

    fn execute(&self, inputs: Inputs<'_>, parameters: &[Shared]) -> Result<Vec<Tensor>, TchError> {
        let time = i64::from(self.batch_first);
        let reverse = self.direction == Direction::Reverse;
        let x = match inputs.at(0)? {
            x if reverse => x.f_flip([time])?,
            x => x.shallow_clone(),
        };
        let weights: Vec<&Tensor> = parameters.iter().map(|shared| &**shared).collect();
        let Some(recurrent) = weights.get(1) else {
            return Err(TchError::Shape("there is no direction".to_owned()));
        };
        let hidden = self.start(inputs.get(5), &x, recurrent)?;
        let outputs = match self.cell {
            Cell::Lstm => {
                let states = [&hidden, &self.start(inputs.get(6), &x, recurrent)?];
                let (y, h, c) = self.lstm(&x, &states, &weights)?;
                vec![y, h, c]
            }
            cell => {
                let (y, h) = self.simple(cell, &x, &hidden, &weights)?;
                vec![y, h]
            }
        };
        let mut outputs = outputs.into_iter();
        let steps = outputs.next().map(|y| self.by_direction(&y, reverse, time));
        let states = outputs.map(|state| match self.batch_first {
            true => state.f_transpose(0, 1),
            false => Ok(state),
        });
        steps.into_iter().chain(states).collect()
    }

    fn directions(&self) -> i64 {
        if self.direction == Direction::Both {
            2
        } else {
            1
        }
    }

    /// The state before the first step, of shape [directions, batch, hidden]; zeros where none is given.
    fn start(
        &self,
        given: Option<&Tensor>,
        x: &Tensor,
        recurrent: &Tensor,
    ) -> Result<Tensor, TchError> {
        match given {
            Some(state) if self.batch_first => state.f_transpose(0, 1)?.f_contiguous(),
            Some(state) => Ok(state.shallow_clone()),
            None => {
                let batch = size_at(x, i64::from(!self.batch_first))?;
                let shape = [self.directions(), batch, size_at(recurrent, 1)?];
                Tensor::f_zeros(shape, (x.f_kind()?, x.device()))
            }
        }
    }

    fn lstm(
        &self,
        x: &Tensor,
        states: &[&Tensor],
        weights: &[&Tensor],
    ) -> Result<(Tensor, Tensor, Tensor), TchError> {
        let (biased, both) = self.form(weights);
        x.f_lstm(
            states,
            weights,
            biased,
            1,
            0.0,
            false,
            both,
            self.batch_first,
        )
    }

    fn simple(
        &self,
        cell: Cell,
        x: &Tensor,
        state: &Tensor,
        weights: &[&Tensor],
    ) -> Result<(Tensor, Tensor), TchError> {
        let (biased, both) = self.form(weights);
        let call = match cell {
            Cell::Gru => Tensor::f_gru,
            Cell::Relu => Tensor::f_rnn_relu,
            _ => Tensor::f_rnn_tanh,
        };
        call(
            x,
            state,
            weights,
            biased,
            1,
            0.0,
            false,
            both,
            self.batch_first,
        )
    }

    /// Whether there are biases, and whether there are two directions.
    fn form(&self, weights: &[&Tensor]) -> (bool, bool) {
        let both = self.direction == Direction::Both;
        (weights.len() as i64 == 4 * self.directions(), both)
    }

    /// From torch's [steps, batch, directions · hidden] to ONNX's [steps, directions, batch, hidden]; where the batch
    /// comes first, to [batch, steps, directions, hidden].
    fn by_direction(&self, y: &Tensor, reverse: bool, time: i64) -> Result<Tensor, TchError> {
        let y = if reverse {
            y.f_flip([time])?
        } else {
            y.shallow_clone()
        };
        let (first, second, wide) = y.size3()?;
        let directions = self.directions();
        let split = y.f_reshape([first, second, directions, wide / directions])?;
        if self.batch_first {
            Ok(split)
        } else {
            split.f_transpose(1, 2)
        }
    }
}

#[cfg(test)]
mod tests;
