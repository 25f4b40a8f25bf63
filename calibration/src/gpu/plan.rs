//! Which measurements of a device are made, of what size, and why others are not.

use tare_results::{Direction, KernelKind, Missing};
use tare_units::Bytes;

use super::MathMode;
use super::device::{Facts, Work};
use super::kernels;
use crate::levels::DRAM;

/// The cache that all multiprocessors share.
pub(crate) const L2: &str = "L2";

/// What a large copy moves.
pub(crate) const LARGE: Bytes = Bytes::from_mib(64);

/// What a small copy moves.
pub(crate) const SMALL: Bytes = Bytes::from_bytes(4);

/// What a step measures.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    /// Operations a second.
    Kernel {
        mode: MathMode,
        name: String,
        kind: KernelKind,
    },
    /// Reading, then triad, in bytes a second.
    Bandwidth { level: &'static str, bytes: Bytes },
    /// Large copies in bytes a second, then the time of a small one.
    Transfer { direction: Direction },
    /// The host's time of one launch, of one of many, and of a launch with waiting for it.
    Launch,
}

/// How a part of a step becomes a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// The amount of work a second, by the device's clock.
    Rate,
    /// Nanoseconds of the host for starting it on an idle device.
    Start,
    /// Nanoseconds of the host for starting it, one of many.
    Starts,
    /// Nanoseconds of the host from starting it to knowing that it is done.
    RoundTrip,
}

/// A step: what it measures, and the work of its parts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Task {
    pub(crate) what: What,
    pub(crate) parts: Vec<(Work, Way)>,
}

impl What {
    /// What stands in `missing` where it could not be measured.
    pub(crate) fn path(&self, device: &str) -> String {
        match self {
            Self::Kernel { mode, name, .. } => format!("{device}.{mode}.{name}"),
            Self::Bandwidth { level, .. } => format!("{device}.{level}"),
            Self::Transfer { direction } => format!("{device}.{}", direction.name()),
            Self::Launch => format!("{device}.launch"),
        }
    }
}

/// The steps for `modes`, and what is missing of them, by its path.
pub(crate) fn plan(device: &str, facts: &Facts, modes: &[MathMode]) -> (Vec<Task>, Missing) {
    let (mut tasks, mut missing) = (Vec::new(), Missing::new());
    for &mode in modes {
        compute(device, facts, mode, &mut tasks, &mut missing);
    }
    // Kernels on registers first: they wake the device up before ways to multiply are compared.
    tasks.sort_by_key(|task| matches!(task.parts[..], [(Work::Gemm { .. }, _)]));
    match dram(facts) {
        Some(bytes) => tasks.push(bandwidth(DRAM, bytes, 1)),
        None => {
            let reason = format!("only {} of the device's memory are free", facts.free);
            missing.insert(format!("{device}.{DRAM}"), reason);
        }
    }
    match l2(facts) {
        Some(bytes) => tasks.push(bandwidth(L2, bytes, passes(bytes))),
        None => {
            let reason = format!(
                "a third of the device's cache of {} is less than its threads read at once",
                facts.l2
            );
            missing.insert(format!("{device}.{L2}"), reason);
        }
    }
    tasks.extend(Direction::ALL.map(transfer));
    tasks.push(launch());
    (tasks, missing)
}

fn compute(
    device: &str,
    facts: &Facts,
    mode: MathMode,
    tasks: &mut Vec<Task>,
    missing: &mut Missing,
) {
    let (major, minor) = mode.since();
    if facts.capability < (major, minor) {
        let (has_major, has_minor) = facts.capability;
        let reason = format!(
            "{mode} takes compute capability {major}.{minor}, {} has {has_major}.{has_minor}",
            facts.name
        );
        missing.insert(format!("{device}.{mode}"), reason);
        return;
    }
    let name = format!("fma-cuda-{mode}");
    if kernels::has_fma(mode) {
        tasks.push(kernel(mode, name, KernelKind::Fma, Work::Fma { mode }));
    } else {
        let reason = "no kernel on registers drives the tensor cores; the peak is that of the library's multiplication";
        missing.insert(format!("{device}.{mode}.{name}"), reason.to_owned());
    }
    for &size in sizes(facts.free) {
        let name = format!("gemm-cublaslt-{size}");
        let work = Work::Gemm { mode, size };
        tasks.push(kernel(mode, name, KernelKind::Gemm, work));
    }
}

/// Rows of the matrices: all modes and sizes together stay below a quarter of the memory that is free.
fn sizes(free: Bytes) -> &'static [u64] {
    const GIB: u64 = 1 << 30;
    match free.as_bytes() / GIB {
        16.. => &[4096, 8192],
        4.. => &[4096],
        2.. => &[2048],
        _ => &[1024],
    }
}

/// Far more than the cache holds, at most an eighth of what is free, in three arrays of whole MiB.
fn dram(facts: &Facts) -> Option<Bytes> {
    const LEAST: u64 = 768;
    let mib = |bytes: Bytes| bytes.as_bytes() >> 20;
    let wished = (32 * mib(facts.l2)).max(LEAST);
    let arrays = wished.min(mib(facts.free) / 8) / 3;
    (arrays > 0).then(|| Bytes::from_mib(arrays * 3))
}

