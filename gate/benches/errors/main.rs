//! How often the gate errs, and how often others do, on the same made-up machines.
//!
//! `cargo bench -p tare-gate --bench errors -- [GATES] [most=BLOCKS…] [WORD…] [FILE.csv…]`: so many comparisons for each number,
//! 10,000 if not given; gates whose budget has room for so many blocks beside those that it has no bound for; only rows in which every
//! word occurs; on the recorded processes of files instead of machines that are made up.

mod machine;
mod noise;
mod noises;
mod procedure;
mod recorded;
mod rivals;
mod table;

use tare_gate::{Basis, Conditions, Design, Look, Metric, Plan, PlanError, Statistic};
use tare_statistics::Percentile;

use noise::World;
use procedure::{Part, Procedure, Whole};
use recorded::Replay;
use rivals::Rival;
use table::Table;

const ALONE: Conditions = Conditions {
    single_threaded: true,
    run_delay: true,
};
/// Fewer looks, which end at 64 blocks: blocks, cut-offs of a regression and of a pass, together 0.93% and 2.35%.
const FIVE_LOOKS: [(usize, u64, u64); 5] = [
    (10, 1, 4),
    (16, 16, 21),
    (25, 61, 72),
    (40, 206, 228),
    (64, 628, 674),
];
const BLIND: Conditions = Conditions {
    single_threaded: false,
    run_delay: false,
};

/// The shares by which a candidate is slower.
const SLOWER: [f64; 5] = [0.0, 0.01, 0.02, 0.05, 0.10];
const SLOWER_TAIL: [f64; 3] = [0.0, 0.10, 0.30];

fn main() {
    let words = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'));
    let (numbers, words): (Vec<String>, Vec<String>) =
        words.partition(|word| word.parse::<u32>().is_ok());
    let (files, words): (Vec<String>, Vec<String>) =
        words.into_iter().partition(|word| word.ends_with(".csv"));
    let (bounds, words): (Vec<String>, Vec<String>) =
        words.into_iter().partition(|word| word.starts_with(MOST));
    let bounds: Result<Vec<usize>, String> = bounds.iter().map(|word| bound(word)).collect();
    let gates = numbers.first().and_then(|word| word.parse().ok());
    let table = Table {
        gates: gates.unwrap_or(10_000),
        words,
    };
    let measured = bounds.and_then(|bounds| {
        for file in &files {
            recorded(&table, file, &bounds).map_err(|wrong| format!("{file}: {wrong}"))?;
        }
        if files.is_empty() {
            made_up(&table, &bounds);
        }
        Ok(())
    });
    if let Err(wrong) = measured {
        eprintln!("{wrong}");
        std::process::exit(2);
    }
}

/// What a bound on blocks begins with.
const MOST: &str = "most=";

fn bound(word: &str) -> Result<usize, String> {
    let blocks = word.strip_prefix(MOST).and_then(|most| most.parse().ok());
    blocks.ok_or_else(|| format!("`{word}` bounds no blocks: write one such as {MOST}100"))
}

/// Every procedure on every noise.
fn made_up(table: &Table, bounds: &[usize]) {
    println!(
        "{} comparisons for each share; a request works for 2 ms",
        table.gates
    );
    spreads();
    let both = [
        (medians(bounds), &SLOWER[..]),
        (tails(bounds), &SLOWER_TAIL[..]),
    ];
    for (procedures, slower) in both {
        table.head(slower);
        for (place, noise) in noises::all() {
            for procedure in &procedures {
                table.row(noise.name, procedure.as_ref(), slower, |seed| {
                    Box::new(World::new(noise, (place << 40) + seed))
                });
            }
        }
    }
}

