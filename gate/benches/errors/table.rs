//! Runs every procedure on every noise and prints what came of it.

use crate::machine::Machine;
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

/// What is printed.
pub struct Table {
    /// Comparisons for each number.
    pub gates: u32,
    /// Only rows in which all of these occur.
    pub words: Vec<String>,
}

impl Table {
    pub fn head(&self, slower: &[f64]) {
        let cell = |slower: &f64| {
            format!(
                " +{:.0}%: alarm / pass / undecided %, n, s |",
                100.0 * slower
            )
        };
        println!(
            "\n| noise | procedure |{}",
            slower.iter().map(cell).collect::<String>()
        );
        println!("|---|---|{}", "---|".repeat(slower.len()));
    }

    /// For each share by which the candidate is slower: alarms, passes and undecided in percent, processes of each side and seconds
    /// on average. `machine` makes one from a seed.
    pub fn row<'a>(
        &self,
        noise: &str,
        procedure: &dyn Procedure,
        slower: &[f64],
        machine: impl Fn(u64) -> Box<dyn Machine + 'a>,
    ) {
        let name = procedure.name();
        let row = format!("{noise} {name}");
        if !self.words.iter().all(|word| row.contains(word.as_str())) {
            return;
        }
        let cell = |slower: &f64| {
            let seed = |gate: u32| (u64::from(gate) << 8) + (1e3 * slower) as u64 % 251;
            let run = |gate| procedure.run(machine(seed(gate)).as_mut(), *slower);
            let tally = (0..self.gates).map(run);
            cell(tally.fold(Tally::default(), Tally::add), self.gates)
        };
        println!(
            "| {noise} | {name} |{}",
            slower.iter().map(cell).collect::<String>()
        );
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
