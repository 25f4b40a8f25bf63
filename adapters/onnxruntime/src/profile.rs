//! Reads the file that ONNX Runtime's profiler writes: an array of events in Chrome's trace format.
//!
//! ```text
//! [
//! {"cat" : "Node", "tid" : 7, "dur" : 23, "ts" : 5816, "ph" : "X", "name" : "/layer.0/MatMul_kernel_time", "args" : {"op_name" : "MatMul", …}},
//! {"cat" : "Session", "tid" : 7, "dur" : 93, "ts" : 5771, "ph" : "X", "name" : "SequentialExecutor::Execute", "args" : {}},
//! {"cat" : "Session", "tid" : 7, "dur" : 109, "ts" : 5757, "ph" : "X", "name" : "model_run", "args" : {}}
//! ]
//! ```
//!
//! Older versions, such as 1.20.1, also write events of the category `Node` for the fences around each operator.
//! Times are whole microseconds. An event is written when it ends, so the operators of a request stand before its `model_run`.
//! An operator with a graph inside, such as `Loop`, is counted without the operators that ran in it on the same thread.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use serde::Deserialize;
use tare_adapter_api::{OperatorTime, RequestProfile};

const KERNEL: &str = "_kernel_time";
const FENCES: [&str; 2] = ["_fence_before", "_fence_after"];

/// Why the file is not the profile of these requests.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProfileError {
    #[error("'{path}': {error}")]
    File { path: String, error: std::io::Error },
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error("event '{name}' at {ts} µs {what}")]
    Event { name: String, ts: u64, what: String },
    #[error(
        "it holds {found} runs of {expected}: profile fewer requests at a time, as ONNX Runtime stops writing after a million events"
    )]
    Runs { found: usize, expected: usize },
}

#[derive(Debug, Deserialize)]
struct Event {
    cat: String,
    name: String,
    tid: u64,
    ts: u64,
    dur: u64,
    #[serde(default)]
    args: Arguments,
}

#[derive(Debug, Default, Deserialize)]
struct Arguments {
    op_name: Option<String>,
    provider: Option<String>,
    node_index: Option<String>,
}

impl Event {
    /// Whether it tells of a node's kernel, not of the fences that surround it.
    fn is_node(&self) -> bool {
        let is_fence = FENCES.iter().any(|fence| self.name.ends_with(fence));
        self.cat == "Node" && !is_fence
    }
}

/// The profile of each of so many runs of a session, in their order.
pub(crate) fn read(path: &Path, runs: usize) -> Result<Vec<RequestProfile>, ProfileError> {
    split(events(path)?, runs)
}

/// How many nodes each execution provider ran, however often; what an optimisation computed before is no node any more.
pub(crate) fn nodes_by_provider(path: &Path) -> Result<BTreeMap<String, usize>, ProfileError> {
    count(&events(path)?)
}

fn events(path: &Path) -> Result<Vec<Event>, ProfileError> {
    let file = File::open(path).map_err(|error| ProfileError::File {
        path: path.display().to_string(),
        error,
    })?;
    Ok(serde_json::from_reader(BufReader::new(file))?)
}

/// Nodes by provider; two graphs of a model may use a name or an index twice, so that both tell nodes apart.
fn count(events: &[Event]) -> Result<BTreeMap<String, usize>, ProfileError> {
    let mut nodes = BTreeSet::new();
    for event in events.iter().filter(|event| event.is_node()) {
        let provider = event.args.provider.as_deref();
        let provider = provider.ok_or_else(|| wrong(event, "has no provider"))?;
        nodes.insert((provider, &event.name, &event.args.node_index));
    }
    let mut counts = BTreeMap::new();
    for (provider, _, _) in nodes {
        *counts.entry(provider.to_owned()).or_default() += 1;
    }
    Ok(counts)
}

fn split(events: Vec<Event>, expected: usize) -> Result<Vec<RequestProfile>, ProfileError> {
    let mut requests = Vec::new();
    let mut operators: Vec<Event> = Vec::new();
    for event in events {
        if event.cat == "Session" && event.name == "model_run" {
            requests.push(request(&event, std::mem::take(&mut operators))?);
        } else if event.is_node() {
            operators.push(event);
        }
    }
    if let Some(event) = operators.first() {
        return Err(wrong(event, "belongs to no request"));
    }
    if requests.len() != expected {
        return Err(ProfileError::Runs {
            found: requests.len(),
            expected,
        });
    }
    Ok(requests)
}

fn request(run: &Event, operators: Vec<Event>) -> Result<RequestProfile, ProfileError> {
    let mut times = Vec::new();
    for (index, event) in operators.iter().enumerate() {
        if event.ts < run.ts || event.ts > run.ts + run.dur {
            return Err(wrong(
                event,
                "lies outside the request that it stands before",
            ));
        }
        let name = event.name.strip_suffix(KERNEL);
        let name = name.ok_or_else(|| wrong(event, "does not end in '_kernel_time'"))?;
        let kind = event.args.op_name.clone();
        let own = event.dur.saturating_sub(within(event, &operators[..index]));
        times.push(OperatorTime {
            name: Some(name.to_owned()),
            kind: kind.ok_or_else(|| wrong(event, "has no op_name"))?,
            count: 1,
            time_ns: own * 1000,
        });
    }
    Ok(times)
}

/// The time of what ran inside `outer`, on its thread, among the events that ended before it did; what is nested counts once.
fn within(outer: &Event, earlier: &[Event]) -> u64 {
    let same_thread = earlier.iter().rev().filter(|event| event.tid == outer.tid);
    let inside = same_thread.take_while(|event| event.ts >= outer.ts);
    let (sum, _) = inside.fold((0, u64::MAX), |(sum, start), event| {
        if event.ts < start {
            (sum + event.dur, event.ts)
        } else {
            (sum, start)
        }
    });
    sum
}

fn wrong(event: &Event, what: &str) -> ProfileError {
    ProfileError::Event {
        name: event.name.clone(),
        ts: event.ts,
        what: what.to_owned(),
    }
}
#[cfg(test)]
mod tests;
