//! How a worker's early end is told: what happened, which value, which remedy.

use tare_results::Phase;
use tare_units::{Bytes, Nanoseconds};

/// How a worker that gave no answer went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// Killed by this signal.
    Signal(i32),
    /// Exited with this code.
    Code(i32),
    /// It closed its output and lived on.
    SilentButAlive,
}

/// A worker that took too long.
pub fn past_deadline(deadline: Nanoseconds, phase: Phase) -> String {
    format!(
        "the worker was killed after {deadline} while {phase}: if it only needs longer, raise --deadline"
    )
}

/// A worker that took too much memory.
pub fn over_memory(resident: Bytes, limit: Bytes, phase: Phase) -> String {
    format!(
        "the worker was killed while {phase}: its resident memory reached {resident}, over the limit of {limit}; \
         raise --memory-limit or lower --batch"
    )
}

/// A worker that died without an answer.
pub fn death(death: Death, phase: Phase) -> String {
    match death {
        Death::Signal(signal) => format!(
            "the worker died while {phase}: killed by signal {signal} ({}){}",
            signal_name(signal),
            hint(signal)
        ),
        Death::Code(NOT_STARTED) => format!(
            "{COULD_NOT_START} (code {NOT_STARTED}): a library that it is linked with is not where it was"
        ),
        Death::Code(code) => {
            format!("the worker exited with code {code} and no answer while {phase}")
        }
        Death::SilentButAlive => {
            format!("the worker closed its output and lived on while {phase}; it was killed")
        }
    }
}

/// How a program ends that the dynamic loader cannot start.
const NOT_STARTED: i32 = 127;

const COULD_NOT_START: &str = "the worker program could not start";

/// Whether this is the message of a worker that the dynamic loader could not start.
pub fn could_not_start(message: &str) -> bool {
    message.starts_with(COULD_NOT_START)
}

const SIGNALS: [(i32, &str); 9] = [
    (4, "SIGILL, illegal instruction"),
    (6, "SIGABRT, aborted"),
    (7, "SIGBUS, bus error"),
    (8, "SIGFPE, arithmetic error"),
    (9, "SIGKILL"),
    (11, "SIGSEGV, invalid memory access"),
    (13, "SIGPIPE, broken pipe"),
    (15, "SIGTERM"),
    (24, "SIGXCPU, processor time limit"),
];

fn signal_name(signal: i32) -> &'static str {
    SIGNALS
        .iter()
        .find(|(number, _)| *number == signal)
        .map_or("unnamed", |(_, name)| name)
}

fn hint(signal: i32) -> &'static str {
    match signal {
        9 => {
            "; if nobody killed it, the kernel ran out of memory: lower --batch or set --memory-limit"
        }
        4 => "; the framework was built for a processor with more instructions",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_death_names_its_signal_and_its_remedy() {
        assert_eq!(
            death(Death::Signal(6), Phase::Load),
            "the worker died while loading the model: killed by signal 6 (SIGABRT, aborted)"
        );
        assert!(death(Death::Signal(9), Phase::Run).ends_with("set --memory-limit"));
        assert_eq!(
            death(Death::Code(3), Phase::Warmup),
            "the worker exited with code 3 and no answer while warming up"
        );
    }

    #[test]
    fn limits_name_value_and_option() {
        let text = over_memory(Bytes::from_mib(3_072), Bytes::from_mib(2_048), Phase::Run);
        assert!(
            text.contains("3.00 GiB")
                && text.contains("2.00 GiB")
                && text.contains("--memory-limit")
        );
        let text = past_deadline(Nanoseconds::from_secs(2), Phase::Load);
        assert!(text.contains("2.00 s") && text.contains("--deadline"));
    }
}
