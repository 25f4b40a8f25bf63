//! The tax of a device that runs behind the host: the latency less the time in which the device was busy.

use std::collections::BTreeMap;

use tare_results::{ActivityCounts, DeviceMeans, DeviceTime, Percentile, Record, TaxDoubt};

use super::Weighing;
use super::parts::Source;
use super::quantity::Quantity;
use crate::summarise::reason;

/// Activities of the device that may be outside every request: frameworks tidy up between two.
const LOST: f64 = 0.01;

/// What a record says of its device.
fn device(record: &Record) -> Option<&DeviceTime> {
    record.profile.as_ref()?.device.as_ref()
}

fn busy(record: &Record) -> Option<&Percentile> {
    Some(&device(record)?.busy_ns)
}

fn is_by_events(record: &Record) -> bool {
    device(record).is_some_and(|device| device.means == DeviceMeans::Events)
}

impl Weighing<'_> {
    /// How long the device was busy in the profiled passes, where the cell runs on one: over the repeats where each has a
    /// pass of its own. Where kernels are known in some of them, those alone.
    pub fn by_device(&self, latency: &Quantity) -> Option<Source> {
        let passes = self.telling();
        let quantity = match passes.as_slice() {
            [only] => Quantity::one_pass(busy(only)?, latency),
            several => Quantity::of(several, busy)?,
        };
        Some(match passes.iter().any(|record| is_by_events(record)) {
            true => Source::Events(quantity),
            false => Source::Busy(quantity),
        })
    }

    fn telling(&self) -> Vec<&Record> {
        let mut passes: BTreeMap<u64, &Record> = BTreeMap::new();
        let telling = self.profiles.iter();
        let telling = telling.filter(|record| device(record).is_some());
        passes.extend(telling.map(|record| (record.repeat, *record)));
        let mut passes: Vec<&Record> = passes.into_values().collect();
        if passes.iter().any(|record| !is_by_events(record)) {
            passes.retain(|record| !is_by_events(record));
        }
        passes
    }

    /// Why not to trust a tax that was read from the device fully.
    pub fn of_device(&self) -> Vec<TaxDoubt> {
        let passes = self.telling();
        let by_events = passes.iter().find(|record| is_by_events(record));
        let by_events = by_events.map(|record| TaxDoubt::BusyByEvents {
            reason: reason(record, "profile.device.kernels"),
        });
        let counts = passes
            .iter()
            .filter_map(|record| device(record)?.activities);
        let worst = counts.filter(is_lossy).max_by_key(ActivityCounts::lost);
        let lost = worst.map(|counts| TaxDoubt::ActivitiesLost {
            lost: counts.lost(),
            recorded: counts.recorded,
        });
        by_events.into_iter().chain(lost).collect()
    }
}

/// Whether more is lost than what may lie between requests.
fn is_lossy(counts: &ActivityCounts) -> bool {
    let is_gone = counts.dropped + counts.untimed > 0;
    is_gone || counts.lost() as f64 > LOST * counts.recorded as f64
}
