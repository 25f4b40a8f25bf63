//! Attention: libtorch's fused call wherever it has what is asked, else the products written out.

use tch::{Kind, TchError, Tensor};

use super::host::Number;
use super::{Entry, Inputs, Kernel, Node, Outputs, Refusal};

pub(super) const TABLE: &[Entry] = &[("Attention", attention)];

/// The pattern that the rewriting found: query, key, value [batch, heads, rows, width], and a mask to add.
pub(super) const OWN: &[Entry] = &[("sdpa", sdpa)];

fn sdpa(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let width = node.shape(0).and_then(|shape| shape.last().copied());
    let width = width.ok_or_else(|| Refusal::new("over a shape that is not known"))?;
    let usual = 1.0 / (width as f64).sqrt();
    let scale = node.float("scale", usual);
    let scale = ((scale - usual).abs() > 1e-6 * usual).then_some(scale);
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let (q, k, v) = (inputs.at(0)?, inputs.at(1)?, inputs.at(2)?);
        fused(q, k, v, inputs.get(3), false, scale)
    }))
}

fn fused(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    mask: Option<&Tensor>,
    causal: bool,
    scale: Option<f64>,
) -> Result<Tensor, TchError> {
    let grouped = q.size()[1] != k.size()[1];
    Tensor::f_scaled_dot_product_attention(q, k, v, mask, 0.0, causal, scale, grouped)
}

/// What the attributes and wanted outputs ask.
#[derive(Clone, Copy)]
struct Asked {
    causal: bool,
    scale: Option<f64>,
    softcap: f64,
    /// Heads of queries, and of keys and values, where the inputs have three axes.
    heads: Option<(i64, i64)>,
    /// Whether the keys and values with those of the past are wanted.
    present: bool,
    /// After which step the scores are wanted: product, mask, cap, softmax.
    scores: Option<i64>,
}

impl Asked {
    /// Whether it is more than the fused call does.
    fn by_hand(self) -> bool {
        self.scores.is_some() || self.softcap > 0.0
    }
}

