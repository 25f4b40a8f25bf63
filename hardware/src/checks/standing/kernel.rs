//! Checks of how the kernel keeps memory and time.

use tare_units::Nanoseconds;

use super::Place;
use crate::checks::judged::Judged;
use crate::{Unavailable, environment};

pub(super) fn huge_pages(place: &Place) -> Result<Judged, Unavailable> {
    let mode = environment::huge_pages(&place.root)?;
    Ok(Judged::problem_if(mode == "always", mode))
}

/// Sources that are read without entering the kernel.
const QUICK: &[&str] = &[
    "tsc",
    "kvm-clock",
    "hyperv_clocksource_tsc_page",
    "xen",
    "arch_sys_counter",
    "timebase",
    "tod",
    "riscv_clocksource",
];

pub(super) fn clock_source(place: &Place) -> Result<Judged, Unavailable> {
    const AVAILABLE: &str = "sys/devices/system/clocksource/clocksource0/available_clocksource";
    let source = environment::clock_source(&place.root)?;
    let is_quick = QUICK.contains(&source.as_str());
    let available = place.root.text(AVAILABLE).unwrap_or_default();
    let better = available
        .split_whitespace()
        .find(|name| QUICK.contains(name));
    let judged = Judged::problem_if(!is_quick, source);
    Ok(match better {
        Some(better) => judged.with_remedy(format!(
            "as root: echo {better} > /sys/devices/system/clocksource/clocksource0/current_clocksource"
        )),
        None => judged,
    })
}

pub(super) fn timer_resolution(resolution: Option<Nanoseconds>) -> Result<Judged, Unavailable> {
    const COARSE: Nanoseconds = Nanoseconds::from_nanos(1_000);
    let resolution = resolution.ok_or(Unavailable::None("nobody asked for it"))?;
    let found = format!("timers count in steps of {resolution}");
    Ok(Judged::problem_if(resolution > COARSE, found))
}

/// 50 µs is what a process begins with.
pub(super) fn timer_slack(place: &Place) -> Result<Judged, Unavailable> {
    const USUAL: Nanoseconds = Nanoseconds::from_nanos(50_000);
    let file = format!("proc/{}/timerslack_ns", place.pid);
    let slack = Nanoseconds::from_nanos(place.root.number(&file, "timer slack")?);
    Ok(Judged::problem_if(slack > USUAL, format!("up to {slack}")))
}