/// How much the differences of equal sides scatter, by several statistics of 50 requests.
fn spreads() {
    let statistics = [
        Statistic::Percentile(Percentile::P50, Basis::Wall),
        Statistic::Percentile(p25(), Basis::Wall),
        Statistic::Percentile(Percentile::P50, Basis::Effective),
    ];
    let heads = statistics.map(|statistic| format!(" {statistic} |"));
    println!("\nstandard deviation of the differences of equal sides, and of the middle 68%\n");
    println!(
        "| noise |{}\n|---|{}",
        heads.concat(),
        "---|".repeat(heads.len())
    );
    for (place, noise) in noises::all() {
        let cells = statistics.map(|statistic| {
            let mut world = World::new(noise, place);
            let mut differences: Vec<f64> = (0..4_000)
                .filter_map(|_| procedure::block(&mut world, statistic, 50, 0.0).figures())
                .map(|(baseline, candidate)| (candidate.value / baseline.value).ln())
                .collect();
            differences.sort_by(f64::total_cmp);
            let squares: f64 = differences.iter().map(|one| one * one).sum();
            let middle = (differences[3_360] - differences[640]) / 2.0;
            let all = (squares / differences.len() as f64).sqrt();
            format!(" {:.1}%, {:.1}% |", 100.0 * all, 100.0 * middle)
        });
        println!("| {} |{}", noise.name, cells.concat());
    }
}

fn p25() -> Percentile {
    Percentile::from_per_mille(250).unwrap_or(Percentile::P50)
}

/// Every procedure on medians on every setting of a file, but for criterion's: a process of its own takes 5 s, and recorded ones do
/// not last that long.
fn recorded(table: &Table, file: &str, bounds: &[usize]) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let settings = recorded::read(&text)?;
    println!("{} comparisons for each share, from {file}", table.gates);
    let criterion = Rival::Criterion.name();
    table.head(&SLOWER);
    for setting in &settings {
        let name = format!("{}, {} blocks", setting.setting, setting.blocks());
        for procedure in medians(bounds).iter().filter(|one| one.name() != criterion) {
            table.row(&name, procedure.as_ref(), &SLOWER, |seed| {
                Box::new(Replay::new(setting, seed))
            });
        }
    }
    Ok(())
}

fn medians(bounds: &[usize]) -> Vec<Box<dyn Procedure>> {
    let five = || {
        let five = FIVE_LOOKS.map(|(blocks, regression, pass)| Look {
            blocks,
            regression: Some(regression),
            pass: Some(pass),
        });
        Plan::with_looks(Design::Paired, Metric::P50.limits(), five.to_vec())
    };
    let eight = || Plan::noisy(Metric::P50.limits());
    let part = |name, percentile, basis, requests, plan: Result<Plan, PlanError>| {
        let part = Part {
            name,
            statistic: Statistic::Percentile(percentile, basis),
            requests,
            plan: plan.expect("limits that can be decided"),
        };
        Box::new(part) as Box<dyn Procedure>
    };
    let (wall, effective) = (Basis::Wall, Basis::Effective);
    let mut all = wholes(Metric::P50, bounds);
    all.extend([
        part(
            "effective p50 of 50",
            Percentile::P50,
            effective,
            50,
            eight(),
        ),
        part("wall p50 of 50", Percentile::P50, wall, 50, eight()),
        part(
            "wall p50 of 50, up to 64 blocks",
            Percentile::P50,
            wall,
            50,
            five(),
        ),
        part("wall p25 of 50, up to 64 blocks", p25(), wall, 50, five()),
    ]);
    all.extend(rivals().map(|rival| Box::new(rival) as Box<dyn Procedure>));
    all
}

fn rivals() -> [Rival; 6] {
    [
        Rival::HyperfineRatio,
        Rival::HyperfineWelch,
        Rival::Criterion,
        Rival::Stored(0.05),
        Rival::Stored(0.10),
        Rival::MannWhitney,
    ]
}

fn tails(bounds: &[usize]) -> Vec<Box<dyn Procedure>> {
    wholes(Metric::P99, bounds)
}

/// The gate with either statistic, without a bound and with each.
fn wholes(metric: Metric, bounds: &[usize]) -> Vec<Box<dyn Procedure>> {
    let bounds = std::iter::once(None).chain(bounds.iter().copied().map(Some));
    let both = bounds.flat_map(|most| [(most, ALONE), (most, BLIND)]);
    let whole = |(most, conditions)| {
        let whole = Whole {
            metric,
            conditions,
            most,
        };
        Box::new(whole) as Box<dyn Procedure>
    };
    both.map(whole).collect()
}
