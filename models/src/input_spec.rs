//! An input written by hand, for model files that do not declare theirs: `name=type[dimension,…]`.

use std::fmt;
use std::str::FromStr;

use crate::data_type::DataType;
use crate::graph::{Declared, Dim, Graph, ValueId};

/// The name, element type and dimensions of an input; a dimension is a size or a symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputSpec {
    /// What it is called.
    pub name: String,
    /// Element type.
    pub dtype: DataType,
    /// Size of each axis, or its symbol.
    pub dims: Vec<Dim>,
}

/// Why the text is no input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputSpecError {
    /// It is not of the form.
    #[error("'{0}' is no input: write name=type[dimension,…], such as images=f32[batch,3,224,224]")]
    Form(String),
    /// The type is unknown.
    #[error(
        "'{dtype}' in '{text}' is no element type: use f32, f64, f16, bf16, i64, i32, i16, i8, u8 or bool"
    )]
    Type {
        /// What was written.
        text: String,
        /// The part that is wrong.
        dtype: String,
    },
    /// A dimension is neither a size nor a symbol.
    #[error("'{dim}' in '{text}' is neither a size of 1 or more nor a name")]
    Dimension {
        /// What was written.
        text: String,
        /// The part that is wrong.
        dim: String,
    },
}

const TYPES: [DataType; 10] = [
    DataType::F32,
    DataType::F64,
    DataType::F16,
    DataType::Bf16,
    DataType::I64,
    DataType::I32,
    DataType::I16,
    DataType::I8,
    DataType::U8,
    DataType::Bool,
];

impl InputSpec {
    /// A graph with these inputs and nothing else, so that shapes and values are chosen as for any model.
    pub fn graph(inputs: &[Self]) -> Graph {
        let declared = inputs.iter().enumerate().map(|(index, input)| Declared {
            value: ValueId(index as u32),
            name: input.name.clone(),
            dtype: input.dtype,
            dims: Some(input.dims.clone()),
        });
        Graph {
            inputs: declared.collect(),
            value_names: inputs.iter().map(|input| input.name.clone()).collect(),
            ..Graph::default()
        }
    }
}

impl FromStr for InputSpec {
    type Err = InputSpecError;

    fn from_str(text: &str) -> Result<Self, InputSpecError> {
        let form = || InputSpecError::Form(text.to_owned());
        let (name, rest) = text.split_once('=').ok_or_else(form)?;
        let (dtype, dims) = rest
            .strip_suffix(']')
            .and_then(|rest| rest.split_once('['))
            .ok_or_else(form)?;
        if name.is_empty() {
            return Err(form());
        }
        let known = TYPES.iter().find(|known| known.to_string() == dtype);
        Ok(Self {
            name: name.to_owned(),
            dtype: *known.ok_or_else(|| InputSpecError::Type {
                text: text.to_owned(),
                dtype: dtype.to_owned(),
            })?,
            dims: dims
                .split(',')
                .filter(|_| !dims.is_empty())
                .map(|dim| dimension(text, dim.trim()))
                .collect::<Result<_, _>>()?,
        })
    }
}

fn dimension(text: &str, dim: &str) -> Result<Dim, InputSpecError> {
    let wrong = || InputSpecError::Dimension {
        text: text.to_owned(),
        dim: dim.to_owned(),
    };
    match dim.parse::<usize>() {
        Ok(0) => Err(wrong()),
        Ok(size) => Ok(Dim::Fixed(size)),
        Err(_) if dim.starts_with(|first: char| first.is_alphabetic() || first == '_') => {
            Ok(Dim::Symbol(dim.to_owned()))
        }
        Err(_) => Err(wrong()),
    }
}

impl fmt::Display for InputSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dims: Vec<String> = self
            .dims
            .iter()
            .map(|dim| match dim {
                Dim::Fixed(size) => size.to_string(),
                Dim::Symbol(symbol) => symbol.clone(),
                Dim::Unknown => "?".to_owned(),
            })
            .collect();
        write!(f, "{}={}[{}]", self.name, self.dtype, dims.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bind::{ShapeRequest, bind};

    #[test]
    fn an_input_reads_back_as_written() {
        for text in ["x=f32[batch,3,224,224]", "ids=i64[1,seq]", "scale=f32[]"] {
            let spec: InputSpec = text.parse().expect("well formed");
            assert_eq!(spec.to_string(), text);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |text: &str| {
            text.parse::<InputSpec>()
                .expect_err("malformed")
                .to_string()
        };
        for text in ["x", "x=f32", "=f32[1]", "x=f32[1", "x=f321]"] {
            assert!(error(text).starts_with(&format!("'{text}' is no input")));
        }
        assert!(error("x=float[1]").starts_with("'float' in 'x=float[1]' is no element type"));
        assert!(error("x=f32[1,0]").starts_with("'0' in 'x=f32[1,0]' is neither"));
        assert!(error("x=f32[1,,2]").starts_with("'' in"));
    }

    #[test]
    fn symbols_take_the_sizes_that_are_asked_for() {
        let specs = ["x=f32[batch,3]", "ids=i64[batch,seq]"].map(|text| text.parse().expect("ok"));
        let request = ShapeRequest {
            batch: Some(8),
            symbols: [("seq".to_owned(), 5)].into(),
        };
        let bound = bind(&InputSpec::graph(&specs), &request).expect("binds");
        assert_eq!(bound[0].shape, [8, 3]);
        assert_eq!(bound[1].shape, [8, 5]);
    }
}
