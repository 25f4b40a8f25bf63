//! RotaryEmbedding: each pair of numbers turned by the angle of its position.

use tch::{TchError, Tensor};

use super::{Entry, Inputs, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[("RotaryEmbedding", rotary)];

#[derive(Clone, Copy)]
struct Turn {
    /// Neighbours are pairs, instead of the two halves.
    interleaved: bool,
    /// Numbers of each head that are turned; 0 for all.
    width: i64,
    heads: i64,
}

fn rotary(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let turn = Turn {
        interleaved: node.flag("interleaved", false),
        width: node.int("rotary_embedding_dim", 0),
        heads: node.int("num_heads", 0),
    };
    let flat = node.rank(0)? == 3;
    if flat && turn.heads < 1 {
        return Err(Refusal::new("over three axes without a number of heads"));
    }
    let picking = 2 * u64::from(node.has_input(3));
    let keeping = 2 * u64::from(turn.width > 0);
    let weaving = u64::from(turn.interleaved);
    Ok(Kernel::new(
        14 + picking + keeping + weaving,
        move |inputs: Inputs<'_>| {
            let x = inputs.at(0)?;
            let by_row = match flat {
                true => x.f_unflatten(2, [turn.heads, -1])?,
                false => x.f_transpose(1, 2)?,
            };
            let (cos, sin) = (angles(inputs, 1)?, angles(inputs, 2)?);
            let turned = turn.apply(&by_row, &cos, &sin)?;
            match flat {
                true => turned.f_flatten(2, 3),
                false => turned.f_transpose(1, 2),
            }
        },
    ))
}

/// The cosines or sines [batch, rows, 1, width / 2], picked by position where positions are given.
fn angles(inputs: Inputs<'_>, index: usize) -> Result<Tensor, TchError> {
    let table = inputs.at(index)?;
    let picked = match inputs.get(3) {
        None => table.shallow_clone(),
        Some(positions) => table.f_index(&[Some(positions)])?,
    };
    picked.f_unsqueeze(2)
}

impl Turn {
    /// Of x [batch, rows, heads, width].
    fn apply(self, x: &Tensor, cos: &Tensor, sin: &Tensor) -> Result<Tensor, TchError> {
        let whole = x.size()[3];
        let width = if self.width == 0 { whole } else { self.width };
        let turning = x.f_slice(3, 0, width, 1)?;
        let (a, b) = match self.interleaved {
            true => (
                turning.f_slice(3, 0, width, 2)?,
                turning.f_slice(3, 1, width, 2)?,
            ),
            false => (
                turning.f_slice(3, 0, width / 2, 1)?,
                turning.f_slice(3, width / 2, width, 1)?,
            ),
        };
        let real = cos.f_mul(&a)?.f_sub(&sin.f_mul(&b)?)?;
        let imaginary = sin.f_mul(&a)?.f_add(&cos.f_mul(&b)?)?;
        let turned = match self.interleaved {
            true => Tensor::f_stack(&[real, imaginary], -1)?.f_flatten(3, 4)?,
            false => Tensor::f_cat(&[real, imaginary], 3)?,
        };
        if width == whole {
            return Ok(turned);
        }
        Tensor::f_cat(&[turned, x.f_slice(3, width, whole, 1)?], 3)
    }
}
