//! Inputs for a model: which values each input can take, and tensors of such values from a seed.

mod choose;
mod demand;
mod index;
mod onward;
mod walk;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::bind::TensorSpec;
use crate::data_type::DataType;
use crate::generate;
use crate::graph::{Graph, ValueId};
use crate::tensor::{Tensor, TensorError, byte_len};

/// The values that an input is filled with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Values {
    /// Standard normal, to within 0.1 of its kurtosis: the sum of twelve uniform numbers; below 6 in magnitude.
    Normal,
    /// The magnitude of a standard normal, plus one half.
    Positive,
    /// Whole numbers from `low` to below `high`, each as likely.
    Uniform {
        /// The least.
        low: i64,
        /// One above the greatest.
        high: i64,
    },
    /// 0, 1, 2, … along the last axis, starting again at `below`.
    Counting {
        /// One above the greatest.
        below: i64,
    },
    /// One number throughout.
    Fill(i64),
    /// These numbers in row-major order, the last one repeated.
    List(Vec<i64>),
}

/// What one input is filled with, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputPlan {
    /// Name, type and shape.
    pub spec: TensorSpec,
    /// The values.
    pub values: Values,
    /// What they were chosen for.
    pub why: String,
    /// Whether nothing that reads the input says which values suit.
    pub guessed: bool,
}

/// What all inputs of a model are filled with, and the seed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    seed: u64,
    plans: Vec<InputPlan>,
}

/// Looks up the element type and shape of a value of the outermost graph, where they are known.
pub type Types<'t> = dyn Fn(ValueId) -> Option<(DataType, Vec<usize>)> + 't;

impl Inputs {
    /// Chooses values that suit whatever reads each input of `graph`, found by following it to its readers.
    ///
    /// `types` may know nothing; then the constants of the graph alone tell how many rows a table has.
    ///
    /// # Errors
    /// Where a spec holds strings or exceeds the address space.
    pub fn new(
        graph: &Graph,
        specs: &[TensorSpec],
        types: &Types<'_>,
        seed: u64,
    ) -> Result<Self, TensorError> {
        specs.iter().try_for_each(check_size)?;
        let plan = |spec: &TensorSpec| choose::plan(graph, spec, specs, types);
        Ok(Self {
            seed,
            plans: specs.iter().map(plan).collect(),
        })
    }

    /// The inputs number `index`, in the order of the specs: a function of seed and index alone.
    pub fn generate(&self, index: u64) -> Vec<Tensor> {
        let plans = self.plans.iter().zip(0..);
        let tensors = plans.map(|(plan, position)| {
            generate::tensor(&plan.spec, &plan.values, [self.seed, index, position])
        });
        tensors.collect()
    }

    /// The same with so many rows on the first axis of each input: of two, those with fewer rows are the first rows of the
    /// others. An input without an axis stays as it is.
    ///
    /// # Errors
    /// Where an input then exceeds the address space.
    pub fn with_rows(&self, rows: usize) -> Result<Self, TensorError> {
        let mut plans = self.plans.clone();
        for plan in &mut plans {
            if let Some(first) = plan.spec.shape.first_mut() {
                *first = rows;
            }
            check_size(&plan.spec)?;
        }
        Ok(Self {
            seed: self.seed,
            plans,
        })
    }

    /// What each input is filled with, and why.
    pub fn describe(&self) -> &[InputPlan] {
        &self.plans
    }

    /// Bytes of one set of inputs.
    pub fn byte_len(&self) -> tare_units::Bytes {
        let specs = self.plans.iter().map(|plan| &plan.spec);
        let bytes = specs.filter_map(|spec| byte_len(spec.dtype, &spec.shape));
        tare_units::Bytes::from_bytes(bytes.fold(0, u64::saturating_add))
    }
}

fn check_size(spec: &TensorSpec) -> Result<(), TensorError> {
    match byte_len(spec.dtype, &spec.shape) {
        Some(bytes) if bytes <= isize::MAX as u64 => Ok(()),
        _ => Err(TensorError::TooLarge {
            dtype: spec.dtype,
            shape: spec.shape.clone(),
        }),
    }
}

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Normal => f.write_str("standard normal"),
            Self::Positive => f.write_str("positive, from 0.5"),
            Self::Uniform { low, high } => write!(f, "{low} to {}", high.saturating_sub(1)),
            Self::Counting { below } => write!(f, "0, 1, 2, … below {below}"),
            Self::Fill(number) => write!(f, "{number}"),
            Self::List(numbers) => write!(f, "{numbers:?}"),
        }
    }
}

/// `name: values (why)`, in one line.
impl fmt::Display for InputPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.spec.name, self.values, self.why)
    }
}
