//! A device of NVIDIA's: its driver, NVRTC for the kernels and cuBLASLt for products, each loaded when it is asked for.

mod blas;
mod copies;
mod launch;

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use tare_cuda::{Context, Library, Memory, Stream};
use tare_results::Direction;
use tare_units::{Bytes, Nanoseconds};

use super::MathMode;
use super::device::{Device, Facts, Fault, Prepared, Work};
#[cfg(test)]
pub(super) use blas::square;
use blas::{Multiplier, Square};
use copies::Copies;
use launch::{Fma, Kernels};

/// An open device. The libraries that it needs are opened once, and what failed then fails again.
pub(crate) struct Cuda {
    facts: Facts,
    multiplier: OnceCell<Result<Rc<Multiplier>, Fault>>,
    kernels: OnceCell<Result<Rc<Kernels>, Fault>>,
    stream: Arc<Stream>,
    context: Arc<Context>,
}

impl Cuda {
    /// The device with this number.
    pub(crate) fn open(ordinal: u32) -> Result<Self, Fault> {
        let context = Context::open(ordinal)?;
        let facts = context.facts()?;
        Ok(Self {
            facts: Facts {
                name: facts.name,
                multiprocessors: facts.multiprocessors,
                l2: facts.l2,
                free: facts.free,
                capability: facts.capability,
            },
            multiplier: OnceCell::new(),
            kernels: OnceCell::new(),
            stream: Stream::new(&context)?,
            context,
        })
    }

    fn kernels(&self) -> Result<Rc<Kernels>, Fault> {
        let load = || {
            let Facts {
                capability,
                multiprocessors,
                ..
            } = self.facts;
            Kernels::compile(&self.stream, capability, multiprocessors).map(Rc::new)
        };
        self.kernels.get_or_init(load).clone()
    }

    fn multiplier(&self) -> Result<Rc<Multiplier>, Fault> {
        let open = || {
            let library = Library::open(&self.context)?;
            Multiplier::new(&library, &self.stream).map(Rc::new)
        };
        self.multiplier.get_or_init(open).clone()
    }

    fn job(&self, work: Work) -> Result<Job, Fault> {
        let memory = |bytes: Bytes| Memory::zeroed(&self.context, bytes);
        let passes = |passes: u64| u32::try_from(passes).unwrap_or(u32::MAX);
        Ok(match work {
            Work::Fma { mode } => Job::Fma(self.kernels()?, fma(mode)?),
            Work::Gemm { mode, size } => {
                Job::Gemm(Box::new(Square::new(&self.multiplier()?, mode, size)?))
            }
            Work::Read {
                bytes,
                passes: times,
            } => Job::Read(self.kernels()?, memory(bytes)?, passes(times)),
            Work::Triad {
                bytes,
                passes: times,
            } => Job::Triad(self.kernels()?, memory(bytes)?, passes(times)),
            Work::Copy { direction, bytes } => {
                Job::Copy(Copies::new(&self.stream, bytes)?, direction)
            }
            Work::Nothing => Job::Nothing(self.kernels()?),
        })
    }
}

impl Device for Cuda {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn prepare(&self, work: Work) -> Result<Box<dyn Prepared + '_>, Fault> {
        let job = self.job(work)?;
        let stream = self.stream.clone();
        Ok(Box::new(Queued { job, stream }))
    }
}

fn fma(mode: MathMode) -> Result<Fma, Fault> {
    match mode {
        MathMode::Fp32 => Ok(Fma::Single),
        MathMode::Fp16 => Ok(Fma::Half),
        _ => Err(Fault::new(
            "the kernels",
            format!("none computes in {mode}"),
        )),
    }
}

/// Work with what it needs.
enum Job {
    Fma(Rc<Kernels>, Fma),
    Gemm(Box<Square>),
    Read(Rc<Kernels>, Memory, u32),
    Triad(Rc<Kernels>, Memory, u32),
    Copy(Copies, Direction),
    Nothing(Rc<Kernels>),
}

impl Job {
    fn start(&mut self, variant: usize) -> Result<(), Fault> {
        match self {
            Self::Fma(kernels, of) => kernels.fma(*of),
            Self::Gemm(product) => product.start(variant),
            Self::Read(kernels, memory, passes) => kernels.read(memory, *passes),
            Self::Triad(kernels, memory, passes) => kernels.triad(memory, *passes),
            Self::Copy(copies, direction) => copies.start(*direction),
            Self::Nothing(kernels) => kernels.nothing(),
        }
    }
}

struct Queued {
    job: Job,
    stream: Arc<Stream>,
}

impl Prepared for Queued {
    fn variants(&self) -> usize {
        match &self.job {
            Job::Gemm(product) => product.ways(),
            _ => 1,
        }
    }

    fn start(&mut self, variant: usize, times: u64) -> Result<(), Fault> {
        (0..times).try_for_each(|_| self.job.start(variant))
    }

    fn wait(&mut self) -> Result<(), Fault> {
        self.stream.wait()
    }

    fn timed(&mut self, variant: usize, times: u64) -> Result<Nanoseconds, Fault> {
        let job = &mut self.job;
        self.stream
            .timed(|| (0..times).try_for_each(|_| job.start(variant)))
    }
}

#[cfg(test)]
mod tests;
