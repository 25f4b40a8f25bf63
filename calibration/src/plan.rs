//! Which measurements a calibration consists of, and why others cannot be made here.

use std::hint::black_box;

use tare_results::{KernelKind, Missing};
use tare_units::{Bytes, Nanoseconds};

use crate::fma::{self, Fma};
use crate::lane::{Make, Part};
use crate::rounds::{Keep, Step};
use crate::stream::WorkingSet;
use crate::team::Pace;
use crate::{Precision, Target, gemm, levels, probe};

/// What a step measures.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    /// Operations, then, of kernels on registers, the additions woven into them.
    Kernel {
        precision: Precision,
        name: String,
        kind: KernelKind,
    },
    /// Reading, then triad.
    Bandwidth { level: String, bytes: Bytes },
    /// The probe.
    Probe { precision: Precision, name: String },
}

/// A step with what it measures.
pub(crate) struct Task {
    pub(crate) what: What,
    pub(crate) step: Step<'static>,
}

/// What is to be measured.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scope<'a> {
    pub(crate) precisions: &'a [Precision],
    pub(crate) threads: &'a [u64],
    /// This level of memory only.
    pub(crate) level: Option<&'a str>,
    /// The widest kernel on registers only.
    pub(crate) widest: bool,
}

const KERNEL: Pace = Pace {
    lap: Nanoseconds::from_micros(400),
    laps: 40,
    most: None,
};

const STREAM: Pace = Pace {
    lap: Nanoseconds::from_millis(1),
    laps: 12,
    most: None,
};

/// Once through a large working set takes longer than any lap.
const LARGE: Pace = Pace {
    lap: Nanoseconds::from_millis(1),
    laps: 3,
    most: None,
};

/// The name of the library's multiplication.
const GEMM: &str = "gemm-rten";

/// The tasks of `scope` and what is missing of it.
pub(crate) fn plan(target: &Target, scope: &Scope<'_>) -> (Vec<Task>, Missing) {
    let (mut tasks, mut missing) = (Vec::new(), Missing::new());
    for &threads in scope.threads {
        if threads == 0 || threads > target.cpus.len() as u64 {
            let cpus = target.cpus.len();
            let reason = format!("{threads} threads need as many processors, {cpus} may be used");
            missing.insert(format!("cpu.{threads}"), reason);
            continue;
        }
        for &precision in scope.precisions {
            compute(precision, threads, scope.widest, &mut tasks, &mut missing);
        }
        bandwidth(target, threads, scope.level, &mut tasks, &mut missing);
    }
    (tasks, missing)
}

fn compute(
    precision: Precision,
    threads: u64,
    widest: bool,
    tasks: &mut Vec<Task>,
    missing: &mut Missing,
) {
    let path = |name: &str| format!("cpu.{precision}.{threads}.{name}");
    match fma::widest(precision) {
        Ok(fma) => tasks.push(probing(fma, threads)),
        Err(reason) => {
            missing.insert(path("probe"), reason);
        }
    }
    let widest = fma::widest(precision).ok().filter(|_| widest);
    for kernel in fma::all() {
        match kernel {
            Ok(fma) if fma.precision() != precision => {}
            Ok(fma) if widest.is_some_and(|widest| widest.name() != fma.name()) => {}
            Ok(fma) => tasks.push(registers(fma, threads)),
            Err(absent) if absent.precision != precision => {}
            Err(absent) => {
                missing.insert(path(absent.name), absent.reason.to_owned());
            }
        }
    }
    match product(precision) {
        Some(make) => tasks.push(kernel(precision, threads, GEMM, KernelKind::Gemm, make)),
        None => {
            let reason = format!("the library has no multiplication in {precision}");
            missing.insert(path(GEMM), reason);
        }
    }
}

fn registers(fma: Fma, threads: u64) -> Task {
    let make = move || {
        let run = move |iterations| {
            black_box(fma.run(iterations));
        };
        let woven = move |iterations| {
            black_box(fma.run_woven(iterations));
        };
        vec![
            Part::new(fma.operations(), run),
            Part::new(fma.additions(), woven),
        ]
    };
    let (precision, name) = (fma.precision(), fma.name());
    kernel(precision, threads, name, KernelKind::Fma, Box::new(make))
}

