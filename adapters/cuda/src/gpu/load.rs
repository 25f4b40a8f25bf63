//! From a request to load a model to what its sessions share: code, ways and weights on the device.

use std::collections::HashMap;
use std::sync::Arc;

use tare_adapter_api::{AdapterError, LoadRequest, Loaded, RuntimeFacts, Session, TensorSpec};
use tare_cuda::{Context, Library, Memory, Module, Shape, Stream, Way, compile, options_for};

use super::cache::Cache;
use super::libraries::{self, Found};
use super::place::Blocks;
use super::products::{Ways, shape_of};
use super::session::NativeSession;
use super::settings::{Settings, arithmetic, ordinal, refuse_absent, refuse_cell};
use super::{NAME, loading, sys};
use crate::kernels::{Code, Target, Work, code_of};
use crate::resolving::Planned;

/// A model on a device.
pub(super) struct Native {
    pub(super) settings: Settings,
    pub(super) planned: Planned,
    /// In the order of requests.
    pub(super) inputs: Vec<TensorSpec>,
    pub(super) code: Code,
    pub(super) blocks: Blocks,
    /// Those of the works that are products, by the work's number.
    pub(super) shapes: HashMap<usize, Shape>,
    pub(super) ways: HashMap<Shape, Way>,
    pub(super) library: Arc<Library>,
    pub(super) module: Arc<Module>,
    pub(super) weights: Memory,
    pub(super) context: Arc<Context>,
    found: Found,
}

impl Native {
    pub(super) fn load(request: &LoadRequest) -> Result<Self, AdapterError> {
        let settings = Settings::read(&request.options)?;
        refuse_cell(request)?;
        refuse_absent(request)?;
        let (held, math) = arithmetic(request.precision)?;
        let planned = Planned::of(request, settings.fusion, held)?;
        let found = libraries::open().map_err(|lacking| lacking.refused())?;
        let context = Context::open(ordinal(request)?).map_err(loading)?;
        let facts = context.facts().map_err(loading)?;
        let target = Target {
            multiprocessors: u32::try_from(facts.multiprocessors).unwrap_or(u32::MAX),
        };
        let code = code_of(&planned.plan, target).map_err(|reason| {
            AdapterError::Unsupported(format!("{NAME} cannot execute {reason}"))
        })?;
        let cache = Cache::of(&facts, &found);
        let module = sys::load(&context, &compiled(&code, facts.capability, &cache)?)?;
        let library = Library::open(&context).map_err(loading)?;
        let stream = Stream::new(&context).map_err(loading)?;
        let shapes = shapes(&code, math)?;
        let ways = Ways {
            library: &library,
            stream: &stream,
            cache: &cache,
            search: settings.search,
        };
        let asked: Vec<Shape> = shapes.values().copied().collect();
        let ways = ways.of(&asked).map_err(loading)?;
        let blocks = Blocks::of(&planned.plan);
        let weights = uploaded(&context, &stream, &planned, &blocks)?;
        Ok(Self {
            settings,
            planned: Planned {
                weights: Vec::new(),
                ..planned
            },
            inputs: request.inputs.clone(),
            code,
            blocks,
            shapes,
            ways,
            library,
            module,
            weights,
            context,
            found,
        })
    }
}

impl Loaded for Native {
    fn session(&self) -> Result<Box<dyn Session + '_>, AdapterError> {
        Ok(Box::new(NativeSession::new(self)?))
    }

    fn runtime(&self) -> RuntimeFacts {
        RuntimeFacts {
            dispatched_calls: Some(self.code.works.len() as u64),
            ..self.settings.facts(&self.found)
        }
    }
}

fn compiled(code: &Code, capability: (u32, u32), cache: &Cache) -> Result<Vec<u8>, AdapterError> {
    if let Some(known) = cache.code(&code.source) {
        return Ok(known);
    }
    let made = compile_for(capability, code)?;
    cache.keep_code(&code.source, &made);
    Ok(made)
}

/// The code of a device of this compute capability, such as (9, 0), by NVRTC; needs neither a GPU nor its driver.
///
/// # Errors
/// `Load` where NVRTC is neither on the loader's path nor installed by `tare runtime`, and where it refuses the source.
pub fn compile_for(capability: (u32, u32), code: &Code) -> Result<Vec<u8>, AdapterError> {
    libraries::open_compiler().map_err(|lacking| lacking.refused())?;
    let mut options = options_for(capability);
    options.push("--std=c++17".to_owned());
    compile(&code.source, &options).map_err(loading)
}

fn shapes(code: &Code, math: tare_cuda::Math) -> Result<HashMap<usize, Shape>, AdapterError> {
    let products = code.works.iter().enumerate();
    let products = products.filter_map(|(number, (_, work))| match work {
        Work::Product(product) => Some((number, product)),
        Work::Launch(_) => None,
    });
    let shapes = products.map(|(number, product)| Ok((number, shape_of(product, math)?)));
    let shapes: Result<_, String> = shapes.collect();
    shapes.map_err(|reason| AdapterError::Unsupported(format!("{NAME} cannot execute: {reason}")))
}

fn uploaded(
    context: &Arc<Context>,
    stream: &Stream,
    planned: &Planned,
    blocks: &Blocks,
) -> Result<Memory, AdapterError> {
    let memory = Memory::new(context, blocks.weights.size()).map_err(loading)?;
    for (tensor, offset) in planned.weights.iter().zip(&blocks.weights.offsets) {
        let offset = *offset as usize;
        stream
            .upload_now(tensor.bytes(), &memory, offset)
            .map_err(loading)?;
    }
    Ok(memory)
}