fn attention(node: &Node<'_>) -> Result<Kernel, Refusal> {
    if node.has_input(6) {
        return Err(Refusal::new("with lengths of keys without padding"));
    }
    let heads = (node.int("q_num_heads", 0), node.int("kv_num_heads", 0));
    let flat = node.rank(0)? == 3;
    if flat && (heads.0 < 1 || heads.1 < 1) {
        return Err(Refusal::new("over three axes without numbers of heads"));
    }
    let asked = Asked {
        causal: node.flag("is_causal", false),
        scale: node.attribute("scale").map(|_| node.float("scale", 1.0)),
        softcap: node.float("softcap", 0.0),
        heads: flat.then_some(heads),
        present: node.has_output(1) || node.has_output(2),
        scores: node
            .has_output(3)
            .then(|| node.int("qk_matmul_output_mode", 0)),
    };
    Ok(Kernel::new(move |inputs: Inputs<'_>| attend(inputs, asked)))
}

fn attend(inputs: Inputs<'_>, asked: Asked) -> Result<Outputs, TchError> {
    let (heads_q, heads_kv) = asked.heads.unzip();
    let q = split(inputs.at(0)?, heads_q)?;
    let k = with_past(inputs.get(4), split(inputs.at(1)?, heads_kv)?)?;
    let v = with_past(inputs.get(5), split(inputs.at(2)?, heads_kv)?)?;
    let past = inputs.get(4).map_or(0, |past| past.size()[2]);
    let simple = asked.causal && inputs.get(3).is_none() && past == 0;
    let rows = (q.size()[2], k.size()[2]);
    let mask = match inputs.get(3) {
        Some(mask) => Some(widened(mask, rows.1)?),
        None => None,
    };
    let mask = match asked.causal && (!simple || asked.by_hand()) {
        true => Some(causal(mask, rows, past, &q)?),
        false => mask,
    };
    let (y, scores) = if asked.by_hand() {
        by_hand(&q, &k, &v, mask.as_ref(), asked)?
    } else {
        let y = fused(&q, &k, &v, mask.as_ref(), simple, asked.scale)?;
        (y, None)
    };
    let y = match asked.heads {
        None => y,
        Some(_) => y.f_transpose(1, 2)?.f_flatten(2, 3)?,
    };
    if !asked.present && asked.scores.is_none() {
        return Ok(Outputs::One(y));
    }
    let outputs = [y, k, v].into_iter().chain(scores);
    Ok(Outputs::Many(outputs.collect()))
}

/// [batch, rows, heads · width] as [batch, heads, rows, width].
fn split(x: &Tensor, heads: Option<i64>) -> Result<Tensor, TchError> {
    match heads {
        None => Ok(x.shallow_clone()),
        Some(heads) => x.f_unflatten(2, [heads, -1])?.f_transpose(1, 2),
    }
}

fn with_past(past: Option<&Tensor>, now: Tensor) -> Result<Tensor, TchError> {
    match past {
        None => Ok(now),
        Some(past) => Tensor::f_cat(&[past, &now], 2),
    }
}

/// A mask as long as the keys: what it does not reach is not attended to.
fn widened(mask: &Tensor, keys: i64) -> Result<Tensor, TchError> {
    let short = keys - mask.size().last().copied().unwrap_or(keys);
    if short <= 0 {
        return Ok(mask.shallow_clone());
    }
    let least = if mask.f_kind()? == Kind::Bool {
        0.0
    } else {
        f64::NEG_INFINITY
    };
    mask.f_pad([0, short], "constant", least)
}

/// The mask with what comes after each query masked too.
fn causal(
    mask: Option<Tensor>,
    (queries, keys): (i64, i64),
    past: i64,
    q: &Tensor,
) -> Result<Tensor, TchError> {
    let seen = Tensor::f_ones([queries, keys], (Kind::Bool, q.device()))?.f_tril(past)?;
    match mask {
        None => Ok(seen),
        Some(mask) if mask.f_kind()? == Kind::Bool => mask.f_logical_and(&seen),
        Some(mask) => mask.f_masked_fill(&seen.f_logical_not()?, f64::NEG_INFINITY),
    }
}

fn by_hand(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    mask: Option<&Tensor>,
    asked: Asked,
) -> Result<(Tensor, Option<Tensor>), TchError> {
    let groups = q.size()[1] / k.size()[1];
    let (k, v) = (repeated(k, groups)?, repeated(v, groups)?);
    let usual = 1.0 / (q.size()[3] as f64).sqrt();
    let root = asked.scale.unwrap_or(usual).sqrt();
    let product = q
        .f_mul_scalar(root)?
        .f_matmul(&k.f_mul_scalar(root)?.f_transpose(2, 3)?)?;
    let masked = match mask {
        None => product.shallow_clone(),
        Some(mask) if mask.f_kind()? == Kind::Bool => {
            product.f_masked_fill(&mask.f_logical_not()?, Number::Float(f64::NEG_INFINITY))?
        }
        Some(mask) => product.f_add(mask)?,
    };
    let capped = match asked.softcap > 0.0 {
        true => masked
            .f_mul_scalar(1.0 / asked.softcap)?
            .f_tanh()?
            .f_mul_scalar(asked.softcap)?,
        false => masked.shallow_clone(),
    };
    let weights = capped.f_softmax(-1, None::<Kind>)?;
    let y = weights.f_matmul(&v)?;
    let scores = match asked.scores {
        Some(1) => masked,
        Some(2) => capped,
        Some(3) => weights,
        _ => product,
    };
    Ok((y, Some(scores)))
}

fn repeated(x: &Tensor, groups: i64) -> Result<Tensor, TchError> {
    if groups == 1 {
        return Ok(x.shallow_clone());
    }
    x.f_repeat_interleave_self_int(groups, 1, None)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{One, floats, one};

    /// Two positions of one head, whose queries see both keys alike.
    fn alike() -> One {
        let zeros = floats(&[1, 1, 2, 1], &[0.0, 0.0]);
        one("Attention", 23)
            .fed(zeros.clone())
            .fed(zeros)
            .fed(floats(&[1, 1, 2, 1], &[2.0, 4.0]))
    }

    #[test]
    fn what_comes_later_is_not_attended_to() {
        assert_eq!(alike().first().1, [3.0, 3.0]);
        assert_eq!(alike().int("is_causal", 1).first().1, [2.0, 3.0]);
        let masked = alike().int("is_causal", 1).fed(floats(&[2, 2], &[0.0; 4]));
        assert_eq!(masked.first().1, [2.0, 3.0]);
    }

    #[test]
    fn a_mask_that_is_too_short_hides_the_rest() {
        let found = alike().fed(floats(&[2, 1], &[0.0, 0.0]));
        assert_eq!(found.first().1, [2.0, 2.0]);
    }

    #[test]
    fn the_past_comes_before_and_is_returned() {
        let past = |value: f32| floats(&[1, 1, 1, 1], &[value]);
        let node = alike()
            .int("is_causal", 1)
            .absent()
            .fed(past(0.0))
            .fed(past(9.0));
        let found = node.outputs(3).run().expect("runs");
        assert_eq!(found[0].1, [5.5, 5.0]);
        assert_eq!(found[1], (vec![1, 1, 3, 1], vec![0.0; 3]));
        assert_eq!(found[2].1, [9.0, 2.0, 4.0]);
    }

    #[test]
    fn scores_are_told_after_the_step_that_is_asked_for() {
        let scores = |mode: i64| {
            let node = alike()
                .int("qk_matmul_output_mode", mode)
                .float("softcap", 1.0);
            let node = node.fed(floats(&[2, 2], &[0.0, 1.0, 0.0, 1.0])).outputs(4);
            node.run().expect("runs")[3].1.clone()
        };
        assert_eq!(scores(0), [0.0; 4]);
        assert_eq!(scores(1), [0.0, 1.0, 0.0, 1.0]);
        let capped = f64::from(1.0f32.tanh());
        assert!((scores(2)[1] - capped).abs() < 1e-6);
        let share = 1.0 / (1.0 + (-capped).exp());
        assert!((scores(3)[1] - share).abs() < 1e-6);
    }

    #[test]
    fn heads_are_split_and_joined_where_there_are_three_axes() {
        let zeros = floats(&[1, 2, 2], &[0.0; 4]);
        let node = one("Attention", 23)
            .int("q_num_heads", 2)
            .fed(zeros.clone());
        let few = node
            .int("kv_num_heads", 1)
            .fed(floats(&[1, 2, 1], &[0.0; 2]));
        let found = few.fed(floats(&[1, 2, 1], &[2.0, 4.0])).first();
        assert_eq!(found, (vec![1, 2, 2], vec![3.0; 4]));
        let without = one("Attention", 23)
            .fed(zeros.clone())
            .fed(zeros.clone())
            .fed(zeros);
        assert_eq!(
            without.refusal(),
            "over three axes without numbers of heads"
        );
    }
}
