//! How often the gate errs, and how often others do, on the same made-up machines.
//!
//! `cargo bench -p tare-gate --bench errors -- [GATES] [WORD…]`: so many comparisons for each number, 10,000 if not given; only rows
//! in which every word occurs.

mod machine;
mod noise;
mod noises;
mod procedure;
mod rivals;
mod table;

use tare_gate::{Basis, Conditions, Metric, Statistic};
use tare_statistics::Percentile;

use procedure::{Part, Procedure, Whole};
use rivals::Rival;

const ALONE: Conditions = Conditions {
    single_threaded: true,
    run_delay: true,
};
const BLIND: Conditions = Conditions {
    single_threaded: false,
    run_delay: false,
};

fn main() {
    let words = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'));
    let (numbers, words): (Vec<String>, Vec<String>) =
        words.partition(|word| word.parse::<u32>().is_ok());
    let gates = numbers
        .first()
        .and_then(|word| word.parse().ok())
        .unwrap_or(10_000);
    println!("{gates} comparisons for each share; a request works for 2 ms");
    table::print(&medians(), &[0.0, 0.01, 0.02, 0.05, 0.10], gates, &words);
    table::print(&tails(), &[0.0, 0.10, 0.30], gates, &words);
}

fn medians() -> Vec<Box<dyn Procedure>> {
    let limits = Metric::P50.limits();
    let percentile = |name, percentile, basis, requests| -> Box<dyn Procedure> {
        let statistic = Statistic::Percentile(percentile, basis);
        Box::new(Part::new(name, statistic, requests, limits))
    };
    let whole = |conditions| -> Box<dyn Procedure> {
        Box::new(Whole {
            metric: Metric::P50,
            conditions,
        })
    };
    let p25 = Percentile::from_per_mille(250).expect("a percentile");
    let mut all = vec![
        whole(ALONE),
        whole(BLIND),
        percentile("wall p50 of 50 requests", Percentile::P50, Basis::Wall, 50),
        percentile(
            "wall p50 of 151 requests",
            Percentile::P50,
            Basis::Wall,
            151,
        ),
        percentile("wall p25 of 50 requests", p25, Basis::Wall, 50),
    ];
    let rivals = [
        Rival::HyperfineRatio,
        Rival::HyperfineWelch,
        Rival::Criterion,
        Rival::Stored(0.05),
        Rival::Stored(0.10),
        Rival::MannWhitney,
    ];
    all.extend(rivals.map(|rival| -> Box<dyn Procedure> { Box::new(rival) }));
    all
}

fn tails() -> Vec<Box<dyn Procedure>> {
    let whole = |conditions| -> Box<dyn Procedure> {
        Box::new(Whole {
            metric: Metric::P99,
            conditions,
        })
    };
    vec![whole(ALONE), whole(BLIND)]
}
