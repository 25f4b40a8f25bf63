//! Plans as CUDA C++ and launches of it: what a GPU must be told to compute each step, found without one.
//!
//! All that a plan knows beforehand, shapes, strides and types, stands in the source as constants; what remains are addresses.
//! Steps that differ in addresses only share a kernel. Products are left to a library of matrix products.

mod attention;
mod convolution;
mod index;
mod map;
mod pick;
mod product;
mod rows;
mod source;

use tare_cuda::ADDRESSES;
use tare_models::DataType;
use tare_units::Bytes;

use crate::plan::Plan;
use crate::step::Kind;
use crate::view::{BufferId, View};

pub use product::{Matrix, Product};
pub use source::Config;
use source::Writer;

/// What of a device decides how its kernels are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Blocks at work at once, at least.
    pub multiprocessors: u32,
}

/// Where an argument of a kernel points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// Into a buffer of the plan, so many bytes from its beginning.
    Buffer(BufferId, u64),
    /// To memory that steps work in, which holds nothing from one step to the next.
    Workspace,
    /// To the place where a kernel says what it could not do: a step's number plus one, and the value to blame, 64 bits each.
    Faults,
}

/// One kernel over its blocks of threads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// The kernel's name in the source.
    pub kernel: String,
    /// Blocks along each axis.
    pub grid: [u32; 3],
    /// Threads a block.
    pub threads: u32,
    /// At most 16.
    pub arguments: Vec<Address>,
}

/// What the device is given to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// A kernel of the source.
    Launch(Launch),
    /// A product of matrices.
    Product(Product),
}

/// The source of all kernels of a plan, and what is done in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Code {
    /// CUDA C++ that includes nothing.
    pub source: String,
    /// Each with the number of its step, in execution order.
    pub works: Vec<(usize, Work)>,
    /// The most memory that a step works in, without that of the library of products.
    pub workspace: Bytes,
    /// Whether a kernel may say what it could not do.
    pub can_fault: bool,
}

/// Threads a block of kernels in which each thread has an element of its own.
const THREADS: u32 = 256;

/// The code of a plan.
///
/// # Errors
/// Where a step is larger than a device can be told, naming it.
pub fn code_of(plan: &Plan, target: Target) -> Result<Code, String> {
    let mut writer = Writer::default();
    let mut code = Code::default();
    for (number, planned) in plan.steps.iter().enumerate() {
        let context = Context {
            plan,
            target,
            number,
            step: &planned.step,
        };
        let told = |reason: &str| {
            let sources = planned.step.sources.iter();
            let names: Vec<&str> = sources.map(|source| source.name.as_str()).collect();
            format!("step {number} ({}): {reason}", names.join(", "))
        };
        let made = context.works(&mut writer).map_err(|reason| told(&reason))?;
        refuse_many(&made).map_err(|reason| told(&reason))?;
        code.workspace = code.workspace.max(made.workspace);
        code.works
            .extend(made.works.into_iter().map(|work| (number, work)));
    }
    let faults = |(_, work): &(usize, Work)| matches!(work, Work::Launch(launch) if launch.arguments.contains(&Address::Faults));
    code.can_fault = code.works.iter().any(faults);
    code.source = writer.source();
    Ok(code)
}

/// Refuses more operands than a kernel takes.
fn refuse_many(made: &Made) -> Result<(), String> {
    let counts = made.works.iter().map(|work| match work {
        Work::Launch(launch) => launch.arguments.len(),
        Work::Product(_) => 0,
    });
    match counts.max() {
        Some(count) if count > ADDRESSES => Err(format!(
            "it has {count} operands and results, and a kernel takes {ADDRESSES}"
        )),
        _ => Ok(()),
    }
}

/// What one step takes.
#[derive(Default)]
struct Made {
    works: Vec<Work>,
    workspace: Bytes,
}

impl From<Launch> for Made {
    fn from(launch: Launch) -> Self {
        Self {
            works: vec![Work::Launch(launch)],
            ..Self::default()
        }
    }
}

/// A step with what its kernel depends on.
struct Context<'p> {
    plan: &'p Plan,
    target: Target,
    number: usize,
    step: &'p crate::step::Step,
}

impl Context<'_> {
    fn works(&self, writer: &mut Writer) -> Result<Made, String> {
        match &self.step.kind {
            Kind::Map { program } => self.map(writer, program),
            Kind::Product { epilogue } => self.product(writer, *epilogue),
            Kind::Attention { scale, .. } => self.attention(writer, *scale),
            Kind::LayerNorm { epsilon, .. } => self.layer_norm(writer, *epsilon),
            Kind::Convolution {
                window,
                groups,
                epilogue,
            } => self.convolution(writer, window, *groups, *epilogue),
            Kind::Pool { function, window } => self.pool(writer, *function, window),
            Kind::Softmax { log } => self.softmax(writer, *log),
            Kind::Reduce { function, axes } => self.reduce(writer, *function, *axes),
            Kind::Gather { axis } => self.gather(writer, *axis),
        }
    }

    fn dtype(&self, view: &View) -> DataType {
        self.plan.buffer(view.buffer).dtype
    }

    /// The type of a view's elements in the source.
    fn typed(&self, view: &View) -> Result<&'static str, String> {
        source::type_name(self.dtype(view))
    }

    fn output(&self) -> Result<&View, String> {
        let output = self.step.outputs.first();
        output.ok_or_else(|| "it writes nothing".to_owned())
    }

    fn input(&self, role: &str) -> Result<&View, String> {
        let input = self.step.input(role);
        input.ok_or_else(|| format!("it has no {role}"))
    }

    fn address(&self, view: &View) -> Address {
        let size = source::element_bytes(self.dtype(view));
        Address::Buffer(view.buffer, view.offset as u64 * size)
    }

    /// The inputs', then the outputs'.
    fn addresses(&self) -> Vec<Address> {
        let all = self.step.inputs.iter().chain(&self.step.outputs);
        all.map(|view| self.address(view)).collect()
    }
}

/// Blocks of [`THREADS`] threads for so many threads.
fn blocks(threads: u64) -> Result<[u32; 3], String> {
    let blocks = threads.div_ceil(THREADS.into());
    match i32::try_from(blocks) {
        Ok(blocks) => Ok([blocks.unsigned_abs(), 1, 1]),
        Err(_) => Err(format!("{threads} elements are more than a device counts")),
    }
}
