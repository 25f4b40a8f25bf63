//! NVML as it may be met: answering, ticking, stuck, wrapping, divided, lost, forbidden, hanging. A small C library plays
//! it, and is loaded like the real one.

#[path = "nvml/fake.rs"]
mod fake;
#[path = "nvml/vram.rs"]
mod vram;
#[path = "nvml/watch.rs"]
mod watch;

use fake::Fake;
use tare_clock::{Clock, MonotonicClock, SimulatedClock};
use tare_hardware::energy::{
    EnergyProbe, History, Quantity, Reading, Sources, Span, WindowFault, discover, window,
};
use tare_hardware::nvml::{GpuProcess, Nvml, NvmlError, NvmlOptions, foreign};
use tare_units::{Bytes, Joules, Nanoseconds, Watts};

const UNSUPPORTED: u32 = 3;
const PERMISSION: u32 = 4;
const NO_DRIVER: u32 = 9;
const LOST: u32 = 15;

fn sources(fake: &Fake) -> Sources {
    let nowhere = tempfile::tempdir().unwrap();
    discover(nowhere.path(), &Ok(fake.load().unwrap()), None)
}

fn names(sources: &Sources) -> Vec<&str> {
    let usable = sources.usable.iter();
    usable.map(|source| source.spec().name.as_str()).collect()
}

/// Reads every 20 ms for `seconds`, the counter being set by the millisecond.
fn read(
    fake: &Fake,
    source: &mut dyn EnergyProbe,
    seconds: u64,
    at: impl Fn(u64) -> u64,
) -> History {
    let clock = SimulatedClock::new();
    let mut readings: Vec<Reading> = Vec::new();
    for millis in (0..seconds * 1_000).step_by(20) {
        if millis % 100 == 0 {
            fake.set(&format!("count=1\nenergy={0}\npower={0}", at(millis)));
        }
        readings.extend(source.poll(&clock).unwrap());
        clock.advance(Nanoseconds::from_millis(20));
    }
    History::of(source.spec().clone(), readings)
}

fn span(from_ms: u64, to_ms: u64) -> Span {
    Span {
        from: Nanoseconds::from_millis(from_ms),
        to: Nanoseconds::from_millis(to_ms),
    }
}

#[test]
fn every_fact_of_two_gpus_is_told() {
    let fake = Fake::new("count=2\nmig.1=1");
    let facts = fake.load().unwrap().facts().unwrap();
    assert_eq!(facts.len(), 2);
    let one = &facts[1];
    assert_eq!(one.name.as_deref(), Ok("NVIDIA H200"));
    assert_eq!(one.uuid.as_deref(), Ok("GPU-1"));
    assert_eq!(one.memory, Ok(Bytes::from_bytes(1_000_000)));
    assert_eq!(one.driver.as_deref(), Ok("570.124.06"));
    assert_eq!(one.cuda.as_deref(), Ok("12.8"));
    assert_eq!(one.compute_capability.as_deref(), Ok("9.0"));
    assert_eq!((&one.ecc, &one.persistence), (&Ok(true), &Ok(true)));
    assert_eq!((&facts[0].mig, &one.mig), (&Ok(false), &Ok(true)));
    assert_eq!(one.power_limit_mw, Ok(650_000));
    assert_eq!(one.default_power_limit_mw, Ok(700_000));
    assert_eq!(
        (&one.max_sm_clock_mhz, &one.max_memory_clock_mhz),
        (&Ok(1_980), &Ok(3_201))
    );
    assert_eq!((&one.pcie_generation, &one.pcie_lanes), (&Ok(5), &Ok(16)));
}

#[test]
fn a_library_that_is_not_there_or_refuses_is_a_reason() {
    let absent = Nvml::load(NvmlOptions {
        library: Some("/nowhere/libnvidia-ml.so.1".into()),
        ..NvmlOptions::default()
    });
    let reason = absent.unwrap_err().to_string();
    assert!(
        reason.starts_with("/nowhere/libnvidia-ml.so.1 cannot be loaded ("),
        "{reason}"
    );
    let started = |code: u32| Fake::new(&format!("fail.init={code}")).load().unwrap_err();
    assert_eq!(started(NO_DRIVER), NvmlError::NoDriver);
    assert!(matches!(
        started(PERMISSION),
        NvmlError::NoPermission { .. }
    ));
    assert!(matches!(started(999), NvmlError::Other { .. }));
}

