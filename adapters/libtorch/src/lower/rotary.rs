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
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
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
    }))
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

#[cfg(test)]
mod tests {
    use super::super::testing::{floats, longs, one};

    /// A quarter turn at position 1, none at position 0.
    fn turned(x: tare_adapter_api::Tensor, interleaved: i64, width: i64) -> Vec<f64> {
        let node = one("RotaryEmbedding", 23).int("interleaved", interleaved);
        let node = node.int("rotary_embedding_dim", width).fed(x);
        let node = node
            .known(floats(&[2, 1], &[1.0, 0.0]))
            .known(floats(&[2, 1], &[0.0, 1.0]));
        node.fed(longs(&[1, 2], &[0, 1])).first().1
    }

    #[test]
    fn pairs_are_turned_by_their_position() {
        let x = floats(&[1, 1, 2, 2], &[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(turned(x.clone(), 0, 0), [1.0, 2.0, -4.0, 3.0]);
        assert_eq!(turned(x, 1, 0), [1.0, 2.0, -4.0, 3.0]);
    }

    #[test]
    fn numbers_beyond_the_width_stay() {
        let x = floats(&[1, 1, 2, 3], &[1.0, 2.0, 5.0, 3.0, 4.0, 6.0]);
        assert_eq!(turned(x, 0, 2), [1.0, 2.0, 5.0, -4.0, 3.0, 6.0]);
    }

    #[test]
    fn heads_lie_side_by_side_where_there_are_three_axes() {
        let x = floats(&[1, 1, 4], &[1.0, 2.0, 3.0, 4.0]);
        let node = one("RotaryEmbedding", 23)
            .int("num_heads", 2)
            .fed(x.clone());
        let angle = |value: f32| floats(&[1, 1, 1], &[value]);
        let found = node.known(angle(0.0)).known(angle(1.0)).first();
        assert_eq!(found, (vec![1, 1, 4], vec![-2.0, 1.0, -4.0, 3.0]));
        let without = one("RotaryEmbedding", 23)
            .fed(x)
            .known(angle(0.0))
            .known(angle(1.0));
        assert_eq!(
            without.refusal(),
            "over three axes without a number of heads"
        );
    }
}
