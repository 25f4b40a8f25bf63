//! What `tare run --dry-run` tells: the time it takes, and every cell with what it is fed.

use tare_harness::plan::{Outlook, Plan, Rates, Work, outlook};
use tare_units::Nanoseconds;

use super::settings::Settings;

/// The plan in words.
pub fn told(plan: &Plan, settings: &Settings, rates: &Rates) -> String {
    let mut text = format!(
        "cells: {}, repeats of each: {}, timed work of a repeat: {}\n",
        plan.cells.len(),
        settings.repeats,
        settings.duration
    );
    let outlook = outlook(plan, &settings.outlay(), rates);
    text.push_str(&time(&outlook, settings, &basis(rates)));
    for work in &plan.cells {
        text.push_str(&cell(work));
    }
    text
}

/// The time that it will take, and what that leaves out.
fn time(outlook: &Outlook, settings: &Settings, basis: &str) -> String {
    let beside = match (settings.twins, settings.profile) {
        (true, true) => ", hollow twins and profiles among them",
        (true, false) => ", hollow twins among them",
        (false, true) => ", profiles among them",
        (false, false) => "",
    };
    let energy = match settings.energy_bound {
        Some(_) if settings.probes => {
            "; more where energy can be read and asks for further requests"
        }
        _ => "",
    };
    let uncounted = match outlook.uncounted {
        0 => String::new(),
        cells => format!("; more for the arithmetic of {cells} cells, which is unknown"),
    };
    format!(
        "time: about {} in {} workers{beside}{energy}{uncounted}; {basis}\n",
        about(outlook.time),
        outlook.workers
    )
}

/// What the time rests on.
fn basis(rates: &Rates) -> String {
    match rates.measured {
        Some((best, share)) => format!(
            "at {} a thread, {:.0}% of the {best} that this machine was measured to do",
            rates.flops_per_s,
            share * 100.0
        ),
        None => format!(
            "at {} a thread, assumed, as this machine was not measured yet: tare machine calibrate",
            rates.flops_per_s
        ),
    }
}

/// In whole seconds, minutes or hours and minutes, rounded up.
pub fn about(time: Nanoseconds) -> String {
    let seconds = time.as_nanos().div_ceil(1_000_000_000);
    match (seconds, seconds.div_ceil(60)) {
        (0..=90, _) => format!("{seconds} s"),
        (_, minutes @ 0..=90) => format!("{minutes} min"),
        (_, minutes) => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

fn cell(work: &Work) -> String {
    let cell = &work.planned.cell;
    let pair = |(symbol, size): (&String, &u64)| format!("{symbol}={size}");
    let shape: Vec<String> = cell.shape.iter().map(pair).collect();
    let flops = work.planned.model.flops.map(|flops| flops.to_string());
    let mut text = format!(
        "{}  {}  {}  batch={}  {}  {}  {}  threads={}  {}\n",
        cell.model,
        cell.adapter_spec(),
        cell.scenario_spec(),
        cell.batch,
        shape.join(","),
        cell.precision,
        cell.device,
        cell.threads,
        flops.unwrap_or_default(),
    );
    for plan in work.inputs.describe() {
        let spec = &plan.spec;
        text.push_str(&format!(
            "    {} {:?}  {}: {} ({})\n",
            spec.dtype, spec.shape, spec.name, plan.values, plan.why
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use tare_units::{FlopsPerSecond, Rate};

    use super::*;

    #[test]
    fn what_the_time_rests_on_is_told() {
        let assumed = basis(&Rates::assumed());
        assert_eq!(
            assumed,
            "at 25.0 GFLOP/s a thread, assumed, as this machine was not measured yet: tare machine calibrate"
        );
        let rates = Rates {
            flops_per_s: FlopsPerSecond::from_per_s(8e10),
            measured: Some((FlopsPerSecond::from_per_s(2e11), 0.4)),
            ..Rates::assumed()
        };
        assert_eq!(
            basis(&rates),
            "at 80.0 GFLOP/s a thread, 40% of the 200 GFLOP/s that this machine was measured to do"
        );
    }

    #[test]
    fn a_time_is_told_in_units_that_fit_it_and_never_short() {
        let told = |millis| about(Nanoseconds::from_millis(millis));
        assert_eq!(told(1), "1 s");
        assert_eq!(told(90_000), "90 s");
        assert_eq!(told(90_001), "2 min");
        assert_eq!(told(540_001), "10 min");
        assert_eq!(told(90 * 60_000 + 1), "1 h 31 min");
    }
}
