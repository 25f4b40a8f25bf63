//! The names, numbers and element types of one graph's values, and what a nested graph sees of them.

use std::collections::HashMap;

use super::error::ModelError;
use super::name;
use crate::data_type::DataType;
use crate::graph::ValueId;
use crate::proto::NodeProto;

/// Names and numbers of one graph's values; an empty name is no value.
#[derive(Default)]
pub(super) struct Values {
    ids: HashMap<String, ValueId>,
    names: Vec<String>,
    types: HashMap<String, DataType>,
}

/// What a nested graph gets from the graphs around it.
pub(super) struct Scope<'s> {
    pub(super) values: &'s Values,
    pub(super) outer: Option<&'s Scope<'s>>,
    /// The element types of the nested graph's own inputs, as far as the operator's inputs tell them.
    pub(super) input_types: &'s [Option<DataType>],
}

impl Scope<'_> {
    fn sees(&self, name: &str) -> bool {
        self.values.ids.contains_key(name) || self.outer.is_some_and(|outer| outer.sees(name))
    }
}

impl Values {
    /// Gives `name` a number.
    ///
    /// # Errors
    /// Where it has none, or no name.
    pub(super) fn define(
        &mut self,
        name: &str,
        by: impl Fn() -> String,
    ) -> Result<ValueId, ModelError> {
        if name.is_empty() {
            return Err(ModelError::Malformed(format!("{} has no name", by())));
        }
        if self.ids.contains_key(name) {
            return Err(ModelError::Duplicate {
                value: name.to_owned(),
                by: by(),
            });
        }
        self.add(name)
    }

    /// Defines the outputs of an operator.
    pub(super) fn define_outputs(
        &mut self,
        node: &NodeProto,
        position: usize,
    ) -> Result<(), ModelError> {
        for output in node.output.iter().filter(|name| !name.is_empty()) {
            let by = || format!("the operator '{}'", name::node(node, position));
            self.define(output, by)?;
        }
        Ok(())
    }

    /// The number of the value `name`, captured from `outer` where only that has it; `None` without a name.
    ///
    /// # Errors
    /// [`ModelError::Undefined`].
    pub(super) fn read(
        &mut self,
        name: &str,
        outer: Option<&Scope<'_>>,
        by: impl Fn() -> String,
    ) -> Result<Option<ValueId>, ModelError> {
        if name.is_empty() {
            return Ok(None);
        }
        if let Some(value) = self.id(name) {
            return Ok(Some(value));
        }
        if outer.is_some_and(|outer| outer.sees(name)) {
            return self.add(name).map(Some);
        }
        Err(ModelError::Undefined {
            value: name.to_owned(),
            by: by(),
        })
    }

    /// The number of `name` in this graph.
    pub(super) fn id(&self, name: &str) -> Option<ValueId> {
        self.ids.get(name).copied()
    }

    /// Notes the element type of `name`, unless one is known.
    pub(super) fn note_type(&mut self, name: &str, dtype: DataType) {
        self.types.entry(name.to_owned()).or_insert(dtype);
    }

    /// The element type of `name`, here or in the graphs around.
    pub(super) fn type_of(&self, name: &str, outer: Option<&Scope<'_>>) -> Option<DataType> {
        let own = self.types.get(name).copied();
        own.or_else(|| outer.and_then(|scope| scope.values.type_of(name, scope.outer)))
    }

    /// The name of each value, by its number.
    pub(super) fn into_names(self) -> Vec<String> {
        self.names
    }

    fn add(&mut self, name: &str) -> Result<ValueId, ModelError> {
        let number = u32::try_from(self.names.len())
            .map_err(|_| ModelError::Malformed("more than 2^32 values".to_owned()))?;
        self.names.push(name.to_owned());
        self.ids.insert(name.to_owned(), ValueId(number));
        Ok(ValueId(number))
    }
}
