//! A device of known rates is measured at just these rates, in its time and no longer.

use tare_clock::SimulatedClock;
use tare_results::{Direction, KernelKind};
use tare_units::Bytes;

use super::*;
use crate::gpu::MathMode;
use crate::gpu::fake::{self, Fake};
use crate::gpu::plan::What;

const PLENTY: Limits = Limits {
    rounds: 5,
    budget: Nanoseconds::from_secs(100),
};

fn gemm(size: u64) -> Task {
    let mode = MathMode::Fp16;
    task(Work::Gemm { mode, size }, &[Way::Rate])
}

fn task(work: Work, ways: &[Way]) -> Task {
    Task {
        what: What::Kernel {
            mode: MathMode::Fp16,
            name: "k".into(),
            kind: KernelKind::Gemm,
        },
        parts: ways.iter().map(|way| (work, *way)).collect(),
    }
}

fn measured(device: &Fake<'_>, tasks: &[Task], limits: Limits) -> Readings {
    run(device, tasks, limits, device.clock)
}

fn near(value: f64, expected: f64) -> bool {
    (value / expected - 1.0).abs() < 1e-3
}

#[test]
fn the_fastest_way_counts_and_its_rate_is_the_device_s() {
    let clock = SimulatedClock::new();
    let readings = measured(&Fake::new(&clock), &[gemm(8192), gemm(4096)], PLENTY);
    let of = |task: usize| readings.outcomes[task].as_ref().unwrap()[0].clone();
    assert_eq!((of(0).len(), readings.complete), (5, 5));
    assert!(of(0).iter().all(|rate| near(*rate, 800e12)), "{:?}", of(0));
    assert!(of(1).iter().all(|rate| near(*rate, 500e12)), "{:?}", of(1));
}

#[test]
fn memory_and_copies_are_rates_of_bytes() {
    let clock = SimulatedClock::new();
    let bytes = Bytes::from_mib(1536);
    let passes = 1;
    let direction = Direction::D2h;
    let works = [
        (Work::Read { bytes, passes }, 4e12),
        (Work::Triad { bytes, passes }, 3.5e12),
        (Work::Copy { direction, bytes }, 50e9),
    ];
    let tasks = works.map(|(work, _)| task(work, &[Way::Rate]));
    let readings = measured(&Fake::new(&clock), &tasks, PLENTY);
    for (outcome, (work, expected)) in readings.outcomes.iter().zip(works) {
        let rates = &outcome.as_ref().unwrap()[0];
        assert!(near(rates[0], expected), "{work:?}: {rates:?}");
    }
}

#[test]
fn a_launch_alone_one_of_many_and_with_waiting_are_three_times_of_the_host() {
    let clock = SimulatedClock::new();
    let ways = [Way::Start, Way::Starts, Way::RoundTrip];
    let tasks = [task(Work::Nothing, &ways)];
    let readings = measured(&Fake::new(&clock), &tasks, PLENTY);
    let values = readings.outcomes[0].as_ref().unwrap();
    let (idle, busy) = fake::START_NS;
    assert_eq!(values[0], [idle as f64; 5]);
    let row = (idle + (IN_A_ROW - 1) * busy) as f64 / IN_A_ROW as f64;
    assert_eq!(values[1], [row; 5]);
    assert_eq!(values[2], [(idle + fake::WAIT_NS) as f64; 5]);
}

#[test]
fn nothing_begins_that_would_end_after_the_budget() {
    let clock = SimulatedClock::new();
    let limits = Limits {
        budget: Nanoseconds::from_secs(2),
        rounds: 1_000,
    };
    let readings = measured(&Fake::new(&clock), &[gemm(8192), gemm(4096)], limits);
    let spent = clock.now();
    assert!(spent <= limits.budget && spent > Nanoseconds::from_millis(1_800));
    assert!((5..40).contains(&readings.complete), "{readings:?}");
    let rounds = |task: usize| readings.outcomes[task].as_ref().unwrap()[0].len() as u64;
    assert!(rounds(0) - readings.complete <= 1 && rounds(1) == readings.complete);
}

#[test]
fn without_time_there_are_no_values_and_no_faults() {
    let clock = SimulatedClock::new();
    let limits = Limits {
        budget: Nanoseconds::ZERO,
        ..PLENTY
    };
    let readings = measured(&Fake::new(&clock), &[gemm(8192)], limits);
    assert_eq!(readings.outcomes, [Ok(vec![vec![]])]);
    assert_eq!(readings.complete, 0);
}