fn product(precision: Precision) -> Option<Box<Make<'static>>> {
    let part = |run: Box<dyn FnMut(u64)>| vec![Part::new(gemm::OPERATIONS, run)];
    match precision {
        Precision::Fp32 => Some(Box::new(move || {
            let mut product = gemm::fp32();
            part(Box::new(move |times| {
                black_box(product.run(times));
            }))
        })),
        Precision::Int8 => Some(Box::new(move || {
            let mut product = gemm::int8();
            part(Box::new(move |times| {
                black_box(product.run(times));
            }))
        })),
        Precision::Bf16 => None,
    }
}

fn kernel(
    precision: Precision,
    threads: u64,
    name: &str,
    kind: KernelKind,
    make: Box<Make<'static>>,
) -> Task {
    let what = What::Kernel {
        precision,
        name: name.to_owned(),
        kind,
    };
    let label = format!("{precision} {name}, {}", counted(threads));
    task(what, label, threads, make, KERNEL, Keep::Fastest)
}

fn probing(fma: Fma, threads: u64) -> Task {
    let what = What::Probe {
        precision: fma.precision(),
        name: fma.name().to_owned(),
    };
    let label = format!("probe of {}, {}", fma.precision(), counted(threads));
    let make = Box::new(move || probe::parts(fma));
    task(what, label, threads, make, probe::PACE, Keep::Median)
}

fn bandwidth(
    target: &Target,
    threads: u64,
    only: Option<&str>,
    tasks: &mut Vec<Task>,
    missing: &mut Missing,
) {
    let is_asked = |level: &str| only.is_none_or(|only| only == level);
    let (sizes, lacks) = levels::working_sets(
        &target.caches,
        (threads, target.cpus.len() as u64),
        target.most(),
    );
    for (level, bytes) in sizes.into_iter().filter(|(level, _)| is_asked(level)) {
        tasks.push(streaming(level, bytes, threads));
    }
    for (level, reason) in lacks.into_iter().filter(|(level, _)| is_asked(level)) {
        missing.insert(format!("cpu.{level}.{threads}"), reason);
    }
}

fn streaming(level: String, bytes: Bytes, threads: u64) -> Task {
    const LARGE_BYTES: u64 = 32 << 20;
    const TOUCH_AND_PASSES_PER_GB: u64 = 2_000_000_000;
    let each = bytes.as_bytes() / threads;
    let make = move || {
        // Reading and writing take turns, so the two parts share what was touched once.
        let set = std::rc::Rc::new(std::cell::RefCell::new(WorkingSet::of(each)));
        let moved = set.borrow().bytes();
        let same = set.clone();
        let read = move |times: u64| {
            for _ in 0..times {
                black_box(set.borrow().read());
            }
        };
        let triad = move |times: u64| (0..times).for_each(|_| same.borrow_mut().triad());
        vec![Part::new(moved, read), Part::new(moved, triad)]
    };
    let label = format!("{level} bandwidth of {bytes}, {}", counted(threads));
    let what = What::Bandwidth { level, bytes };
    let pace = if each > LARGE_BYTES { LARGE } else { STREAM };
    let mut task = task(what, label, threads, Box::new(make), pace, Keep::Fastest);
    let passes = bytes.as_bytes() as f64 / 1e9 * TOUCH_AND_PASSES_PER_GB as f64;
    task.step.expected = task.step.expected + Nanoseconds::from_nanos_f64(passes);
    task
}

fn task(
    what: What,
    label: String,
    threads: u64,
    make: Box<Make<'static>>,
    pace: Pace,
    keep: Keep,
) -> Task {
    const PARTS: u64 = 2;
    let laps = (pace.laps + 2) * PARTS * pace.lap.as_nanos();
    Task {
        what,
        step: Step {
            label,
            threads: threads as usize,
            make,
            pace,
            keep,
            expected: Nanoseconds::from_nanos(laps),
        },
    }
}

fn counted(threads: u64) -> String {
    match threads {
        1 => "1 thread".to_owned(),
        _ => format!("{threads} threads"),
    }
}

#[cfg(test)]
mod tests;
