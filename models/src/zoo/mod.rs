//! The zoo: published architectures built as ONNX graphs from a seed, and their hollow twins.

mod albert;
mod attention;
mod bert;
mod catalogue;
mod distilbert;
mod error;
mod form;
mod gpt2;
mod image;
mod mlp;
mod mobilebert;
mod options;
mod resnet;
mod sizes;
mod sketch;
mod squeezebert;
mod text;
mod vit;

use std::fmt;

use crate::build::{Builder, Weights};
use crate::proto::ModelProto;
use options::Options;

pub use crate::build::{WriteError, write};
pub use error::ZooError;
pub use form::Form;

/// Counts up whenever the same name, options, seed and form give another file.
pub const VERSION: u32 = 1;

const MAX_WEIGHT_BYTES: u64 = 2_000_000_000;

/// An architecture of the zoo with its default options.
#[derive(Debug)]
pub struct Entry {
    /// How it is asked for.
    pub name: &'static str,
    /// One line on what it is.
    pub summary: &'static str,
    /// Trained parameters, each once, without running statistics.
    pub parameters: u64,
    /// The symbolic dimensions of its inputs with the size that is customary for each.
    pub symbols: &'static [(&'static str, usize)],
    /// The rung to which its hollow twin shrinks unless another is asked for.
    pub rung: usize,
    plan: fn(&mut Options) -> Result<Box<dyn Blueprint>, ZooError>,
}

/// What a family knows: how to draw itself and how it shrinks.
trait Blueprint: fmt::Debug + Send + Sync {
    /// The same architecture with its free dimensions shrunk to `rung`, at least 2.
    fn hollow(&self, rung: usize) -> Box<dyn Blueprint>;

    /// Adds inputs, nodes and outputs.
    fn draw(&self, graph: &mut Builder);
}

/// An entry with its options decided.
#[derive(Debug)]
pub struct Architecture {
    entry: &'static Entry,
    options: Options,
    blueprint: Box<dyn Blueprint>,
}

/// All entries, in the order of their documentation.
pub fn list() -> &'static [Entry] {
    &catalogue::ENTRIES
}

/// The architecture of a name such as `bert-base` or `mlp:width=1024,depth=4`.
///
/// # Errors
/// Where the name or an option is unknown, malformed or out of range, or the weights exceed 2 GB.
pub fn find(name_with_options: &str) -> Result<Architecture, ZooError> {
    let (name, text) = name_with_options
        .split_once(':')
        .unwrap_or((name_with_options, ""));
    let entry = list().iter().find(|entry| entry.name == name);
    let entry = entry.ok_or_else(|| ZooError::UnknownName { name: name.into() })?;
    let mut options = Options::parse(name, text)?;
    let blueprint = (entry.plan)(&mut options)?;
    options.finish()?;
    let architecture = Architecture {
        entry,
        options,
        blueprint,
    };
    architecture.check_size()?;
    Ok(architecture)
}

/// Builds the model of a name with options: [`find`], then [`Architecture::build`].
///
/// # Errors
/// Those of [`find`].
pub fn make(name_with_options: &str, seed: u64, form: Form) -> Result<ModelProto, ZooError> {
    Ok(find(name_with_options)?.build(seed, form))
}

impl Architecture {
    /// The entry it came from.
    pub fn entry(&self) -> &'static Entry {
        self.entry
    }

    /// Every option that it knows, with its value.
    pub fn options(&self) -> Vec<(&'static str, usize)> {
        self.options.values().collect()
    }

    /// The name with those options that are not the default, as [`find`] reads it.
    pub fn name(&self) -> String {
        match self.options.changed() {
            changed if changed.is_empty() => self.entry.name.into(),
            changed => format!("{}:{}", self.entry.name, changed.join(",")),
        }
    }

    /// A file name's stem that differs wherever the file does: name, options, seed, form and the zoo's version.
    pub fn id(&self, seed: u64, form: Form) -> String {
        let mut parts = vec![self.entry.name.to_owned()];
        parts.extend(self.options.changed());
        parts.extend([
            format!("seed={seed}"),
            form.to_string(),
            format!("zoo={VERSION}"),
        ]);
        parts.join("+")
    }

    /// The form of its hollow twin at the entry's rung.
    pub fn twin(&self) -> Form {
        Form::Hollow {
            rung: self.entry.rung,
        }
    }

    /// The symbolic dimensions of its inputs with their customary sizes; in the hollow form none above 2 but the batch.
    pub fn symbols(&self, form: Form) -> Vec<(&'static str, usize)> {
        let size = |name, size: usize| match form {
            Form::Hollow { .. } if name != "batch" => size.min(2),
            _ => size,
        };
        let symbols = self.entry.symbols.iter();
        symbols
            .map(|(name, customary)| (*name, size(*name, *customary)))
            .collect()
    }

    /// The model with weights from `seed`; the same on every machine.
    pub fn build(&self, seed: u64, form: Form) -> ModelProto {
        self.with_weights(Weights::Seeded(seed), form, |graph| {
            graph.note("tare.zoo", self.id(seed, form));
        })
    }

    /// The model with names and shapes of its weights but without their data.
    pub fn outline(&self, form: Form) -> ModelProto {
        self.with_weights(Weights::Absent, form, |_| ())
    }

    fn with_weights(
        &self,
        weights: Weights,
        form: Form,
        note: impl FnOnce(&mut Builder),
    ) -> ModelProto {
        let mut graph = Builder::new(self.entry.name, weights);
        match form {
            Form::Full => self.blueprint.draw(&mut graph),
            Form::Hollow { rung } => {
                self.blueprint
                    .hollow(form::at_least_two(rung))
                    .draw(&mut graph);
            }
        }
        note(&mut graph);
        for (symbol, size) in self.symbols(form) {
            graph.note(&format!("tare.symbol.{symbol}"), size.to_string());
        }
        graph.finish()
    }

    fn check_size(&self) -> Result<(), ZooError> {
        let outline = self.outline(Form::Full);
        let tensors = outline.graph.iter().flat_map(|graph| &graph.initializer);
        let bytes: u64 = tensors
            .map(|tensor| {
                tensor
                    .dims
                    .iter()
                    .map(|size| size.unsigned_abs())
                    .product::<u64>()
                    * 4
            })
            .sum();
        if bytes <= MAX_WEIGHT_BYTES {
            return Ok(());
        }
        Err(ZooError::TooLarge {
            name: self.name(),
            bytes,
            limit: MAX_WEIGHT_BYTES,
        })
    }
}
