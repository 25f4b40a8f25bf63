//! The inputs that requests take in turn, of one batch or of every batch up to a largest one, over the same bytes.

use tare_adapter_api::Tensor;
use tare_models::Inputs;
use tare_units::Bytes;

use crate::batches::around;
use crate::job::JobError;

/// Inputs in the pool at the most.
const INPUTS: u64 = 16;
/// Bytes of inputs in the pool at the most; one input is always there.
const BYTES: u64 = 64 << 20;

/// Sets of inputs. Those of a smaller batch are the first rows of those of the largest; nothing is copied or allocated once
/// it is filled.
#[derive(Debug)]
pub struct Pool {
    /// Of one batch: that one. Of several: those of one row, of two and so on.
    by_batch: Vec<Vec<Vec<Tensor>>>,
    /// The place of the cell's own batch, whose first inputs are the check input.
    own: usize,
    /// The batches of several, in the order in which a warm-up meets them.
    order: Vec<u64>,
}

impl Pool {
    /// Inputs that every request takes in turn, whatever samples it carries.
    pub fn of_one_batch(inputs: Vec<Vec<Tensor>>) -> Self {
        Self {
            by_batch: vec![inputs],
            own: 0,
            order: Vec::new(),
        }
    }

    /// Inputs of one row, of two and so on; the cell's own batch is one.
    pub fn of_batches(by_batch: Vec<Vec<Vec<Tensor>>>) -> Self {
        let order = around(1, by_batch.len() as u64);
        Self {
            by_batch,
            own: 0,
            order,
        }
    }

    /// Of one batch, that of `inputs`: 16 sets, or fewer where these take over 64 MiB.
    pub fn filled(inputs: &Inputs) -> Self {
        let sets = (0..sets(inputs)).map(|index| inputs.generate(index));
        Self::of_one_batch(sets.collect())
    }

    /// Of every batch from one row to `largest`, as many sets of each as of the largest take 64 MiB, and 16 at the most.
    ///
    /// # Errors
    /// `Job` where an input has no first axis, or `inputs` has more rows than `largest`.
    pub fn filled_up_to(inputs: &Inputs, largest: usize) -> Result<Self, JobError> {
        let own = own_batch(inputs).filter(|own| (1..=largest).contains(own));
        let own = own.ok_or_else(|| {
            JobError::Job(format!(
                "its inputs have no batch of 1 to {largest}, which its requests have"
            ))
        })?;
        let most = with_rows(inputs, largest)?;
        let most: Vec<Vec<Tensor>> = (0..sets(&most)).map(|index| most.generate(index)).collect();
        let rows_of = |rows: usize| {
            let set = |set: &Vec<Tensor>| set.iter().map(|input| input.first_rows(rows)).collect();
            let cut = most.iter().map(set).collect::<Option<Vec<Vec<Tensor>>>>();
            cut.ok_or_else(|| JobError::Job(format!("its inputs have no first {rows} rows")))
        };
        Ok(Self {
            by_batch: (1..=largest).map(rows_of).collect::<Result<_, _>>()?,
            own: own - 1,
            order: around(own as u64, largest as u64),
        })
    }

    /// The same, of which a warm-up meets these batches alone, in this order.
    ///
    /// # Errors
    /// `Job` where there are no inputs for one of them.
    pub fn met_in(self, order: Vec<u64>) -> Result<Self, JobError> {
        match order.iter().find(|batch| self.of(**batch, 0).is_none()) {
            None => Ok(Self { order, ..self }),
            Some(batch) => Err(no_inputs(*batch)),
        }
    }

    /// What [`Self::filled`], or with `largest` [`Self::filled_up_to`], takes in memory.
    pub fn byte_len(inputs: &Inputs, largest: Option<usize>) -> Bytes {
        let Some(largest) = largest else {
            let input = inputs.byte_len().as_bytes();
            return Bytes::from_bytes(input.saturating_mul(sets(inputs)));
        };
        let Ok(most) = inputs.with_rows(largest) else {
            return Bytes::from_bytes(u64::MAX);
        };
        let axes = |axes: u64, rank: usize| axes + rank as u64;
        let specs = most.describe().iter().map(|plan| plan.spec.shape.len());
        let tensors = most.describe().len() * size_of::<Tensor>() + size_of::<Vec<Tensor>>();
        let view = tensors as u64 + specs.fold(0, axes) * size_of::<usize>() as u64;
        let views = view.saturating_mul(largest as u64);
        let set = most.byte_len().as_bytes().saturating_add(views);
        Bytes::from_bytes(set.saturating_mul(sets(&most)))
    }

    /// The inputs of the request number `turn` that carries so many samples; `None` where there are none of that batch.
    #[inline]
    pub fn of(&self, samples: u64, turn: usize) -> Option<&[Tensor]> {
        let sets = match self.by_batch.as_slice() {
            [only] => only,
            several => several.get(usize::try_from(samples).ok()?.checked_sub(1)?)?,
        };
        sets.get(turn % sets.len().max(1)).map(Vec::as_slice)
    }

