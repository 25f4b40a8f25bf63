//! Why the kernel gives no counter, with the remedy, from what perf_event_open(2) answered.

use std::io;

use rustix::io::Errno;

use super::event::Event;
use super::sys::Tally;
use crate::Unavailable;

/// The reason for `event`; `paranoid` is the kernel's level of caution, where it tells.
pub(super) fn refusal(event: Event, error: &io::Error, paranoid: Option<i64>) -> Unavailable {
    let name = event.name();
    let because = match Errno::from_io_error(error) {
        Some(Errno::NOENT | Errno::NODEV | Errno::OPNOTSUPP) if event.is_of_hardware() => {
            "the processor offers no such counter here, as in most virtual machines; measure on the machine itself, or \
             give the virtual machine performance counters"
                .to_owned()
        }
        Some(Errno::ACCESS | Errno::PERM) => not_allowed(event, paranoid),
        Some(Errno::NOSYS) => "the kernel or a container's filter of system calls has no perf_event_open; allow it, or \
             measure outside the container"
            .to_owned(),
        Some(Errno::MFILE | Errno::NFILE) => {
            "too many files are open; raise the limit (`ulimit -n`)".to_owned()
        }
        Some(Errno::BUSY) => {
            "something else holds the processor's counters; end other profilers".to_owned()
        }
        Some(Errno::SRCH) => "the process has ended".to_owned(),
        _ => format!("the kernel refused ({error})"),
    };
    Unavailable::Refused {
        path: format!("perf_event_open of {name}"),
        error: because,
    }
}

/// An open counter that cannot be read.
pub(super) fn unread(event: Event, error: &io::Error) -> Unavailable {
    Unavailable::Refused {
        path: format!("the counter of {}", event.name()),
        error: error.to_string(),
    }
}

/// A counter that fell, or counted for longer than its threads ran.
pub(super) fn nonsense(event: Event, before: Tally, now: Tally) -> Unavailable {
    let show = |tally: Tally| {
        let Tally {
            value,
            enabled_ns,
            running_ns,
        } = tally;
        format!("{value} in {running_ns} of {enabled_ns} ns")
    };
    Unavailable::Unclear {
        path: format!("the counter of {}", event.name()),
        what: "count that only grows",
        found: format!("{} after {}", show(now), show(before)),
    }
}

fn not_allowed(event: Event, paranoid: Option<i64>) -> String {
    let enough = if event.happens_in_user_space() { 2 } else { 1 };
    match paranoid {
        Some(level) if level > enough => format!(
            "kernel.perf_event_paranoid is {level}; set it to {enough} (`sysctl kernel.perf_event_paranoid={enough}`) or grant \
             CAP_PERFMON"
        ),
        _ => "the kernel, its security module or a container's filter of system calls does not allow it; grant \
              CAP_PERFMON, or allow perf_event_open"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(event: Event, errno: Errno, paranoid: Option<i64>) -> String {
        refusal(event, &io::Error::from(errno), paranoid).to_string()
    }

    #[test]
    fn a_machine_without_counters_is_told_from_one_that_forbids_them() {
        let absent = said(Event::Cycles, Errno::NOENT, Some(4));
        assert!(absent.starts_with("perf_event_open of cycles: the processor offers no such"));
        let forbidden = said(Event::Cycles, Errno::ACCESS, Some(4));
        assert!(
            forbidden.contains("perf_event_paranoid is 4; set it to 2"),
            "{forbidden}"
        );
        let filtered = said(Event::Cycles, Errno::PERM, Some(1));
        assert!(filtered.contains("CAP_PERFMON"), "{filtered}");
        assert!(!filtered.contains("paranoid"), "{filtered}");
        assert!(said(Event::Cycles, Errno::NOSYS, None).contains("has no perf_event_open"));
    }

    #[test]
    fn what_happens_in_the_kernel_needs_a_bolder_level() {
        let forbidden = said(Event::ContextSwitches, Errno::ACCESS, Some(2));
        assert!(forbidden.contains("is 2; set it to 1"), "{forbidden}");
    }

    #[test]
    fn each_remedy_fits_its_cause_and_what_is_unknown_is_quoted() {
        assert!(said(Event::Cycles, Errno::MFILE, None).contains("ulimit -n"));
        assert!(said(Event::Cycles, Errno::BUSY, None).contains("end other profilers"));
        assert!(said(Event::Cycles, Errno::SRCH, None).contains("has ended"));
        let software = said(Event::TaskClock, Errno::NOENT, None);
        assert!(
            software.contains("the kernel refused (No such file"),
            "{software}"
        );
        let odd = refusal(Event::Cycles, &io::Error::other("odd"), None);
        assert!(odd.to_string().ends_with("the kernel refused (odd)"));
    }
}
