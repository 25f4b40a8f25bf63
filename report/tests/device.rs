//! What the device did in a request, as it is told, and what it makes of the split.

mod common;

use common::splits::{both, doubts, ns, summary};
use common::{cell, profiled, run_of, timed};
use expect_test::expect;
use tare_report::{Laws, Style, Summary, analyse, page, summarise, table};
use tare_results::{
    ActivityCounts, Copies, CopyTime, DeviceMeans, DeviceTime, KernelShare, KernelTime, Percentile,
    Record, TaxDoubt, TaxMethod,
};
use tare_units::Bytes;

fn busy(millis: f64) -> Percentile {
    Percentile {
        value_ns: millis * 1e6,
        low_ns: Some(millis * 1e6 - 1e5),
        high_ns: Some(millis * 1e6 + 1e5),
        tau: None,
        effective_count: None,
    }
}

fn counts() -> ActivityCounts {
    ActivityCounts {
        recorded: 1_780,
        dropped: 0,
        untimed: 0,
        outside: 2,
        across: 0,
        unlaunched: 0,
    }
}

/// A device that was busy for so many milliseconds, as CUPTI tells it.
fn traced(millis: f64) -> DeviceTime {
    let moved = |bytes, time_ns| CopyTime {
        count: u64::from(bytes > 0),
        bytes: Bytes::from_bytes(bytes),
        time_ns,
    };
    let kernel = |name: &str, share: f64| KernelShare {
        name: name.to_owned(),
        count: 40,
        time_ns: share * 26e6,
        share,
    };
    DeviceTime {
        latency_p50_ns: Some(30.9e6),
        perturbation: Some(1.03),
        idle_ns: Some(3.9e6),
        kernels: Some(KernelTime {
            count: 175,
            busy_ns: 26e6,
            time_ns: 26e6,
            mean_ns: 148_571.0,
            launches: 175,
            launch_delay_ns: 1_522_500.0,
            mean_launch_delay_ns: Some(8_700.0),
            by_name: vec![
                kernel(
                    "sm90_xmma_gemm_f32f32_tf32f32_f32_tn_n_tilesize128x128x32",
                    0.7,
                ),
                kernel("softmax_warp_forward", 0.2),
            ],
            others: Some(kernel("9 others", 0.1)),
        }),
        copies: Some(Copies {
            to_device: moved(4_096, 2e3),
            from_device: moved(196_608, 9e3),
            on_device: moved(0, 0.0),
            fills: moved(0, 0.0),
        }),
        activities: Some(counts()),
        ..DeviceTime::of_busy(busy(millis), 178, DeviceMeans::Cupti)
    }
}

fn style(width: usize) -> Style {
    Style {
        width,
        color: false,
        unicode: true,
    }
}

/// Repeats of 30 ms, twins of 2 ms, and a profiled pass with each of `devices`.
fn records(devices: Vec<DeviceTime>) -> Vec<Record> {
    let mut records = both(&[30e6, 30.3e6, 29.7e6], &[2e6, 2e6, 2e6]);
    for (repeat, device) in devices.into_iter().enumerate() {
        let mut record = profiled(&cell(1), Some(1.0), &[("gemm", 25.0)]);
        record.repeat = repeat as u64;
        record.profile.as_mut().expect("a profile").device = Some(device);
        records.push(record);
    }
    records
}

fn by_events(millis: f64) -> DeviceTime {
    DeviceTime::of_busy(busy(millis), 1, DeviceMeans::Events)
}

#[test]
fn between_events_the_device_may_have_idled_so_the_tax_is_a_lower_bound() {
    let mut records = records(vec![by_events(27.0)]);
    let profile = records.last_mut().expect("the profile");
    let path = "profile.device.kernels".to_owned();
    profile
        .missing
        .insert(path, "CUPTI was not found".to_owned());
    let summary = summary(&records);
    let tax = summary.tax.as_ref().expect("a split");
    assert_eq!((tax.method, tax.tax_ns), (TaxMethod::DeviceEvents, ns(3e6)));
    let low = tax.tax_low_ns.expect("an interval");
    let high = tax.tax_high_ns.expect("an interval");
    assert!(low < ns(3e6) && low > ns(1e6), "{low}");
    assert!(high > ns(30e6), "all of it may be idle: {high}");
    assert!(tax.kernel_low_ns < Some(ns(1e5)) && tax.kernel_high_ns < Some(ns(29e6)));
    assert!(tax.tax_fraction_high > Some(0.99));
    assert!(
        doubts(&summary).iter().any(|doubt| matches!(
            doubt,
            TaxDoubt::BusyByEvents { reason } if reason == "CUPTI was not found"
        )),
        "{:?}",
        summary.doubts
    );
    assert_eq!(
        summary.missing["profile.device.kernels"],
        "CUPTI was not found"
    );
    let shown = table(&[summary], style(160));
    assert!(shown.contains("≥"), "{shown}");
}

