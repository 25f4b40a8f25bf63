//! What the device did in a request, below the table: busy and idle, kernels and their launches, copies.

use tare_results::{ActivityCounts, CopyTime, DeviceMeans, DeviceTime, KernelTime};

use super::dimensions::Dimensions;
use super::notes::{Note, about};
use super::numbers::{percent, signed_time, time};
use crate::summary::Summary;

/// Kernels that are named.
const NAMED: usize = 3;
/// Letters of a kernel's name that are shown.
const LETTERS: usize = 40;

/// A heading and a sentence for each cell whose device was watched; nothing without any.
pub fn devices(summaries: &[Summary], dimensions: &Dimensions) -> Vec<Note> {
    let sentences = summaries.iter().filter_map(|summary| {
        let text = about(&[summary], summaries, dimensions, &sentence(summary)?);
        Some(Note { mark: "", text })
    });
    let sentences: Vec<Note> = sentences.collect();
    if sentences.is_empty() {
        return sentences;
    }
    let heading = Note {
        mark: "",
        text: "what the device did in a request:".to_owned(),
    };
    [heading].into_iter().chain(sentences).collect()
}

/// What the device of a cell did, and what dispatching costs the host; `None` where that is not known.
pub fn sentence(summary: &Summary) -> Option<String> {
    let device = summary.profile.as_ref()?.device.as_ref()?;
    let mut parts = vec![busy(device)];
    parts.extend(device.kernels.iter().map(kernels));
    if let Some(copies) = &device.copies {
        let moved = [
            (copies.to_device, "copied to the device"),
            (copies.from_device, "copied from it"),
            (copies.on_device, "copied on it"),
            (copies.fills, "filled"),
        ];
        parts.extend(moved.iter().filter_map(|(one, how)| copied(one, how)));
    }
    parts.extend(device.activities.and_then(|counts| lost(&counts)));
    let twin = summary.twin.as_ref().and_then(|twin| twin.latency_p50_ns);
    parts.extend(twin.map(|twin| format!("dispatching alone, the hollow twin, {}", time(twin))));
    let times = device.perturbation;
    parts.extend(times.map(|times| format!("{times:.2} times as long when watched")));
    Some(parts.join("; "))
}

fn busy(device: &DeviceTime) -> String {
    let by = match device.means {
        DeviceMeans::Cupti => "",
        DeviceMeans::Events => "at most ",
        DeviceMeans::Framework => "",
    };
    let busy = format!("busy {by}{}", time(device.busy_ns.value_ns));
    let of = device.latency_p50_ns.zip(device.idle_ns);
    let of = of.map(|(latency, idle)| format!(" of {}, idle {}", time(latency), signed_time(idle)));
    let whose = match device.means {
        DeviceMeans::Cupti => "",
        DeviceMeans::Events => " (between CUDA events, gaps included)",
        DeviceMeans::Framework => " (by the framework's own account)",
    };
    format!("{busy}{}{whose}", of.unwrap_or_default())
}

fn kernels(kernels: &KernelTime) -> String {
    let mut parts = vec![format!(
        "{} kernels of {} on average",
        kernels.count,
        time(kernels.mean_ns)
    )];
    parts.extend(kernels.mean_launch_delay_ns.map(|mean| {
        format!(
            "{} launches, {} from call to start each, {} in all",
            kernels.launches,
            signed_time(mean),
            signed_time(kernels.launch_delay_ns)
        )
    }));
    let first = kernels.by_name.iter().take(NAMED);
    let most = first.map(|one| format!("{} {}", shortened(&one.name), percent(one.share)));
    parts.push(most.collect::<Vec<_>>().join(", "));
    parts.retain(|part| !part.is_empty());
    parts.join("; ")
}

/// The beginning of a name: those of templates run to thousands of letters.
fn shortened(name: &str) -> String {
    match name.chars().count() > LETTERS {
        true => name.chars().take(LETTERS).chain(['…']).collect(),
        false => name.to_owned(),
    }
}

fn copied(one: &CopyTime, how: &str) -> Option<String> {
    (one.count > 0).then(|| format!("{} {how} in {}", one.bytes, time(one.time_ns)))
}

fn lost(counts: &ActivityCounts) -> Option<String> {
    (counts.lost() > 0).then(|| {
        format!(
            "of {} activities recorded and {} dropped, {} in no request's time",
            counts.recorded,
            counts.dropped,
            counts.lost()
        )
    })
}