#[test]
fn a_library_that_hangs_costs_its_deadline_and_comes_back() {
    let clock = MonotonicClock;
    let begun = clock.now();
    let hung = Fake::new("hang.init=1");
    assert!(matches!(hung.load(), Err(NvmlError::Hung { .. })));
    assert!((clock.now() - begun).as_secs_f64() < 5.0);
    hung.set("");
    let fake = Fake::new("count=1\nenergy=5000");
    let nvml = fake.load().unwrap();
    fake.set("count=1\nenergy=6000\nhang.energy=1");
    let error = nvml.energy(0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "NVML did not tell the total energy within 200 ms; look for a hung GPU with nvidia-smi"
    );
    let begun = clock.now();
    assert!(matches!(nvml.power(0), Err(NvmlError::Hung { .. })));
    assert!(
        clock.now() - begun < Nanoseconds::from_millis(100),
        "further calls are refused at once"
    );
    fake.set("count=1\nenergy=7000");
    let until = clock.now() + Nanoseconds::from_secs(5);
    while nvml.energy(0).is_err() && clock.now() < until {
        clock.wait_until(clock.now() + Nanoseconds::from_millis(2));
    }
    assert_eq!(nvml.energy(0), Ok(Joules::from_joules(7.0)));
}

#[test]
fn two_gpus_have_counters_and_powers_of_their_own() {
    let fake = Fake::new("count=2\nenergy.0=1000\nenergy.1=2500\npower.0=70000\npower.1=80500");
    let nvml = fake.load().unwrap();
    assert_eq!(nvml.energy(1), Ok(Joules::from_joules(2.5)));
    let power = nvml.power(1).unwrap();
    assert_eq!(
        (power.power, power.is_instant),
        (Watts::from_watts(80.5), true)
    );
    assert_eq!(
        names(&sources(&fake)),
        [
            "nvml:GPU-0:counter",
            "nvml:GPU-0:power",
            "nvml:GPU-1:counter",
            "nvml:GPU-1:power"
        ]
    );
}

#[test]
fn a_driver_without_the_instantaneous_field_tells_means() {
    let fake = Fake::new(&format!(
        "count=1\nfail.power={UNSUPPORTED}\nusage=90000\npower=1"
    ));
    let power = fake.load().unwrap().power(0).unwrap();
    assert_eq!(
        (power.power, power.is_instant),
        (Watts::from_watts(90.0), false)
    );
    let found = sources(&fake);
    let averaged: Vec<_> = found
        .usable
        .iter()
        .map(|source| source.spec().averaged)
        .collect();
    assert_eq!(averaged, [None, Some(Nanoseconds::from_secs(1))]);
}

#[test]
fn a_divided_gpu_has_no_energy_of_an_instance_and_says_why() {
    let found = sources(&Fake::new("count=2\nmig.0=1"));
    assert_eq!(names(&found), ["nvml:GPU-1:counter", "nvml:GPU-1:power"]);
    assert_eq!(
        found.missing["energy.nvml"],
        "MIG is on: the sensors of GPU-0 do not tell its instances apart; turn MIG off to measure energy"
    );
}

#[test]
fn what_is_forbidden_lost_or_not_offered_is_a_reason_and_the_rest_is_told() {
    let with = |conf: &str| sources(&Fake::new(&format!("count=1\n{conf}")));
    let forbidden = with(&format!("fail.energy={PERMISSION}"));
    assert_eq!(names(&forbidden), ["nvml:GPU-0:power"]);
    assert_eq!(
        forbidden.missing["energy.nvml"],
        "NVML gives no permission for the total energy; run as root or ask the administrator"
    );
    let old = with(&format!("fail.energy={UNSUPPORTED}"));
    assert_eq!(
        old.missing["energy.nvml"],
        "this GPU or driver does not offer the total energy"
    );
    let lost = with(&format!("fail.device={LOST}"));
    assert!(lost.usable.is_empty());
    assert!(lost.missing["energy.nvml"].contains("the GPU is lost (the total energy)"));
    let none = sources(&Fake::new("count=0"));
    assert!(none.usable.is_empty());
    assert_eq!(
        none.missing["energy.nvml"],
        "NVML lists no GPU that this process may use"
    );
}

