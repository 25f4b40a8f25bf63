//! Traces whose figures are known, and random ones against a reference that looks at every nanosecond.

use tare_units::Bytes;

use super::*;
use crate::trace::Call;

fn ns(nanos: u64) -> Nanoseconds {
    Nanoseconds::from_nanos(nanos)
}

fn activity(work: Work, correlation: u32, start: u64, end: u64) -> Activity {
    Activity {
        work,
        start: ns(start),
        end: ns(end),
        correlation,
    }
}

fn kernel(name: usize, correlation: u32, start: u64, end: u64) -> Activity {
    activity(Work::Kernel { name }, correlation, start, end)
}

fn copy(way: Way, bytes: u64, start: u64, end: u64) -> Activity {
    let bytes = Bytes::from_bytes(bytes);
    activity(Work::Copy { way, bytes }, 0, start, end)
}

fn call(correlation: u32, start: u64) -> Call {
    Call {
        correlation,
        start: ns(start),
    }
}

/// A millisecond's distance between requests, beyond any slack.
const STEP: u64 = 1_000_000;
const LENGTH: u64 = 100_000;

/// Requests of 100 µs, each a millisecond after the one before, by a clock that is `offset` off the harness's.
fn requests(count: u64, offset: u64) -> Vec<Request> {
    let request = |place: u64| Request {
        from: ns(offset + place * STEP),
        to: ns(offset + place * STEP + LENGTH),
        latency: ns(LENGTH - 2_000),
    };
    (0..count).map(request).collect()
}

/// The same trace in each of `count` requests.
fn repeated(count: u64, offset: u64, of: &Trace) -> Trace {
    let mut trace = Trace {
        names: of.names.clone(),
        ..Trace::default()
    };
    for place in 0..count {
        let number = |correlation: u32| correlation + 1_000 * place as u32;
        let at = |time: Nanoseconds| time + ns(offset + place * STEP);
        let activities = of.activities.iter().map(|one| Activity {
            start: at(one.start),
            end: at(one.end),
            correlation: number(one.correlation),
            ..*one
        });
        trace.activities.extend(activities);
        let calls = of.calls.iter().map(|one| Call {
            correlation: number(one.correlation),
            start: at(one.start),
        });
        trace.calls.extend(calls);
    }
    trace
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|name| format!("kernel-{name:03}")).collect()
}

/// Two overlapping kernels on two streams, a third after a gap, a copy each way and a fill.
fn example() -> Trace {
    Trace {
        names: names(2),
        activities: vec![
            copy(Way::ToDevice, 4_096, 5_000, 8_000),
            kernel(0, 1, 10_000, 30_000),
            kernel(1, 2, 20_000, 40_000),
            kernel(0, 3, 60_000, 70_000),
            activity(
                Work::Fill {
                    bytes: Bytes::from_bytes(64),
                },
                0,
                70_000,
                71_000,
            ),
            copy(Way::FromDevice, 512, 80_000, 82_000),
        ],
        calls: vec![call(1, 6_000), call(2, 7_000), call(3, 50_000)],
        dropped: 0,
    }
}

#[test]
fn the_figures_of_a_request_are_those_worked_out_by_hand_whatever_the_clock_s_offset() {
    for offset in [0, 1_700_000_000_000_000_000] {
        let trace = repeated(13, offset, &example());
        let device = device_time(&trace, &requests(13, offset), 3).expect("ten decide");
        assert_eq!(device.busy_ns.value_ns, 3e3 + 30e3 + 10e3 + 1e3 + 2e3);
        assert_eq!((device.intervals, device.means), (6, DeviceMeans::Cupti));
        assert_eq!(device.latency_p50_ns, Some(98e3));
        assert_eq!(device.idle_ns, Some(98e3 - 46e3));
        let kernels = device.kernels.expect("traced");
        assert_eq!((kernels.count, kernels.launches), (3, 3));
        assert_eq!((kernels.busy_ns, kernels.time_ns), (40e3, 50e3));
        assert!((kernels.mean_ns - 50e3 / 3.0).abs() < 1e-6);
        assert_eq!(kernels.launch_delay_ns, 4e3 + 13e3 + 10e3);
        assert_eq!(kernels.mean_launch_delay_ns, Some(9e3));
        let named: Vec<_> = kernels
            .by_name
            .iter()
            .map(|one| (one.name.as_str(), one.count, one.time_ns))
            .collect();
        assert_eq!(named, [("kernel-000", 2, 30e3), ("kernel-001", 1, 20e3)]);
        assert_eq!((kernels.by_name[0].share, kernels.others), (0.6, None));
        let copies = device.copies.expect("traced");
        let of = |one: CopyTime| (one.count, one.bytes.as_bytes(), one.time_ns);
        assert_eq!(of(copies.to_device), (1, 4_096, 3e3));
        assert_eq!(of(copies.from_device), (1, 512, 2e3));
        assert_eq!(of(copies.on_device), (0, 0, 0.0));
        assert_eq!(of(copies.fills), (1, 64, 1e3));
        let counts = device.activities.expect("traced");
        assert_eq!(
            (counts.recorded, counts.lost(), counts.unlaunched),
            (78, 0, 0)
        );
    }
}

