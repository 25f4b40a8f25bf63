//! What the kernel counts for a process and for the children that it has waited for, from `/proc/PID/stat`.

use tare_units::Nanoseconds;

use crate::Unavailable;
use crate::root::Root;

/// The counts of a process since it began, those of children that have ended and were waited for apart.
///
/// Fields and units: proc(5). Times come in ticks, most often of 10 ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) own: Counts,
    pub(crate) reaped: Counts,
    /// Ticks since boot: with the number of the process it tells two processes of one number apart.
    pub(crate) birth: u64,
}

/// Page faults and processor time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) minor_faults: u64,
    pub(crate) major_faults: u64,
    pub(crate) user_ticks: u64,
    pub(crate) system_ticks: u64,
}

impl Stat {
    pub(crate) fn read(root: &Root, pid: u32) -> Result<Self, Unavailable> {
        let name = format!("proc/{pid}/stat");
        let text = root.text(&name)?;
        Self::parse(&text)
            .ok_or_else(|| root.unclear(&name, "count of page faults and ticks", &text))
    }

    /// The command's name stands in brackets and may hold spaces and brackets itself, so fields count from its end.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (_, after) = text.rsplit_once(')')?;
        let fields: Vec<&str> = after.split_whitespace().collect();
        let field = |at: usize| fields.get(at)?.parse::<u64>().ok();
        let counts = |faults: usize, ticks: usize| {
            Some(Counts {
                minor_faults: field(faults)?,
                major_faults: field(faults + 2)?,
                user_ticks: field(ticks)?,
                system_ticks: field(ticks + 1)?,
            })
        };
        Some(Self {
            own: counts(7, 11)?,
            reaped: counts(8, 13)?,
            birth: field(19)?,
        })
    }

    /// Of the process and the children that it has waited for.
    pub(crate) fn all(&self) -> Counts {
        self.own.plus(self.reaped)
    }
}

impl Counts {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            minor_faults: self.minor_faults.saturating_add(other.minor_faults),
            major_faults: self.major_faults.saturating_add(other.major_faults),
            user_ticks: self.user_ticks.saturating_add(other.user_ticks),
            system_ticks: self.system_ticks.saturating_add(other.system_ticks),
        }
    }
}

/// Ticks as time; the length of a tick is the kernel's.
pub(crate) fn time(ticks: u64) -> Nanoseconds {
    let tick_ns = 1_000_000_000 / rustix::param::clock_ticks_per_second().max(1);
    Nanoseconds::from_nanos(ticks.saturating_mul(tick_ns))
}

/// A line for tests: a name with brackets, the counts, and a birth at tick 5.
#[cfg(test)]
pub(crate) fn line(own: Counts, reaped: Counts) -> String {
    let (a, b) = (own, reaped);
    format!(
        "7 (a) (b 1 2) S 1 7 7 0 -1 4194304 {} {} {} {} {} {} {} {} 20 0 1 0 5 0\n",
        a.minor_faults,
        b.minor_faults,
        a.major_faults,
        b.major_faults,
        a.user_ticks,
        a.system_ticks,
        b.user_ticks,
        b.system_ticks
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const OWN: Counts = Counts {
        minor_faults: 1,
        major_faults: 2,
        user_ticks: 3,
        system_ticks: 4,
    };
    const REAPED: Counts = Counts {
        minor_faults: 10,
        major_faults: 20,
        user_ticks: 30,
        system_ticks: 40,
    };

    #[test]
    fn each_count_comes_from_its_own_field_however_the_process_is_called() {
        let stat = Stat::parse(&line(OWN, REAPED)).unwrap();
        assert_eq!((stat.own, stat.reaped, stat.birth), (OWN, REAPED, 5));
        let all = stat.all();
        assert_eq!((all.minor_faults, all.major_faults), (11, 22));
        assert_eq!((all.user_ticks, all.system_ticks), (33, 44));
    }

    #[test]
    fn a_line_that_is_short_or_no_numbers_is_none() {
        let whole = line(OWN, REAPED);
        for wrong in ["", "7 x S 1", "7 (x) S 1 2 3", &whole[..whole.len() - 6]] {
            assert_eq!(Stat::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Stat::parse(&whole.replace("4194304 1", "4194304 -1")), None);
    }

    #[test]
    fn sums_do_not_wrap_and_a_tick_has_a_length() {
        let most = Counts {
            user_ticks: u64::MAX,
            ..OWN
        };
        assert_eq!(most.plus(most).user_ticks, u64::MAX);
        assert!(time(1) >= Nanoseconds::from_micros(100));
        assert_eq!(time(u64::MAX), Nanoseconds::MAX);
    }

    #[test]
    fn this_process_has_counts_of_its_own() {
        let stat = Stat::read(&Root::new(Path::new("/")), std::process::id()).unwrap();
        assert!(stat.own.minor_faults > 0 && stat.birth > 0);
    }
}
