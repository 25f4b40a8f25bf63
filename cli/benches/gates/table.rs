//! What many gates came to, as Markdown: verdicts with exact intervals, and the time until them.

use statrs::distribution::{Beta, Binomial, ContinuousCDF, DiscreteCDF};

use crate::kept::{Gate, NONE};
use crate::plan::{Against, Plan};

const VERDICTS: [&str; 6] = [
    "pass",
    "improvement",
    "regression",
    "inconclusive",
    "invalid",
    NONE,
];

/// The plan, then verdicts by kind, error rates and times; `stopped` gates were made again.
pub fn table(plan: &Plan, gates: &[Gate], stopped: usize) -> String {
    let kinds = [
        (Against::Itself, "itself".to_owned()),
        (Against::More, format!("`{}`", plan.more)),
    ];
    let mut text = format!(
        "`{}` under rten, batch {}, one thread, against itself and against 5 % more work: {} of {} gates that were planned, {stopped} \
         stopped and made again, {} at the most each. Intervals hold with 95 %.\n\n| against | gates | {} | seconds, median | blocks, \
         median | worse by, in %, median |\n|---|---:|{}---:|---:|---:|\n",
        plan.model,
        plan.batch,
        gates.len(),
        2 * plan.gates,
        plan.budget,
        VERDICTS.join(" | "),
        "---:|".repeat(VERDICTS.len())
    );
    for (kind, name) in &kinds {
        text.push_str(&row(name, &of(gates, *kind)));
    }
    let [equal, more] = [Against::Itself, Against::More].map(|kind| of(gates, kind));
    let rates = [
        ("false alarms", &equal, &["regression"][..]),
        ("found", &more, &["regression"]),
        ("wrong passes", &more, &["pass", "improvement"]),
    ];
    text.push_str("\n| rate | gates |\n|---|---|\n");
    for (name, own, verdicts) in rates {
        let is = |gate: &&&Gate| verdicts.contains(&gate.verdict.as_str());
        let times = own.iter().filter(is).count();
        text.push_str(&format!("| {name} | {} |\n", share(times, own.len())));
    }
    text.push('\n');
    text.push_str(&times(gates));
    text
}

/// One gate in one line.
pub fn line(gate: &Gate) -> String {
    let percent = |share: Option<f64>| match share {
        Some(share) => format!("{:+.2}%", 100.0 * share),
        None => "unknown".to_owned(),
    };
    let waited = gate.waited.map(|share| match share {
        Some(share) => format!("{:.0}%", 100.0 * share),
        None => "unknown".to_owned(),
    });
    let [worse, low, high] = gate.worse.map(percent);
    let why = gate.why.as_ref().map(|why| format!(" ({why})"));
    let blocks = gate.blocks.map(|blocks| format!("{blocks} blocks"));
    format!(
        "{}{} {worse} [{low}, {high}], {} in {:.0} s, waited {} and {} of the sides' time",
        gate.verdict,
        why.unwrap_or_default(),
        blocks.unwrap_or_else(|| "no blocks known".to_owned()),
        gate.seconds,
        waited[0],
        waited[1],
    )
}

fn of(gates: &[Gate], kind: Against) -> Vec<&Gate> {
    gates.iter().filter(|gate| gate.against == kind).collect()
}

fn row(name: &str, own: &[&Gate]) -> String {
    let counts = VERDICTS.map(|verdict| {
        let times = own.iter().filter(|gate| gate.verdict == verdict).count();
        format!(" {times} |")
    });
    let seconds = own.iter().map(|gate| gate.seconds).collect();
    let blocks = own.iter().filter_map(|gate| Some(gate.blocks? as f64));
    let blocks = blocks.collect();
    let worse = own.iter().filter_map(|gate| Some(100.0 * gate.worse[0]?));
    format!(
        "| {name} | {} |{} {} | {} | {} |\n",
        own.len(),
        counts.concat(),
        median(seconds),
        median(blocks),
        median(worse.collect())
    )
}

fn times(gates: &[Gate]) -> String {
    let seconds: Vec<f64> = gates.iter().map(|gate| gate.seconds).collect();
    let longest = seconds.iter().copied().fold(f64::NAN, f64::max);
    let known = |of: fn(&Gate) -> Option<f64>| gates.iter().filter_map(of).collect::<Vec<f64>>();
    let millis = known(|gate| Some(gate.baseline_ns? / 1e6));
    let waited = known(|gate| Some(100.0 * gate.waited[0]?));
    format!(
        "Seconds until a gate ended, whatever its verdict: median {}, {longest:.0} at the most. Median latency of the baseline, in milliseconds: {}. \
         Percent of its time that the baseline waited for a core: {}.\n",
        median(seconds),
        median(millis),
        median(waited)
    )
}

/// The median and, where there are enough, its interval between two of the values: as many lie below the truth as heads come
/// up among as many coins.
pub fn median(mut values: Vec<f64>) -> String {
    values.sort_by(f64::total_cmp);
    let Some(last) = values.len().checked_sub(1) else {
        return "unknown".to_owned();
    };
    let middle = (values[last / 2] + values[last.div_ceil(2)]) / 2.0;
    let coins = Binomial::new(0.5, values.len() as u64);
    let outside = coins.map_or(0, |coins| {
        (0..=last as u64 / 2)
            .take_while(|below| coins.cdf(*below) <= 0.025)
            .count()
    });
    match outside.checked_sub(1) {
        Some(place) => format!(
            "{middle:.1} [{:.1}, {:.1}]",
            values[place],
            values[last - place]
        ),
        None => format!("{middle:.1}"),
    }
}

/// `2 of 30: 6.7 % [0.8, 22.1]`: the exact interval at 95 % (C. J. Clopper, E. S. Pearson, Biometrika 26 (1934) 404–413).
pub fn share(times: usize, of: usize) -> String {
    if of == 0 {
        return "0 of 0".to_owned();
    }
    let bound = |a: usize, b: usize, at: f64| {
        Beta::new(a as f64, b as f64).map_or(f64::NAN, |beta| beta.inverse_cdf(at))
    };
    let low = match times {
        0 => 0.0,
        _ => bound(times, of - times + 1, 0.025),
    };
    let high = match times == of {
        true => 1.0,
        false => bound(times + 1, of - times, 0.975),
    };
    format!(
        "{times} of {of}: {:.1} % [{:.1}, {:.1}]",
        100.0 * times as f64 / of as f64,
        100.0 * low,
        100.0 * high
    )
}
