//! Runs every procedure on every noise and prints what came of it.

use crate::noise::World;
use crate::noises;
use crate::procedure::{End, Procedure, Run};

/// What many comparisons came to.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    alarms: u32,
    passes: u32,
    undecided: u32,
    processes: f64,
    seconds: f64,
}

impl Tally {
    fn add(mut self, run: Run) -> Self {
        match run.end {
            End::Alarm => self.alarms += 1,
            End::Pass => self.passes += 1,
            End::Undecided => self.undecided += 1,
        }
        self.processes += run.processes as f64;
        self.seconds += run.seconds;
        self
    }
}

/// A row for each noise and procedure, cells for each share by which the candidate is worse: alarms, passes and undecided in percent,
/// processes of each side and seconds on average.
pub fn print(procedures: &[Box<dyn Procedure>], worse: &[f64], gates: u32, words: &[String]) {
    let head = worse.iter().map(|worse| {
        format!(
            " +{:.0}%: alarm / pass / undecided %, n, s |",
            100.0 * worse
        )
    });
    println!("\n| noise | procedure |{}", head.collect::<String>());
    println!("|---|---|{}", "---|".repeat(worse.len()));
    for (place, noise) in noises::all() {
        for procedure in procedures {
            let name = procedure.name();
            let row = format!("{} {name}", noise.name);
            if !words.iter().all(|word| row.contains(word.as_str())) {
                continue;
            }
            let cell = |worse: &f64| {
                let seed = |gate: u32| {
                    let share = (1e3 * worse) as u64 % 251;
                    (place << 40) + (u64::from(gate) << 8) + share
                };
                let run = |gate| procedure.run(&mut World::new(noise, seed(gate)), *worse);
                let tally = (0..gates).map(run).fold(Tally::default(), Tally::add);
                cell(tally, gates)
            };
            println!(
                "| {} | {name} |{}",
                noise.name,
                worse.iter().map(cell).collect::<String>()
            );
        }
    }
}

fn cell(tally: Tally, gates: u32) -> String {
    let share = |count: u32| 100.0 * f64::from(count) / f64::from(gates);
    let mean = |sum: f64| sum / f64::from(gates);
    format!(
        " {:.2} / {:.2} / {:.2}, {:.1}, {:.0} |",
        share(tally.alarms),
        share(tally.passes),
        share(tally.undecided),
        mean(tally.processes),
        mean(tally.seconds)
    )
}
