//! What a cell asks of an adapter when it loads a model.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tare_models::{DataType, TensorSpec};

use crate::options::Options;

/// A model to be loaded, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadRequest {
    /// The model's file.
    pub model: PathBuf,
    /// What the file is.
    pub format: ModelFormat,
    /// The inputs in the model's order, with the shapes that requests will have.
    pub inputs: Vec<TensorSpec>,
    /// Requests may have any batch up to this one: so many rows on the first axis of every input, the other axes as in
    /// `inputs`. `None` where all have the shapes of `inputs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest_batch: Option<NonZeroUsize>,
    /// The outputs in the model's order, as the file declares them; empty where it declares none (TorchScript).
    pub outputs: Vec<OutputSpec>,
    /// The version of the framework's library; `None` where any will do.
    pub version: Option<String>,
    /// Options of the adapter.
    pub options: Options,
    /// How many threads may execute operators.
    pub threads: NonZeroUsize,
    /// Where operators execute.
    pub device: Device,
    /// The arithmetic asked for; `None` keeps the file's.
    pub precision: Option<Precision>,
}

impl LoadRequest {
    /// An ONNX file as it is: any version, no options, one thread, on the host's processor.
    pub fn new(model: PathBuf, inputs: Vec<TensorSpec>, outputs: Vec<OutputSpec>) -> Self {
        Self {
            model,
            format: ModelFormat::Onnx,
            inputs,
            largest_batch: None,
            outputs,
            version: None,
            options: Options::new(),
            threads: NonZeroUsize::MIN,
            device: Device::Cpu,
            precision: None,
        }
    }
}

/// The format of a model's file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelFormat {
    /// ONNX: a graph of operators.
    #[default]
    Onnx,
    /// TorchScript: an archive of code and weights that libtorch executes.
    TorchScript,
}

impl fmt::Display for ModelFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Onnx => "ONNX",
            Self::TorchScript => "TorchScript",
        })
    }
}

/// An output's name and element type.
///
/// A library may widen or narrow types inside (rten knows no 64-bit integers); outputs come back with the type declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputSpec {
    /// Name in the model.
    pub name: String,
    /// Element type.
    pub dtype: DataType,
}

/// Where operators execute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Device {
    /// The host's processor.
    #[default]
    Cpu,
    /// The NVIDIA GPU of this index.
    Cuda(u32),
}

/// The arithmetic of the model's floating-point operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Precision {
    /// 32-bit.
    Fp32,
    /// 16-bit, IEEE.
    Fp16,
    /// 16-bit, brain float.
    Bf16,
    /// 32-bit storage, TensorFloat-32 products.
    Tf32,
    /// 8-bit integers.
    Int8,
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.pad("cpu"),
            Self::Cuda(index) => f.pad(&format!("cuda:{index}")),
        }
    }
}

impl FromStr for Device {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "cpu" => Ok(Self::Cpu),
            None if text == "cuda" => Ok(Self::Cuda(0)),
            Some(("cuda", index)) => index
                .parse()
                .map(Self::Cuda)
                .map_err(|_| format!("'{index}' is not the index of a GPU: write cuda:0")),
            _ => Err(format!("unknown device '{text}': use cpu or cuda:0")),
        }
    }
}

const PRECISIONS: [(&str, Precision); 5] = [
    ("fp32", Precision::Fp32),
    ("fp16", Precision::Fp16),
    ("bf16", Precision::Bf16),
    ("tf32", Precision::Tf32),
    ("int8", Precision::Int8),
];

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = PRECISIONS
            .iter()
            .find(|(_, precision)| precision == self)
            .map_or("", |(name, _)| name);
        f.pad(name)
    }
}

impl FromStr for Precision {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        PRECISIONS
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, precision)| *precision)
            .ok_or_else(|| {
                format!("unknown precision '{text}': use fp32, fp16, bf16, tf32 or int8")
            })
    }
}

macro_rules! as_text {
    ($type:ty) => {
        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.to_string()
            }
        }

        impl TryFrom<String> for $type {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                text.parse()
            }
        }
    };
}

as_text!(Device);
as_text!(Precision);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_and_precisions_read_back_as_written() {
        for text in ["cpu", "cuda:3"] {
            assert_eq!(
                text.parse::<Device>().map(|device| device.to_string()),
                Ok(text.to_owned())
            );
        }
        for (name, precision) in PRECISIONS {
            assert_eq!(name.parse(), Ok(precision));
            assert_eq!(precision.to_string(), name);
        }
        assert!("gpu".parse::<Device>().is_err());
        assert!("cuda:x".parse::<Device>().is_err());
        assert!("fp8".parse::<Precision>().is_err());
    }
}
