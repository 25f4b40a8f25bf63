//! When a device that runs behind its host is at work within a request.

use tare_adapter_api::Interval;
use tare_units::Nanoseconds;

/// How long a request takes, and when the device was at work, from the request's beginning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Timeline {
    pub(crate) latency: Nanoseconds,
    pub(crate) device: Vec<Interval>,
}

/// What a request has to do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Todo {
    /// Of the host, before the first operator.
    pub(crate) host: Nanoseconds,
    /// Of the host, for each operator.
    pub(crate) dispatch: Nanoseconds,
    pub(crate) operators: u64,
    /// All work; on a device, with both its queues at work throughout.
    pub(crate) work: Nanoseconds,
}

impl Todo {
    /// Each operator on the device's queues in turn, as soon as it was dispatched and its queue is free; the request ends
    /// when all are done.
    pub(crate) fn timeline(&self) -> Timeline {
        let operators = self.operators.max(1);
        let each = QUEUES as f64 * self.work.as_nanos() as f64 / operators as f64;
        let each = Nanoseconds::from_nanos_f64(each);
        let mut free = [Nanoseconds::ZERO; QUEUES];
        let mut issued = self.host;
        let mut device = Vec::new();
        for place in 0..operators as usize {
            issued = issued + self.dispatch;
            let queue = &mut free[place % QUEUES];
            let start = issued.max(*queue);
            *queue = start + each;
            device.push((start, *queue));
        }
        let done = free.into_iter().max().unwrap_or_default();
        Timeline {
            latency: issued.max(done),
            device,
        }
    }
}

const QUEUES: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    fn ns(nanos: u64) -> Nanoseconds {
        Nanoseconds::from_nanos(nanos)
    }

    fn todo(operators: u64, work: u64) -> Todo {
        Todo {
            host: ns(100),
            dispatch: ns(10),
            operators,
            work: ns(work),
        }
    }

    #[test]
    fn a_device_with_much_to_do_hides_all_but_the_first_dispatches() {
        let timeline = todo(4, 1_000).timeline();
        assert_eq!(timeline.latency, ns(100 + 2 * 10 + 1_000));
        let expected = [(110, 610), (120, 620), (610, 1_110), (620, 1_120)];
        assert_eq!(
            timeline.device,
            expected.map(|(start, end)| (ns(start), ns(end)))
        );
    }

    #[test]
    fn a_device_with_little_to_do_waits_for_the_host() {
        let timeline = todo(4, 10).timeline();
        assert_eq!(timeline.latency, ns(100 + 4 * 10 + 5));
        assert_eq!(timeline.device[1], (ns(120), ns(125)));
    }
}