#[test]
fn work_that_cannot_be_prepared_does_not_hold_up_the_rest() {
    let clock = SimulatedClock::new();
    let device = Fake {
        refuses: |work| {
            let large = matches!(work, Work::Gemm { size: 8192, .. });
            large.then(|| Fault::new("cuMemAlloc", "CUDA_ERROR_OUT_OF_MEMORY"))
        },
        ..Fake::new(&clock)
    };
    let readings = measured(&device, &[gemm(8192), gemm(4096)], PLENTY);
    let fault = readings.outcomes[0].as_ref().unwrap_err().to_string();
    assert_eq!(fault, "cuMemAlloc: CUDA_ERROR_OUT_OF_MEMORY");
    assert_eq!(readings.outcomes[1].as_ref().unwrap()[0].len(), 5);
    assert_eq!(readings.complete, 5);
}

#[test]
fn work_that_fails_on_its_way_has_no_figure_and_is_not_tried_again() {
    let clock = SimulatedClock::new();
    let lost = |work: Work| {
        matches!(work, Work::Copy { .. })
            .then(|| Fault::new("cuStreamSynchronize", "CUDA_ERROR_LAUNCH_FAILED"))
    };
    let device = Fake {
        breaks: (200, lost),
        ..Fake::new(&clock)
    };
    let direction = Direction::H2d;
    let bytes = Bytes::from_mib(64);
    let copy = task(Work::Copy { direction, bytes }, &[Way::Rate]);
    let readings = measured(&device, &[copy, gemm(4096)], PLENTY);
    let fault = readings.outcomes[0].as_ref().unwrap_err();
    assert_eq!(fault.reason, "CUDA_ERROR_LAUNCH_FAILED");
    assert_eq!(readings.outcomes[1].as_ref().unwrap()[0].len(), 5);
}

#[test]
fn a_way_that_is_refused_leaves_the_others_and_none_left_is_its_fault() {
    struct Picky(Vec<bool>);

    impl Device for Picky {
        fn facts(&self) -> &Facts {
            unreachable!("only prepared work is asked")
        }

        fn prepare(&self, _: Work) -> Result<Box<dyn Prepared + '_>, Fault> {
            unreachable!("only prepared work is asked")
        }
    }

    impl Prepared for Picky {
        fn variants(&self) -> usize {
            self.0.len()
        }

        fn start(&mut self, variant: usize, _: u64) -> Result<(), Fault> {
            match self.0[variant] {
                true => Ok(()),
                false => Err(Fault::new("cublasLtMatmul", "CUBLAS_STATUS_NOT_SUPPORTED")),
            }
        }

        fn wait(&mut self) -> Result<(), Fault> {
            Ok(())
        }

        fn timed(&mut self, variant: usize, times: u64) -> Result<Nanoseconds, Fault> {
            self.start(variant, times)?;
            Ok(Nanoseconds::from_micros(times * (10 + variant as u64)))
        }
    }

    let clock = SimulatedClock::new();
    let choose = |ways: &[bool]| {
        let work = Work::Nothing;
        let ways = Box::new(Picky(ways.into()));
        let mut part = Part::new(ways, work, Way::Rate, &fake::facts());
        let chosen = part.choose(false, &clock, PLENTY.budget);
        chosen.map(|()| (part.variant, part.times))
    };
    assert_eq!(choose(&[false, true, true]), Ok((1, 1_819)));
    let fault = choose(&[false, false]).unwrap_err();
    assert_eq!(fault.reason, "CUBLAS_STATUS_NOT_SUPPORTED");
    assert_eq!(choose(&[]).unwrap_err().reason, "there is none");
}

#[test]
fn a_device_whose_clock_stands_still_gives_no_rate() {
    struct Still;

    impl Prepared for Still {
        fn start(&mut self, _: usize, _: u64) -> Result<(), Fault> {
            Ok(())
        }

        fn wait(&mut self) -> Result<(), Fault> {
            Ok(())
        }

        fn timed(&mut self, _: usize, _: u64) -> Result<Nanoseconds, Fault> {
            Ok(Nanoseconds::ZERO)
        }
    }

    let mode = MathMode::Fp32;
    let mut part = Part::new(
        Box::new(Still),
        Work::Fma { mode },
        Way::Rate,
        &fake::facts(),
    );
    let fault = part.rate().unwrap_err();
    assert!(fault.reason.contains("did not move"), "{fault}");
}