#[test]
fn of_a_graph_s_launch_only_the_first_kernel_has_a_delay() {
    let graph = Trace {
        names: names(1),
        activities: vec![
            kernel(0, 5, 30_000, 40_000),
            kernel(0, 5, 20_000, 30_000),
            kernel(0, 5, 40_000, 50_000),
        ],
        calls: vec![call(5, 15_000)],
        dropped: 0,
    };
    let trace = repeated(10, 0, &graph);
    let kernels = device_time(&trace, &requests(10, 0), 0)
        .expect("ten")
        .kernels
        .expect("traced");
    assert_eq!((kernels.count, kernels.launches), (3, 1));
    assert_eq!(
        (kernels.launch_delay_ns, kernels.mean_launch_delay_ns),
        (5e3, Some(5e3))
    );
}

#[test]
fn a_launch_begins_with_the_outer_of_two_calls_that_share_a_number() {
    let trace = Trace {
        names: names(1),
        activities: vec![kernel(0, 5, 20_000, 30_000)],
        calls: vec![call(5, 12_000), call(5, 9_000)],
        dropped: 0,
    };
    let mut trace = repeated(10, 1, &trace);
    trace.calls.push(call(5, 0));
    let kernels = device_time(&trace, &requests(10, 1), 0)
        .expect("ten")
        .kernels
        .expect("traced");
    assert_eq!(kernels.launch_delay_ns, 11_000.0);
}

#[test]
fn what_lies_outside_across_without_a_time_or_a_launch_is_counted_and_told() {
    let mut trace = repeated(10, 0, &example());
    trace.dropped = 7;
    trace.activities.push(kernel(0, 90_001, 500_000, 510_000));
    trace.calls.push(call(90_002, 1_050_000));
    trace
        .activities
        .push(kernel(0, 90_002, 1_090_000, 1_200_000));
    trace.activities.push(kernel(0, 90_003, 0, 0));
    trace
        .activities
        .push(kernel(0, 90_004, 2_041_000, 2_042_000));
    let device = device_time(&trace, &requests(10, 0), 0).expect("ten");
    let counts = device.activities.expect("traced");
    assert_eq!(
        counts,
        ActivityCounts {
            recorded: 64,
            dropped: 7,
            untimed: 1,
            outside: 1,
            across: 1,
            unlaunched: 1
        }
    );
    assert_eq!(counts.lost(), 10);
    assert_eq!(device.busy_ns.value_ns, 46e3, "of most requests");
}

#[test]
fn an_activity_that_the_clocks_error_puts_beyond_its_request_counts_as_far_as_that_reaches() {
    let late = Trace {
        names: names(1),
        activities: vec![kernel(0, 5, 95_000, 104_000)],
        calls: vec![call(5, 90_000)],
        dropped: 0,
    };
    let device = device_time(&repeated(10, 50_000, &late), &requests(10, 50_000), 0).expect("ten");
    assert_eq!(device.busy_ns.value_ns, 5e3);
    assert_eq!(device.activities.expect("traced").lost(), 0);
}

