//! The file of recorded arrivals that a scenario replays: its content is part of what is measured.

use std::path::Path;

use tare_results::sha256_hex;
use tare_scenarios::{Limits, ScenarioSpec, Seed, Trace};
use tare_units::Nanoseconds;

/// A trace, and the SHA-256 of the file that it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// When requests arrive.
    pub trace: Trace,
    /// In lower-case hexadecimal.
    pub sha256: String,
}

/// What `scenario` replays; `None` where it replays nothing.
///
/// # Errors
/// Where its file cannot be read or is no trace: says which line, field and value.
pub fn of(scenario: &ScenarioSpec) -> Result<Option<Replay>, String> {
    scenario.trace_path().map(read).transpose()
}

/// As [`of`], of a file whose content must have this SHA-256.
///
/// # Errors
/// Those of [`of`]; where the file has changed.
pub fn same(scenario: &ScenarioSpec, sha256: Option<&str>) -> Result<Option<Trace>, String> {
    let Some(replay) = of(scenario)? else {
        return Ok(None);
    };
    match sha256 == Some(replay.sha256.as_str()) {
        true => Ok(Some(replay.trace)),
        false => Err(format!(
            "the trace of '{scenario}' has changed since the run began: start a new run"
        )),
    }
}

/// How long the timed work of one repeat is at the least, as [`ScenarioSpec::timed_at_least`] says; of a trace that can be
/// replayed, as long as that takes.
pub fn timed_at_least(scenario: &ScenarioSpec, limits: Limits) -> Nanoseconds {
    let trace = of(scenario).ok().flatten().map(|replay| replay.trace);
    let schedule = trace.and_then(|trace| {
        let drawn = scenario.schedule(limits, Seed::new(0, 0), Some(&trace));
        drawn.ok()
    });
    let replayed = schedule.and_then(|schedule| schedule.length());
    replayed.unwrap_or_else(|| scenario.timed_at_least(limits))
}

fn read(path: &Path) -> Result<Replay, String> {
    let shown = path.display();
    let bytes = std::fs::read(path).map_err(|error| {
        format!("cannot read the trace {shown}: {error}; give a file of arrivals, a line each")
    })?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| format!("the trace {shown} is no text: {error}"))?;
    let trace = Trace::parse(text, &shown.to_string()).map_err(|error| error.to_string())?;
    Ok(Replay {
        trace,
        sha256: sha256_hex(&bytes),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_read_with_its_hash_and_must_stay_the_same() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("arrivals.txt");
        let spec = format!("server:trace={}", path.display());
        let spec: ScenarioSpec = spec.parse().expect("a scenario");
        let gone = of(&spec).expect_err("no file yet");
        assert!(
            gone.contains("arrivals.txt") && gone.contains("cannot read"),
            "{gone}"
        );
        std::fs::write(&path, "0\n0.5\n").expect("writes");
        let replay = of(&spec).expect("reads").expect("replays");
        assert_eq!(replay.sha256, sha256_hex(b"0\n0.5\n"));
        assert_eq!(replay.trace.arrivals().len(), 2);
        assert_eq!(same(&spec, Some(&replay.sha256)), Ok(Some(replay.trace)));
        std::fs::write(&path, "0\n0.6\n").expect("writes");
        assert!(same(&spec, Some(&replay.sha256)).is_err(), "it has changed");
        std::fs::write(&path, "0.6\n0.5\n").expect("writes");
        let wrong = of(&spec).expect_err("goes back");
        assert!(wrong.contains("arrivals.txt:2: arrival '0.5'"), "{wrong}");
        std::fs::write(&path, [0xff, 0xfe]).expect("writes");
        assert!(of(&spec).expect_err("binary").contains("is no text"));
    }

    #[test]
    fn a_repeat_of_a_trace_is_as_long_as_the_arrivals_that_its_minimum_asks_for() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("arrivals.txt");
        std::fs::write(&path, "0\n0.5\n7\n9\n").expect("writes");
        let limits = Limits {
            duration: Nanoseconds::from_secs(1),
            max_requests: 100,
            batch: 1,
        };
        for (more, seconds) in [("", 1), (",min=2", 1), (",min=3", 7), (",min=4", 9)] {
            let spec = format!("server:trace={}{more}", path.display());
            let spec: ScenarioSpec = spec.parse().expect("a scenario");
            let timed = timed_at_least(&spec, limits);
            assert_eq!(timed, Nanoseconds::from_secs(seconds), "{more}");
        }
        let spec = format!("server:trace={},duration=1h", path.display());
        let whole = timed_at_least(&spec.parse().expect("a scenario"), limits);
        assert_eq!(whole, Nanoseconds::from_secs(9), "its last arrival ends it");
        let other: ScenarioSpec = "server:rate=2,min=60".parse().expect("a scenario");
        assert_eq!(timed_at_least(&other, limits), Nanoseconds::from_secs(30));
    }

    #[test]
    fn a_scenario_without_a_trace_replays_nothing() {
        let spec: ScenarioSpec = "server:rate=5".parse().expect("a scenario");
        assert_eq!(of(&spec), Ok(None));
        assert_eq!(same(&spec, None), Ok(None));
    }
}
