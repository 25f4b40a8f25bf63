//! The kinds of steps: what one kernel or one library call computes.

use serde::{Deserialize, Serialize};

use crate::expression::Program;
use crate::view::View;

/// What is applied to each element at the end of a product or convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Activation {
    Relu,
    /// By the error function.
    Gelu,
    /// By the hyperbolic tangent.
    GeluTanh,
}

/// What follows a product or convolution within its step: `activation(result + bias + residual)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Epilogue {
    /// Whether a vector over the columns, or channels, is added.
    pub bias: bool,
    /// Whether an operand of the result's shape is added.
    pub residual: bool,
    /// What is applied last.
    pub activation: Option<Activation>,
}

/// Where a window lies over the two axes of a map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Its size.
    pub kernel: [usize; 2],
    /// From one window to the next.
    pub strides: [usize; 2],
    /// Places before the map that are no part of it.
    pub pads: [usize; 2],
    /// From one place of the window to the next.
    pub dilations: [usize; 2],
}

/// What a pooling takes of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// The largest.
    Max,
    /// The mean of the places within the map.
    Average,
    /// The mean of all places, those beyond the map being zero.
    PaddedAverage,
}

/// What a reduction makes of many numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Reduction {
    Sum,
    Mean,
    Max,
    Min,
    Product,
}

/// What a step computes from its inputs, in the order given here; all of 32-bit floats but where it says otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Kind {
    /// Each element by a program over operands of the result's shape, of any type; a copy where that is the operand itself.
    Map {
        /// The program.
        program: Program,
    },
    /// `a` […, m, k] times `b` […, k, n], with a bias `[n]` and a residual […, m, n].
    Product {
        /// What follows.
        epilogue: Epilogue,
    },
    /// `softmax(q kᵀ · scale + mask) v` of q […, m, d], k […, n, d], v […, n, e] and a mask […, m, n].
    Attention {
        /// Factor of the scores.
        scale: f32,
        /// Whether there is a mask.
        mask: bool,
    },
    /// `(x + residual)` with mean 0 and deviation 1 over the last axis, times a scale, plus a shift, vectors both; a second
    /// output is the sum itself.
    LayerNorm {
        /// Added to the variance.
        epsilon: f32,
        /// Whether something is added before.
        residual: bool,
        /// Whether there is a scale.
        scale: bool,
        /// Whether there is a shift.
        bias: bool,
    },
    /// x [n, c, h, w] by weights [m, c / groups, kh, kw], with a bias `[m]` and a residual of the result's shape.
    Convolution {
        /// Where the weights lie over the map.
        window: Window,
        /// How many groups of channels do not mix.
        groups: usize,
        /// What follows.
        epilogue: Epilogue,
    },
    /// Each window of each channel of x [n, c, h, w].
    Pool {
        /// What is taken.
        function: Pooling,
        /// Where from.
        window: Window,
    },
    /// Over the last axis.
    Softmax {
        /// Whether its logarithm is meant.
        log: bool,
    },
    /// The last `axes` axes to one number.
    Reduce {
        /// What they become.
        function: Reduction,
        /// How many.
        axes: usize,
    },
    /// The places of one axis of a table of any type that integer indices choose; negative ones count from the end.
    Gather {
        /// Which axis.
        axis: usize,
    },
}

/// An operator of the model that went into a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its name in the file.
    pub name: String,
    /// Such as `MatMul`.
    pub op_type: String,
}

/// One kernel or library call: what it reads, writes and computes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What it computes.
    #[serde(flatten)]
    pub kind: Kind,
    /// What it reads, in the order of the kind.
    pub inputs: Vec<View>,
    /// What it writes.
    pub outputs: Vec<View>,
    /// The operators that it stands for.
    pub sources: Vec<Source>,
}

impl Kind {
    /// What each input is, in order; of an element-wise step only `x`, however many it has.
    pub fn roles(&self) -> Vec<&'static str> {
        let with = |roles: &[&'static str], more: &[(bool, &'static str)]| {
            let more = more.iter().filter(|(is_there, _)| *is_there);
            let more = more.map(|(_, role)| *role);
            roles.iter().copied().chain(more).collect()
        };
        match self {
            Self::Map { .. } | Self::Pool { .. } | Self::Softmax { .. } | Self::Reduce { .. } => {
                vec!["x"]
            }
            Self::Product { epilogue } => with(
                &["a", "b"],
                &[(epilogue.bias, "bias"), (epilogue.residual, "residual")],
            ),
            Self::Attention { mask, .. } => with(&["q", "k", "v"], &[(*mask, "mask")]),
            Self::LayerNorm {
                residual,
                scale,
                bias,
                ..
            } => with(
                &["x"],
                &[(*residual, "residual"), (*scale, "scale"), (*bias, "bias")],
            ),
            Self::Convolution { epilogue, .. } => with(
                &["x", "weight"],
                &[(epilogue.bias, "bias"), (epilogue.residual, "residual")],
            ),
            Self::Gather { .. } => vec!["table", "indices"],
        }
    }

    /// What follows, where it is a product or a convolution.
    pub fn epilogue(&self) -> Option<&Epilogue> {
        match self {
            Self::Product { epilogue } | Self::Convolution { epilogue, .. } => Some(epilogue),
            _ => None,
        }
    }

    /// As [`Kind::epilogue`], to be changed.
    pub fn epilogue_mut(&mut self) -> Option<&mut Epilogue> {
        match self {
            Self::Product { epilogue } | Self::Convolution { epilogue, .. } => Some(epilogue),
            _ => None,
        }
    }
}

impl Step {
    /// The input of this role, such as `bias`.
    pub fn input(&self, role: &str) -> Option<&View> {
        let place = self.kind.roles().iter().position(|own| *own == role)?;
        self.inputs.get(place)
    }

    /// The program of an element-wise step.
    pub fn program(&self) -> Option<&Program> {
        match &self.kind {
            Kind::Map { program } => Some(program),
            _ => None,
        }
    }

    /// Whether it only moves elements.
    pub fn is_copy(&self) -> bool {
        self.program().is_some_and(Program::is_identity)
    }
}
