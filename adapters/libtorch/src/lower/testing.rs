//! One operator executed alone, for the tests of its lowering.

use std::collections::BTreeMap;

use tare_adapter_api::{DataType, Tensor as HostTensor};
use tare_models::{Attribute, Graph, Resolved, ValueId, graph};
use tch::{Device, Kind, Tensor};

use super::host::numbers;
use super::{Inputs, Node, Outputs, Scope, Target, find};

/// An operator with its attributes and operands.
pub(super) struct One {
    node: graph::Node,
    graph: Graph,
    operands: Vec<Option<HostTensor>>,
}

/// Shape and elements of an output.
pub(super) type Found = (Vec<i64>, Vec<f64>);

/// An operator of ONNX's own set with one output.
pub(super) fn one(op_type: &str, opset: i64) -> One {
    One {
        node: graph::Node {
            name: "one".to_owned(),
            op_type: op_type.to_owned(),
            domain: String::new(),
            inputs: vec![],
            outputs: vec![Some(ValueId(100))],
            attributes: BTreeMap::new(),
        },
        graph: Graph {
            opsets: [(String::new(), opset)].into(),
            ..Graph::default()
        },
        operands: vec![],
    }
}

/// 32-bit floats of this shape.
pub(super) fn floats(shape: &[usize], values: &[f32]) -> HostTensor {
    HostTensor::from_values(shape.to_vec(), values.to_vec()).expect("fits")
}

/// 64-bit integers of this shape.
pub(super) fn longs(shape: &[usize], values: &[i64]) -> HostTensor {
    HostTensor::from_values(shape.to_vec(), values.to_vec()).expect("fits")
}

/// Unsigned bytes of this shape.
pub(super) fn bytes(shape: &[usize], values: &[u8]) -> HostTensor {
    HostTensor::from_values(shape.to_vec(), values.to_vec()).expect("fits")
}

impl One {
    pub(super) fn with(mut self, name: &str, value: Attribute) -> Self {
        self.node.attributes.insert(name.to_owned(), value);
        self
    }

    pub(super) fn int(self, name: &str, value: i64) -> Self {
        self.with(name, Attribute::Int(value))
    }

    pub(super) fn ints(self, name: &str, values: &[i64]) -> Self {
        self.with(name, Attribute::Ints(values.to_vec()))
    }

    pub(super) fn float(self, name: &str, value: f32) -> Self {
        self.with(name, Attribute::Float(value))
    }

    pub(super) fn string(self, name: &str, value: &str) -> Self {
        self.with(name, Attribute::String(value.as_bytes().to_vec()))
    }

    /// An operand that each request brings.
    pub(super) fn fed(mut self, tensor: HostTensor) -> Self {
        let id = ValueId(self.operands.len() as u32);
        self.node.inputs.push(Some(id));
        self.operands.push(Some(tensor));
        self
    }

    /// An operand that is known at load.
    pub(super) fn known(mut self, tensor: HostTensor) -> Self {
        let id = ValueId(self.operands.len() as u32);
        self.graph.constants.insert(id, tensor.clone());
        self.fed(tensor)
    }

    /// An optional operand that is left out.
    pub(super) fn absent(mut self) -> Self {
        self.node.inputs.push(None);
        self.operands.push(None);
        self
    }

    /// So many outputs instead of one.
    pub(super) fn outputs(mut self, count: u32) -> Self {
        self.node.outputs = (0..count).map(|index| Some(ValueId(100 + index))).collect();
        self
    }

    /// Lowers and executes it; the error is the refusal or torch's message.
    pub(super) fn tensors(&self) -> Result<Vec<Tensor>, String> {
        let target = Target {
            device: Device::Cpu,
            float: Kind::Float,
        };
        let resolved = Resolved {
            graph: self.graph.clone(),
            types: self.types(),
            unresolved: vec![],
            weights: vec![],
        };
        let scope = Scope::new(&resolved.graph, &resolved, target);
        let node = Node::new(&self.node, &scope);
        let lower = find("", &self.node.op_type).ok_or("no lowering")?;
        let kernel = lower(&node).map_err(|refusal| format!("refused {refusal}"))?;
        let operand = |(index, host): (usize, &Option<HostTensor>)| {
            let host = host.as_ref().filter(|_| !node.is_taken(index));
            host.map(|host| target.tensor(host)).transpose()
        };
        let operands: Result<Vec<Option<Tensor>>, _> =
            self.operands.iter().enumerate().map(operand).collect();
        let operands = operands.map_err(|refusal| refusal.to_string())?;
        let operands: Vec<Option<&Tensor>> = operands.iter().map(Option::as_ref).collect();
        match (kernel.run)(Inputs(&operands)).map_err(|error| error.to_string())? {
            Outputs::One(tensor) => Ok(vec![tensor]),
            Outputs::Many(tensors) => Ok(tensors),
        }
    }

    /// Shape and elements of every output.
    pub(super) fn run(&self) -> Result<Vec<Found>, String> {
        let found = self.tensors()?.into_iter();
        let read =
            |tensor: Tensor| Ok((tensor.size(), numbers(&tensor).map_err(|e| e.to_string())?));
        found.map(read).collect()
    }

    /// Shape and elements of the first output of an operator that must run.
    #[track_caller]
    pub(super) fn first(&self) -> Found {
        self.run().expect("runs").remove(0)
    }

    /// Why it is refused at load.
    #[track_caller]
    pub(super) fn refusal(&self) -> String {
        let error = self.run().expect_err("must be refused");
        let reason = error.strip_prefix("refused ").map(str::to_owned);
        reason.unwrap_or_else(|| panic!("failed at run: {error}"))
    }

    fn types(&self) -> BTreeMap<ValueId, (DataType, Vec<usize>)> {
        let operands = self.operands.iter().zip(0..);
        let known = operands.filter_map(|(host, id)| {
            let host = host.as_ref()?;
            Some((ValueId(id), (host.dtype(), host.shape().to_vec())))
        });
        known.collect()
    }
}