#[test]
fn a_gpu_that_is_lost_on_the_way_says_so_at_each_reading() {
    let fake = Fake::new("count=1\nenergy=1000");
    let mut found = sources(&fake);
    let clock = SimulatedClock::new();
    assert!(found.usable[0].poll(&clock).is_ok());
    fake.set(&format!("count=1\nfail.energy={LOST}"));
    for _ in 0..2 {
        let error = found.usable[0].poll(&clock).unwrap_err().to_string();
        assert!(error.starts_with("the GPU is lost"), "{error}");
    }
}

#[test]
fn a_ticking_counter_and_its_power_give_the_joules_of_a_window() {
    let fake = Fake::new("count=1");
    let mut found = sources(&fake);
    let counted = read(&fake, found.usable[0].as_mut(), 12, |millis| millis * 300);
    assert_eq!(counted.spec.quantity, Quantity::Energy);
    let drawn = read(&fake, found.usable[1].as_mut(), 12, |millis| {
        299_000 + millis % 2_000
    });
    for history in [counted, drawn] {
        let energy = window(&history, span(2_030, 10_070)).unwrap();
        let error = (energy.energy.as_joules() - 0.3 * 8_040.0).abs();
        assert!(
            error <= energy.random().as_joules(),
            "{}: {error}",
            history.spec.name
        );
        assert!(energy.random().as_joules() < 0.02 * 0.3 * 8_040.0);
    }
}

#[test]
fn a_stuck_counter_is_a_reason_and_one_that_begins_anew_spoils_its_own_window_only() {
    let fake = Fake::new("count=1");
    let mut found = sources(&fake);
    let counter = found.usable[0].as_mut();
    let stuck = read(&fake, counter, 8, |_| 5_000);
    let outcome = window(&stuck, span(1_000, 4_000));
    assert!(
        matches!(outcome, Err(WindowFault::Stuck { .. })),
        "{outcome:?}"
    );
    let anew = read(&fake, counter, 12, |millis| match millis {
        0..6_000 => 4_294_000_000 + millis * 100,
        _ => (millis - 6_000) * 100,
    });
    assert_eq!(
        window(&anew, span(4_000, 8_000)),
        Err(WindowFault::WentBack)
    );
    for (from, to) in [(1_000, 5_000), (7_000, 11_000)] {
        let energy = window(&anew, span(from, to)).unwrap().energy.as_joules();
        assert!((energy - 400.0).abs() < 1e-6, "{energy}");
    }
}

#[test]
fn processes_are_listed_once_with_their_memory_and_strangers_are_told_apart() {
    let fake = Fake::new("count=1\nused=3000\ncompute=10:500,11:600\ngraphics=11:600,12:700");
    let nvml = fake.load().unwrap();
    let processes = nvml.processes(0).unwrap();
    let expected = [(10, 500), (11, 600), (12, 700)].map(|(pid, bytes)| GpuProcess {
        pid,
        memory: Some(Bytes::from_bytes(bytes)),
    });
    assert_eq!(processes, expected);
    let strangers = foreign(&processes, &[11]);
    assert_eq!(strangers, [&expected[0], &expected[2]]);
    assert_eq!(nvml.memory(0).unwrap().used, Bytes::from_bytes(3_000));
    fake.set("count=1\ncompute=10:18446744073709551615");
    assert_eq!(nvml.processes(0).unwrap()[0].memory, None, "not available");
    fake.set(&format!("count=1\nfail.processes={PERMISSION}"));
    assert!(matches!(
        nvml.processes(0),
        Err(NvmlError::NoPermission { .. })
    ));
    fake.set("count=1");
    assert_eq!(nvml.processes(0), Ok(Vec::new()));
}

#[test]
fn what_slows_a_gpu_down_is_named_and_idleness_is_not() {
    const IDLE: u32 = 0x1;
    const POWER_CAP: u32 = 0x4;
    const HOT: u32 = 0x20;
    let fake = Fake::new(&format!("count=1\nthrottle={IDLE}"));
    let nvml = fake.load().unwrap();
    assert_eq!(nvml.throttling(0), Ok(Vec::new()));
    fake.set(&format!("count=1\nthrottle={}", IDLE | POWER_CAP | HOT));
    assert_eq!(
        nvml.throttling(0),
        Ok(vec!["sw-power-cap", "sw-thermal-slowdown"])
    );
    fake.set(&format!("count=1\nfail.throttle={UNSUPPORTED}"));
    assert_eq!(
        nvml.throttling(0).unwrap_err().to_string(),
        "this GPU or driver does not offer what slows it down"
    );
}
