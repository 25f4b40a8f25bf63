//! The whole way: discovered sources, the sampling thread, a meter that dies, figures that stand.

#[path = "nvml/fake.rs"]
mod fake;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use fake::Fake;
use tare_clock::{Clock, MonotonicClock};
use tare_hardware::energy::{
    Assessment, DEFAULT_BOUND, EnergySampler, Measured, Meter, MeterCommand, Primary,
    SamplerOptions, Span, Windows, assess, discover,
};
use tare_units::Nanoseconds;

/// 300 W, told by the fake's counter and power while `body` runs.
fn drawing<T>(fake: &Fake, body: impl FnOnce() -> T) -> T {
    let done = AtomicBool::new(false);
    let tell = || {
        let millijoules = MonotonicClock.now().as_nanos() / 1_000_000 * 300;
        let milliwatts = 299_000 + millijoules / 300 % 2_000;
        fake.set(&format!(
            "count=1\nenergy={millijoules}\npower={milliwatts}"
        ));
    };
    tell();
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                tell();
                pause(10);
            }
        });
        let outcome = body();
        done.store(true, Ordering::SeqCst);
        outcome
    })
}

fn pause(millis: u64) -> Span {
    let from = MonotonicClock.now();
    let to = from + Nanoseconds::from_millis(millis);
    MonotonicClock.wait_until(to);
    Span { from, to }
}

/// `meanwhile` is done as the timed part begins.
fn measure(fake: &Fake, meter: Meter, meanwhile: impl FnOnce()) -> Assessment {
    let nowhere = tempfile::tempdir().unwrap();
    let sources = discover(nowhere.path(), &fake.load(), Some(Ok(meter)));
    let options = SamplerOptions {
        period: Nanoseconds::from_millis(5),
        ..SamplerOptions::default()
    };
    let sampler = EnergySampler::start(sources.usable, MonotonicClock, options).unwrap();
    pause(150);
    let idle_before = Some(pause(200));
    meanwhile();
    let timed = pause(600);
    let idle_after = Some(pause(200));
    sampler.settle(timed.to + Nanoseconds::from_millis(200), &MonotonicClock);
    let measured = Measured {
        windows: Windows {
            work: timed,
            idle_before,
            idle_after,
            loaded: None,
        },
        samples: 100,
        stretched: false,
        primary: Primary::Gpu("GPU-0".into()),
        bound: DEFAULT_BOUND,
    };
    assess(&sampler.histories(), &measured, &sources.missing)
}

#[test]
fn a_meter_that_dies_within_the_window_is_a_reason_and_the_gpu_s_figures_stand() {
    let fake = Fake::new("count=1");
    let script = "for i in $(seq 20); do echo $(date +%s.%N) 450 W; sleep 0.01; done; exit 7";
    let found = drawing(&fake, || {
        let meter = Meter::start(&MeterCommand::new("sh", &["-c", script]), MonotonicClock);
        measure(&fake, meter.unwrap(), || {})
    });
    let energy = found.energy.unwrap();
    let names: Vec<&str> = energy
        .sources
        .iter()
        .map(|one| one.source.as_str())
        .collect();
    assert_eq!(names, ["nvml:GPU-0:counter", "nvml:GPU-0:power", "meter"]);
    for source in &energy.sources[..2] {
        let (gross, random) = (source.gross_j.unwrap(), source.random_j.unwrap());
        assert!((gross - 180.0).abs() < random + 30.0, "{source:?}");
        assert!((source.systematic_j.unwrap() - 0.05 * gross).abs() < 1e-9);
    }
    assert_eq!(energy.primary.as_deref(), Some("nvml:GPU-0:counter"));
    assert!(
        (energy.per_sample_j.unwrap() * 100.0 - energy.sources[0].gross_j.unwrap()).abs() < 1e-9
    );
    assert_eq!(energy.sources[2].gross_j, None);
    assert_eq!(
        found.missing["energy.sources.2.gross_j"],
        "the meter sh ended (exit status: 7); run it by hand to see why"
    );
    assert!(found.missing["energy.rapl"].contains("shows no RAPL"));
}

#[test]
fn an_nvml_that_hangs_costs_its_own_figures_and_neither_the_meter_s_nor_the_end() {
    let fake = Fake::new("count=1\nenergy=1000\npower=60000");
    let script = "while :; do echo $(date +%s.%N) 450 W; sleep 0.01; done";
    let meter = Meter::start(&MeterCommand::new("sh", &["-c", script]), MonotonicClock);
    let begun = MonotonicClock.now();
    let found = measure(&fake, meter.unwrap(), || {
        fake.set("count=1\nhang.energy=1\nhang.power=1");
    });
    let took = (MonotonicClock.now() - begun).as_secs_f64();
    assert!(
        took < 5.0,
        "the sampler ends though a call never returned: {took}"
    );
    let energy = found.energy.unwrap();
    for index in 0..2 {
        assert_eq!(energy.sources[index].gross_j, None);
        let reason = &found.missing[&format!("energy.sources.{index}.gross_j")];
        assert!(reason.starts_with("NVML did not tell"), "{reason}");
    }
    let meter = &energy.sources[2];
    let expected = 450.0 * meter.window_s;
    assert!(
        (meter.gross_j.unwrap() - expected).abs() < 0.01 * expected,
        "{meter:?}"
    );
    assert!(meter.above_idle_j.unwrap().abs() < 0.01 * expected);
    assert_eq!(meter.systematic_j, None);
    assert!(found.missing["energy.sources.2.systematic_j"].contains("--meter-accuracy 1%"));
    assert_eq!(energy.primary.as_deref(), Some("meter"), "what still tells");
    fake.set("count=1");
}
