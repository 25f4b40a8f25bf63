//! The file of recorded arrivals that a scenario replays: its content is part of what is measured.

use std::path::Path;

use tare_results::sha256_hex;
use tare_scenarios::{ScenarioSpec, Trace};

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
    fn a_scenario_without_a_trace_replays_nothing() {
        let spec: ScenarioSpec = "server:rate=5".parse().expect("a scenario");
        assert_eq!(of(&spec), Ok(None));
        assert_eq!(same(&spec, None), Ok(None));
    }
}
