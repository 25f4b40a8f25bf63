//! The graph of a zoo model without its weights' numbers, for what follows from shapes alone.

use bytes::Bytes;

use super::{Architecture, Form};
use crate::data_type::DataType;
use crate::external::External;
use crate::graph::Graph;
use crate::proto::TensorProto;
use crate::read::{self, ModelError};
use crate::tensor::byte_len;

impl Architecture {
    /// The graph as it is read from the file of the full form, but that every weight is zero. The zeros are shared, and
    /// never written to, so that they take next to no memory.
    ///
    /// # Errors
    /// Where the zoo draws a graph that cannot be read, which the tests exclude.
    pub fn sketch(&self) -> Result<Graph, ModelError> {
        self.sketch_of(Form::Full)
    }

    /// As [`Architecture::sketch`], of another form.
    ///
    /// # Errors
    /// Those of [`Architecture::sketch`].
    pub fn sketch_of(&self, form: Form) -> Result<Graph, ModelError> {
        let mut outline = self.outline(form);
        let graph = outline.graph.iter_mut();
        let mut weights: Vec<&mut TensorProto> = graph
            .flat_map(|graph| &mut graph.initializer)
            .filter(|tensor| tensor.raw_data.is_none())
            .collect();
        let sizes = weights.iter().map(|tensor| size(tensor));
        let zeros = Bytes::from(vec![0u8; sizes.max().unwrap_or(0)]);
        for tensor in &mut weights {
            tensor.raw_data = Some(zeros.slice(..size(tensor)));
        }
        read::convert(&outline, &mut External::new(None))
    }
}

/// Bytes of a weight, whose dimensions the zoo has checked.
fn size(tensor: &TensorProto) -> usize {
    let shape: Vec<usize> = tensor.dims.iter().map(|size| *size as usize).collect();
    let bytes = byte_len(DataType::F32, &shape).unwrap_or(0);
    usize::try_from(bytes).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::{find, list, make};
    use super::*;
    use crate::{Facts, Model, ShapeRequest, bind, resolve};

    /// At batch 2 and the customary sizes.
    fn facts(name: &str, graph: &Graph) -> Facts {
        let symbols = find(name).expect("known").symbols(Form::Full);
        let sizes = symbols.into_iter().filter(|(symbol, _)| *symbol != "batch");
        let request = ShapeRequest {
            batch: Some(2),
            symbols: sizes
                .map(|(symbol, size)| (symbol.to_owned(), size))
                .collect(),
        };
        let specs = bind(graph, &request).expect("binds");
        Facts::of(&resolve(graph, &specs).expect("resolves"))
    }

    #[test]
    fn a_sketch_has_the_facts_and_the_interface_of_the_file() {
        for name in [
            "mlp:width=16,depth=3",
            "bert-tiny:vocab=64",
            "albert-base-v2:layers=1,hidden=48,heads=2,intermediate=64,vocab=64",
            "resnet-18",
            "gpt2:layers=1,hidden=48,heads=2,vocab=64",
            "mobilebert:layers=1",
        ] {
            let full = make(name, 0, Form::Full).expect("a zoo model");
            let bytes = prost::Message::encode_to_vec(&full);
            let model = Model::from_bytes(bytes).expect("reads");
            let sketch = find(name).expect("known").sketch().expect("draws");
            assert_eq!(sketch.inputs, model.graph().inputs, "{name}");
            assert_eq!(sketch.outputs, model.graph().outputs, "{name}");
            assert_eq!(sketch.opsets, model.graph().opsets, "{name}");
            assert_eq!(sketch.nodes, model.graph().nodes, "{name}");
            assert_eq!(facts(name, &sketch), facts(name, model.graph()), "{name}");
        }
    }

    #[test]
    fn every_entry_has_a_sketch_with_all_its_parameters() {
        for entry in list() {
            let sketch = find(entry.name).expect("known").sketch().expect("draws");
            assert_eq!(
                facts(entry.name, &sketch).parameters,
                entry.parameters,
                "{}",
                entry.name
            );
        }
    }
}
