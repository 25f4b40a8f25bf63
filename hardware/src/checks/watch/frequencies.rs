//! The range of frequencies that a process was seen to run at.

use std::collections::BTreeMap;

use tare_results::Finding;

use crate::Unavailable;
use crate::checks::catalogue::FREQUENCY;
use crate::checks::judged::{Judged, gigahertz};
use crate::frequency;
use crate::root::Root;
use crate::topology::FOLDER;

/// A change above this share is a problem.
const CHANGE: f64 = 0.05;

/// The least and greatest frequency in kHz of each processor while the process ran on it.
#[derive(Debug)]
pub(super) struct Frequencies {
    base: Option<u64>,
    seen: BTreeMap<u64, (u64, u64)>,
    unread: Option<Unavailable>,
}

impl Frequencies {
    pub(super) fn of(root: &Root, cpus: &[u64]) -> Self {
        Self {
            base: frequency::base(root, &Ok(cpus.to_owned())).ok(),
            seen: BTreeMap::new(),
            unread: None,
        }
    }

    pub(super) fn sample(&mut self, root: &Root, pid: u32) {
        for cpu in running_on(root, pid) {
            let file = format!("{FOLDER}/cpu{cpu}/cpufreq/scaling_cur_freq");
            match root.number(&file, "frequency") {
                Ok(0) => {}
                Ok(khz) => {
                    let (least, greatest) = self.seen.entry(cpu).or_insert((khz, khz));
                    (*least, *greatest) = (khz.min(*least), khz.max(*greatest));
                }
                Err(reason) => self.unread = Some(reason),
            }
        }
    }

    pub(super) fn finding(&self) -> Finding {
        FREQUENCY.finding(self.judged())
    }

    /// The processor that changed most decides, as unlike ones run at unlike frequencies anyway.
    fn judged(&self) -> Result<Judged, Unavailable> {
        let change = |(least, greatest): &(u64, u64)| 1.0 - *least as f64 / *greatest as f64;
        let worst = self
            .seen
            .iter()
            .max_by(|one, other| change(one.1).total_cmp(&change(other.1)));
        let Some((cpu, range)) = worst else {
            let never = Unavailable::None("the process was not seen running within the window");
            return Err(self.unread.clone().unwrap_or(never));
        };
        let lowest = self.seen.values().map(|(least, _)| *least).min();
        if let Some((lowest, base)) = lowest
            .zip(self.base)
            .filter(|(lowest, base)| is_below(*lowest, *base))
        {
            let found = format!(
                "{}, below the base of {}",
                gigahertz(lowest),
                gigahertz(base)
            );
            return Ok(Judged::within(base as f64 / lowest as f64, 1.0, found));
        }
        let found = format!(
            "{} to {} on processor {cpu}",
            gigahertz(range.0),
            gigahertz(range.1)
        );
        Ok(Judged::within(change(range), CHANGE, found))
    }
}

fn is_below(khz: u64, base: u64) -> bool {
    (khz as f64) < base as f64 * (1.0 - CHANGE)
}

/// Where the threads are that run right now.
fn running_on(root: &Root, pid: u32) -> Vec<u64> {
    let threads = root.names(&format!("proc/{pid}/task")).unwrap_or_default();
    let stats = threads
        .iter()
        .filter_map(|thread| root.text(&format!("proc/{pid}/task/{thread}/stat")).ok());
    let stats = stats.filter_map(|text| super::processes::parse(&text));
    stats
        .filter(|stat| stat.is_running)
        .map(|stat| stat.processor)
        .collect()
}
