//! How much lies in a folder that others may be changing.

use std::path::Path;

use tare_units::Bytes;

/// Bytes of the files below a folder; what vanishes meanwhile does not count.
pub(crate) fn size(folder: &Path) -> Bytes {
    Bytes::from_bytes(count(folder))
}

fn count(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let of = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(facts) if facts.is_dir() => count(&entry.path()),
        Ok(facts) => facts.len(),
        Err(_) => 0,
    };
    entries.map(of).sum()
}