/// At most a third of the cache, either half of which may keep a copy of what the other holds; each thread has two pieces of sixteen bytes of each array at least.
fn l2(facts: &Facts) -> Option<Bytes> {
    const EACH: u64 = 3 * 2 * 16;
    let step = EACH * kernels::threads(facts.multiprocessors);
    let steps = (facts.l2.as_bytes() / 3).checked_div(step)?;
    (steps > 0).then(|| Bytes::from_bytes(steps * step))
}

/// As many as make a launch last some tenths of a millisecond.
fn passes(bytes: Bytes) -> u64 {
    (1 << 30) / bytes.as_bytes().max(1) + 1
}

fn kernel(mode: MathMode, name: String, kind: KernelKind, work: Work) -> Task {
    Task {
        what: What::Kernel { mode, name, kind },
        parts: vec![(work, Way::Rate)],
    }
}

fn bandwidth(level: &'static str, bytes: Bytes, passes: u64) -> Task {
    Task {
        what: What::Bandwidth { level, bytes },
        parts: vec![
            (Work::Read { bytes, passes }, Way::Rate),
            (Work::Triad { bytes, passes }, Way::Rate),
        ],
    }
}

fn transfer(direction: Direction) -> Task {
    let copy = |bytes| Work::Copy { direction, bytes };
    Task {
        what: What::Transfer { direction },
        parts: vec![(copy(LARGE), Way::Rate), (copy(SMALL), Way::RoundTrip)],
    }
}

fn launch() -> Task {
    let ways = [Way::Start, Way::Starts, Way::RoundTrip];
    Task {
        what: What::Launch,
        parts: ways.map(|way| (Work::Nothing, way)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::cuda::square;
    use crate::gpu::fake::facts;

    fn names(tasks: &[Task]) -> Vec<String> {
        tasks.iter().map(|task| task.what.path("d")).collect()
    }

    #[test]
    fn kernels_on_registers_come_first_and_every_mode_multiplies() {
        let (tasks, missing) = plan("d", &facts(), &[MathMode::Tf32, MathMode::Fp16]);
        let expected = [
            "d.fp16.fma-cuda-fp16",
            "d.tf32.gemm-cublaslt-4096",
            "d.tf32.gemm-cublaslt-8192",
            "d.fp16.gemm-cublaslt-4096",
            "d.fp16.gemm-cublaslt-8192",
            "d.DRAM",
            "d.L2",
            "d.h2d",
            "d.d2h",
            "d.launch",
        ];
        assert_eq!(names(&tasks), expected);
        assert!(missing["d.tf32.fma-cuda-tf32"].contains("tensor cores"));
        assert_eq!(missing.len(), 1);
    }

    #[test]
    fn a_mode_that_the_device_would_silently_do_otherwise_is_not_measured() {
        let turing = Facts {
            capability: (7, 5),
            ..facts()
        };
        let (tasks, missing) = plan("d", &turing, &MathMode::ALL);
        for mode in ["tf32", "bf16", "fp8"] {
            let reason = &missing[&format!("d.{mode}")];
            assert!(reason.contains("has 7.5"), "{reason}");
            let of_it = format!("d.{mode}.");
            assert!(names(&tasks).iter().all(|name| !name.starts_with(&of_it)));
        }
        assert!(names(&tasks).contains(&"d.int8.gemm-cublaslt-8192".to_owned()));
    }

    #[test]
    fn memory_is_measured_well_beyond_the_cache_and_the_cache_well_within_it() {
        let facts = facts();
        let beyond = dram(&facts).unwrap().as_bytes();
        assert!(beyond >= 16 * facts.l2.as_bytes(), "{beyond}");
        let within = l2(&facts).unwrap().as_bytes();
        assert!((0.15..0.34).contains(&(within as f64 / facts.l2.as_bytes() as f64)));
        for bytes in [beyond, within] {
            assert_eq!(bytes % (3 * 16), 0);
        }
        let passes = passes(Bytes::from_bytes(within));
        assert!(within * passes >= 1 << 30);
    }

    #[test]
    fn all_that_is_prepared_at_once_fits_into_half_of_the_free_memory() {
        for free in [1, 3, 4, 8, 15, 16, 24, 80, 140] {
            let facts = Facts {
                free: Bytes::from_mib(free << 10),
                ..facts()
            };
            let (tasks, _) = plan("d", &facts, &MathMode::ALL);
            let works = tasks.iter().flat_map(|task| &task.parts);
            let taken: u64 = works.map(|(work, _)| memory(*work)).sum();
            assert!(taken <= facts.free.as_bytes() / 2, "{free} GiB: {taken}");
        }
    }

    fn memory(work: Work) -> u64 {
        match work {
            Work::Gemm { mode, size } => {
                let spans = square(mode, size).spans();
                (spans.a.as_bytes() + spans.b.as_bytes()) + spans.d.as_bytes()
            }
            Work::Read { bytes, .. } | Work::Triad { bytes, .. } | Work::Copy { bytes, .. } => {
                bytes.as_bytes()
            }
            Work::Fma { .. } | Work::Nothing => 0,
        }
    }

    #[test]
    fn too_little_memory_or_cache_is_a_reason() {
        let tiny = Facts {
            free: Bytes::from_mib(20),
            l2: Bytes::from_bytes(1 << 16),
            ..facts()
        };
        let (_, missing) = plan("d", &tiny, &[]);
        assert!(missing["d.DRAM"].contains("20.0 MiB"), "{missing:?}");
        assert!(missing["d.L2"].contains("64.0 KiB"), "{missing:?}");
    }
}
