//! Plans for machines that are told, not measured.

use super::*;
use crate::target::fixture;

fn target() -> Target {
    fixture::target([48, 2_048], Bytes::from_mib(512), vec![0, 1])
}

fn whole() -> Scope<'static> {
    Scope {
        precisions: &Precision::ALL,
        threads: &[1, 2],
        level: None,
        widest: false,
    }
}

fn labels(tasks: &[Task]) -> Vec<&str> {
    tasks.iter().map(|task| task.step.label.as_str()).collect()
}

#[test]
fn every_kernel_is_measured_or_missing_with_its_reason() {
    let (tasks, missing) = plan(&target(), &whole());
    for kernel in fma::all() {
        let (name, precision) = match &kernel {
            Ok(fma) => (fma.name(), fma.precision()),
            Err(absent) => (absent.name, absent.precision),
        };
        for threads in [1, 2] {
            let path = format!("cpu.{precision}.{threads}.{name}");
            let label = format!("{precision} {name}, {}", counted(threads));
            let is_measured = labels(&tasks).contains(&label.as_str());
            assert_ne!(is_measured, missing.contains_key(&path), "{path}");
            assert_eq!(is_measured, kernel.is_ok(), "{path}");
        }
    }
    assert!(missing["cpu.bf16.2.gemm-rten"].contains("bf16"));
}

#[test]
fn more_threads_than_processors_are_missing_and_not_measured() {
    let scope = Scope {
        threads: &[3],
        ..whole()
    };
    let (tasks, missing) = plan(&target(), &scope);
    assert!(tasks.is_empty());
    assert_eq!(
        missing["cpu.3"],
        "3 threads need as many processors, 2 may be used"
    );
}

#[test]
fn one_run_needs_the_widest_kernel_the_library_one_level_and_a_probe() {
    let scope = Scope {
        precisions: &[Precision::Fp32],
        threads: &[2],
        level: Some("L2"),
        widest: true,
    };
    let (tasks, _) = plan(&target(), &scope);
    let kinds: Vec<&str> = tasks
        .iter()
        .map(|task| match &task.what {
            What::Kernel { kind, .. } if *kind == KernelKind::Fma => "fma",
            What::Kernel { .. } => "gemm",
            What::Bandwidth { level, .. } => level,
            What::Probe { .. } => "probe",
        })
        .collect();
    assert_eq!(kinds, ["probe", "fma", "gemm", "L2", "L2", "L2"]);
    let widest = fma::widest(Precision::Fp32).unwrap().name();
    assert!(labels(&tasks)[1].contains(widest));
}

#[test]
fn a_task_of_every_kind_does_its_work() {
    let (tasks, _) = plan(&target(), &whole());
    for task in tasks {
        let label = task.step.label.clone();
        let made = std::thread::spawn(move || {
            let mut parts = (task.step.make)();
            for part in &mut parts {
                (part.run)(1);
            }
            parts.iter().all(|part| part.work > 0.0) && (1..=2).contains(&parts.len())
        });
        assert!(made.join().unwrap(), "{label}");
    }
}

#[test]
fn a_quarter_of_the_memory_at_most_a_gibibyte_is_used() {
    let most = |available_memory| {
        Target {
            available_memory,
            ..target()
        }
        .most()
    };
    assert_eq!(most(Some(Bytes::from_mib(512))), Bytes::from_mib(128));
    assert_eq!(most(Some(Bytes::from_mib(1 << 20))), Bytes::from_mib(1024));
    assert_eq!(most(None), Bytes::from_mib(256));
}
