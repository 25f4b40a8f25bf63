//! Small graphs for tests, written operator by operator.
#![allow(dead_code)]

pub mod call;

use std::collections::BTreeMap;

use tare_models::{
    Attribute, DataType, Declared, Dim, Element, Graph, Node, ResolveError, Resolved, Tensor,
    TensorSpec, ValueId, resolve,
};

/// A graph under construction, of operator set 17 unless told otherwise.
pub struct Sketch {
    pub graph: Graph,
    pub specs: Vec<TensorSpec>,
}

pub fn sketch() -> Sketch {
    let opsets = BTreeMap::from([(String::new(), 17), ("com.microsoft".to_owned(), 1)]);
    Sketch {
        graph: Graph {
            opsets,
            ..Graph::default()
        },
        specs: vec![],
    }
}

impl Sketch {
    pub fn opset(mut self, version: i64) -> Self {
        self.graph.opsets.insert(String::new(), version);
        self
    }

    pub fn value(&mut self, name: &str) -> ValueId {
        self.graph.value_names.push(name.to_owned());
        ValueId(self.graph.value_names.len() as u32 - 1)
    }

    pub fn input(&mut self, name: &str, dtype: DataType, shape: &[usize]) -> ValueId {
        let dims = shape.iter().map(|size| Dim::Fixed(*size)).collect();
        let declared = self.declare(name, dtype, Some(dims));
        self.graph.inputs.push(declared.clone());
        self.specs.push(TensorSpec {
            name: name.to_owned(),
            dtype,
            shape: shape.to_vec(),
        });
        declared.value
    }

    fn declare(&mut self, name: &str, dtype: DataType, dims: Option<Vec<Dim>>) -> Declared {
        let value = self.value(name);
        let name = name.to_owned();
        Declared {
            value,
            name,
            dtype,
            dims,
        }
    }

    pub fn constant(&mut self, name: &str, tensor: Tensor) -> ValueId {
        let value = self.value(name);
        self.graph.constants.insert(value, tensor);
        value
    }

    pub fn weight(&mut self, name: &str, shape: &[usize]) -> ValueId {
        self.constant(name, zeros(shape))
    }

    pub fn ints(&mut self, values: &[i64]) -> ValueId {
        let name = format!("ints{}", self.graph.value_names.len());
        self.constant(&name, ints(values))
    }

    /// One operator with one output, named after its kind and position.
    pub fn op(
        &mut self,
        op_type: &str,
        inputs: &[ValueId],
        attributes: &[(&str, Attribute)],
    ) -> ValueId {
        self.op_of("", op_type, inputs, attributes, 1)[0]
    }

    pub fn op_of(
        &mut self,
        domain: &str,
        op_type: &str,
        inputs: &[ValueId],
        attributes: &[(&str, Attribute)],
        outputs: usize,
    ) -> Vec<ValueId> {
        let name = format!("{}_{}", op_type.to_lowercase(), self.graph.nodes.len());
        let outputs: Vec<_> = (0..outputs)
            .map(|index| self.value(&format!("{name}:{index}")))
            .collect();
        let attributes = attributes.iter();
        self.graph.nodes.push(Node {
            name,
            op_type: op_type.to_owned(),
            domain: domain.to_owned(),
            inputs: inputs.iter().map(|value| Some(*value)).collect(),
            outputs: outputs.iter().map(|value| Some(*value)).collect(),
            attributes: attributes
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
        });
        outputs
    }

    /// Declares an output of unknown rank.
    pub fn output(&mut self, value: ValueId) {
        let name = self.graph.name_of(value).to_owned();
        let dtype = DataType::F32;
        self.graph.outputs.push(Declared {
            value,
            name,
            dtype,
            dims: None,
        });
    }

    pub fn try_resolve(&self) -> Result<Resolved, ResolveError> {
        resolve(&self.graph, &self.specs)
    }

    pub fn resolve(&self) -> Resolved {
        self.try_resolve().expect("the graph fits")
    }
}

pub fn ints(values: &[i64]) -> Tensor {
    Tensor::from_values(vec![values.len()], values.to_vec()).expect("fits")
}

pub fn scalar(value: i64) -> Tensor {
    tensor(&[], &[value])
}

pub fn tensor<T: Element + 'static>(shape: &[usize], values: &[T]) -> Tensor {
    Tensor::from_values(shape.to_vec(), values.to_vec()).expect("fits")
}

pub fn zeros(shape: &[usize]) -> Tensor {
    tensor(shape, &vec![0f32; shape.iter().product()])
}

pub fn int(value: i64) -> Attribute {
    Attribute::Int(value)
}

pub fn list(values: &[i64]) -> Attribute {
    Attribute::Ints(values.to_vec())
}

pub fn text(value: &str) -> Attribute {
    Attribute::String(value.as_bytes().to_vec())
}