    /// The inputs of the cell's own batch.
    pub fn own(&self) -> &[Vec<Tensor>] {
        &self.by_batch[self.own]
    }

    /// The check input: the first of the cell's own batch; empty where the pool is.
    pub fn check_input(&self) -> &[Tensor] {
        self.own().first().map_or(&[], Vec::as_slice)
    }

    /// The largest batch; `None` where there is one alone, whatever samples its requests carry.
    pub fn largest(&self) -> Option<u64> {
        match self.by_batch.len() {
            1 => None,
            largest => Some(largest as u64),
        }
    }

    /// The batches that a warm-up meets, in this order; none where there is one alone.
    pub fn order(&self) -> &[u64] {
        &self.order
    }

    /// The rows of the cell's own batch where there are several.
    pub fn own_batch(&self) -> u64 {
        self.own as u64 + 1
    }
}

/// That a request is due for which there are no inputs.
pub fn no_inputs(samples: u64) -> JobError {
    JobError::Job(format!(
        "a request of {samples} samples was due, for which there are no inputs"
    ))
}

/// How many sets of these inputs there are.
fn sets(inputs: &Inputs) -> u64 {
    (BYTES / inputs.byte_len().as_bytes().max(1)).clamp(1, INPUTS)
}

/// The rows that all inputs have.
fn own_batch(inputs: &Inputs) -> Option<usize> {
    let mut firsts = inputs.describe().iter().map(|plan| plan.spec.shape.first());
    let own = *firsts.next()??;
    firsts.all(|first| first == Some(&own)).then_some(own)
}

fn with_rows(inputs: &Inputs, rows: usize) -> Result<Inputs, JobError> {
    inputs
        .with_rows(rows)
        .map_err(|error| JobError::Job(error.to_string()))
}

#[cfg(test)]
mod tests {
    use tare_models::{DataType, Graph, TensorSpec};

    use super::*;

    fn inputs(shapes: &[&[usize]]) -> Inputs {
        let specs: Vec<TensorSpec> = shapes
            .iter()
            .map(|shape| TensorSpec {
                name: "x".into(),
                dtype: DataType::F32,
                shape: shape.to_vec(),
            })
            .collect();
        Inputs::new(&Graph::default(), &specs, &|_| None, 3).expect("small inputs")
    }

    #[test]
    fn a_smaller_batch_is_the_first_rows_of_the_largest_and_shares_its_bytes() {
        let inputs = inputs(&[&[3, 2], &[3]]);
        let pool = Pool::filled_up_to(&inputs, 5).expect("fits");
        assert_eq!((pool.largest(), pool.own_batch()), (Some(5), 3));
        assert_eq!(
            pool.check_input(),
            inputs.generate(0),
            "as the reference has it"
        );
        for samples in 1..=5 {
            let request = pool.of(samples, 17).expect("there is one");
            let largest = pool.of(5, 1).expect("the second of sixteen");
            assert_eq!(request[0].shape(), [samples as usize, 2]);
            assert_eq!(request[1].shape(), [samples as usize]);
            let starts = |set: &[Tensor]| [0, 1].map(|at| set[at].bytes().as_ptr());
            assert_eq!(starts(request), starts(largest));
        }
        assert_eq!(pool.of(0, 0), None);
        assert_eq!(pool.of(6, 0), None);
    }

    #[test]
    fn where_there_is_one_batch_every_request_has_it() {
        let inputs = inputs(&[&[3, 2]]);
        let pool = Pool::filled(&inputs);
        assert_eq!(pool.largest(), None);
        assert_eq!(pool.own().len(), 16);
        for samples in [1, 3, 400] {
            assert_eq!(pool.of(samples, 16), Some(&*inputs.generate(0)));
        }
    }

    #[test]
    fn large_inputs_are_few_and_bounded_by_the_largest_batch() {
        let row = 1 << 20;
        let inputs = inputs(&[&[2, row]]);
        assert_eq!(sets(&inputs), 8, "of 8 MiB each");
        let most = inputs.with_rows(20).expect("fits");
        assert_eq!(sets(&most), 1, "of 80 MiB");
        assert_eq!(Pool::byte_len(&inputs, None), Bytes::from_mib(64));
        let several = Pool::byte_len(&inputs, Some(20)).as_bytes() - Bytes::from_mib(80).as_bytes();
        assert!(
            (1_000..10_000).contains(&several),
            "twenty views: {several}"
        );
    }

    #[test]
    fn inputs_that_do_not_share_a_batch_within_bounds_are_refused() {
        let refused = |shapes: &[&[usize]], largest| {
            let refused = Pool::filled_up_to(&inputs(shapes), largest).map(|_| ());
            refused.expect_err("no batch").to_string()
        };
        let expected =
            "the job is wrong: its inputs have no batch of 1 to 2, which its requests have";
        assert_eq!(refused(&[&[3, 2]], 2), expected);
        assert_eq!(refused(&[&[2, 2], &[]], 2), expected);
        assert_eq!(refused(&[&[2, 2], &[1]], 2), expected);
        assert_eq!(refused(&[], 2), expected);
    }
}