#[test]
fn passes_that_know_every_kernel_go_before_one_that_knows_events() {
    let records = records(vec![traced(27.0), by_events(29.0), traced(27.0)]);
    let summary = summary(&records);
    let tax = summary.tax.as_ref().expect("a split");
    assert_eq!(
        (tax.method, tax.tax_ns),
        (TaxMethod::DeviceIntervals, ns(3e6))
    );
    assert!(
        !doubts(&summary)
            .iter()
            .any(|doubt| matches!(doubt, TaxDoubt::BusyByEvents { .. }))
    );
}

#[test]
fn activities_that_were_lost_make_the_tax_an_upper_bound_and_a_few_between_requests_do_not() {
    let lost = |counts: ActivityCounts| {
        let device = DeviceTime {
            activities: Some(counts),
            ..traced(27.0)
        };
        let summary = summary(&records(vec![device]));
        let all: Vec<String> = doubts(&summary).iter().map(ToString::to_string).collect();
        all.into_iter().find(|doubt| doubt.contains("activities"))
    };
    assert_eq!(lost(counts()), None);
    let dropped = lost(ActivityCounts {
        dropped: 9,
        ..counts()
    })
    .expect("a doubt");
    assert!(
        dropped.starts_with("11 of the device's activities were dropped")
            && dropped.contains("upper bound"),
        "{dropped}"
    );
    assert!(
        lost(ActivityCounts {
            across: 100,
            ..counts()
        })
        .is_some()
    );
}

fn alone(device: DeviceTime) -> Summary {
    let mut of = cell(1);
    of.device = "cuda:0".to_owned();
    let mut record = profiled(&of, Some(1.03), &[]);
    let profile = record.profile.as_mut().expect("a profile");
    profile.nodes.clear();
    profile.device = Some(device);
    let path = "profile.operators".to_owned();
    record.missing.insert(
        path,
        "this adapter does not offer a profile by operator".to_owned(),
    );
    let mut run = run_of(vec![of.clone()], 1);
    run.profile = true;
    summarise(&run, &[timed(&of, 0, 30e6), record]).remove(0)
}

#[test]
fn a_framework_that_tells_of_no_operators_has_what_its_device_did_below_the_table() {
    let summary = alone(traced(27.0));
    assert_eq!(
        summary.missing["profile.operators"],
        "this adapter does not offer a profile by operator"
    );
    let shown = table(&[summary], style(100));
    let from = shown.find("what the device did").expect("told");
    assert!(
        !shown.contains("where the time of a request goes"),
        "{shown}"
    );
    expect![[r#"
        what the device did in a request:
        busy 27.0 ms of 30.9 ms, idle 3.90 ms; 175 kernels of 149 µs on average; 175 launches, 8.70 µs from
        call to start each, 1.52 ms in all; sm90_xmma_gemm_f32f32_tf32f32_f32_tn_n_t… 70%,
        softmax_warp_forward 20%; 4.00 KiB copied to the device in 2.00 µs; 192 KiB copied from it in 9.00
        µs; of 1780 activities recorded and 0 dropped, 2 in no request's time; 1.03 times as long when
        watched
    "#]].assert_eq(&shown[from..]);
}

#[test]
fn activities_that_were_lost_are_told_with_what_the_device_did() {
    let counts = ActivityCounts {
        dropped: 5,
        untimed: 1,
        ..counts()
    };
    let device = DeviceTime {
        activities: Some(counts),
        ..traced(27.0)
    };
    let shown = table(&[alone(device)], style(400));
    assert!(
        shown.contains("of 1780 activities recorded and 5 dropped, 8 in no request's time"),
        "{shown}"
    );
}

#[test]
fn the_page_tells_what_devices_did_where_the_operators_stand() {
    let none = analyse(&[], &Laws::default());
    let page = page(&[alone(traced(27.0))], &none);
    assert!(page.contains("busy 27.0 ms of 30.9 ms, idle 3.90 ms"));
}