#[test]
fn beyond_64_names_the_rest_stands_together() {
    let many = Trace {
        names: names(70),
        activities: (0..70)
            .map(|name| {
                kernel(
                    name,
                    0,
                    1_000 * name as u64,
                    1_000 * name as u64 + 900 - name as u64,
                )
            })
            .collect(),
        ..Trace::default()
    };
    let device = device_time(&repeated(10, 0, &many), &requests(10, 0), 0).expect("ten");
    let kernels = device.kernels.expect("traced");
    assert_eq!(
        (kernels.by_name.len(), kernels.by_name[63].name.as_str()),
        (64, "kernel-063")
    );
    let others = kernels.others.expect("six");
    assert_eq!((others.name.as_str(), others.count), ("6 others", 6));
    let shares: f64 = kernels.by_name.iter().map(|one| one.share).sum();
    assert!((shares + others.share - 1.0).abs() < 1e-12);
    assert_eq!((kernels.launches, kernels.mean_launch_delay_ns), (0, None));
}

#[test]
fn nothing_recorded_and_too_few_requests_are_reasons() {
    let none = device_time(&Trace::default(), &requests(10, 0), 0).expect_err("nothing");
    assert!(
        none.starts_with("CUPTI recorded no activity of the device within a request"),
        "{none}"
    );
    let few = device_time(&repeated(2, 0, &example()), &requests(2, 0), 0).expect_err("two");
    assert!(few.starts_with("2 requests decide no median"), "{few}");
}

/// Numbers that look random, the same each time (Steele, Lea and Flood, "SplitMix", OOPSLA 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// One request of 2 µs with random launches, among them graphs, that overlap at random.
fn random_trace(random: &mut Random) -> Trace {
    let mut trace = Trace {
        names: names(4),
        ..Trace::default()
    };
    for launch in 1..=1 + random.below(8) as u32 {
        let called = 1 + random.below(1_000);
        trace.calls.push(call(launch, called));
        for _ in 0..1 + random.below(3) {
            let start = called + random.below(500);
            let end = start + random.below(400);
            let work = match random.below(4) {
                0 => Work::Copy {
                    way: Way::ToDevice,
                    bytes: Bytes::from_bytes(random.below(99)),
                },
                _ => Work::Kernel {
                    name: random.below(4) as usize,
                },
            };
            trace.activities.push(activity(work, launch, start, end));
        }
    }
    trace
}

/// Busy nanoseconds, one by one.
fn naive_busy(activities: &[Activity], is_counted: impl Fn(&Activity) -> bool) -> f64 {
    let counted: Vec<_> = activities.iter().filter(|one| is_counted(one)).collect();
    let is_busy = |at: &u64| {
        counted
            .iter()
            .any(|one| (one.start.as_nanos()..one.end.as_nanos()).contains(at))
    };
    (0..3_000u64).filter(is_busy).count() as f64
}

/// The sum over launches of the first kernel's start less the call's.
fn naive_delay(trace: &Trace) -> f64 {
    let delay = |call: &Call| {
        let own = trace
            .activities
            .iter()
            .filter(|one| one.correlation == call.correlation && name(one).is_some());
        let first = own.map(|one| one.start.as_nanos()).min()?;
        Some(first as f64 - call.start.as_nanos() as f64)
    };
    trace.calls.iter().filter_map(delay).sum()
}

#[test]
fn random_traces_have_the_figures_that_looking_at_every_nanosecond_gives() {
    for seed in 0..300 {
        let mut random = Random(seed);
        let one = random_trace(&mut random);
        let mut trace = repeated(10, seed, &one);
        for place in (1..trace.activities.len()).rev() {
            trace
                .activities
                .swap(place, random.below(place as u64 + 1) as usize);
        }
        let device = device_time(&trace, &requests(10, seed), 0).expect("ten");
        let all = naive_busy(&one.activities, |_| true);
        let kernels = device.kernels.expect("traced");
        assert_eq!(device.busy_ns.value_ns, all, "seed {seed}");
        assert_eq!(
            kernels.busy_ns,
            naive_busy(&one.activities, |one| name(one).is_some()),
            "seed {seed}"
        );
        assert_eq!(
            device.idle_ns,
            Some((LENGTH - 2_000) as f64 - all),
            "seed {seed}"
        );
        assert!(
            (kernels.launch_delay_ns - naive_delay(&one)).abs() < 1e-6,
            "seed {seed}"
        );
        assert!(
            kernels.busy_ns <= kernels.time_ns && kernels.busy_ns <= all,
            "seed {seed}"
        );
    }
}
