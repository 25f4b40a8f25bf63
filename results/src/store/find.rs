//! Which run a short word means: an id, a prefix that only one id has, or `latest`.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::{StoreError, files, id};

/// The ids of the folders in `dir` that hold a plan, oldest first.
pub fn list(dir: &Path) -> Result<Vec<String>, StoreError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::io("list", dir)(error)),
    };
    let mut runs = Vec::new();
    for entry in entries {
        let entry = entry.map_err(StoreError::io("list", dir))?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let planned = fs::metadata(files::plan(&entry.path())).and_then(|plan| plan.modified());
        if let (Ok(()), Ok(planned)) = (id::check(&name), planned) {
            let second = name.get(..STAMP).unwrap_or(&name).to_owned();
            runs.push((second, planned, name));
        }
    }
    runs.sort();
    Ok(runs.into_iter().map(|(_, _, id)| id).collect())
}

/// The one of `ids` (oldest first) that `spec` means.
pub fn resolve(spec: &str, ids: Vec<String>, dir: &Path) -> Result<String, StoreError> {
    id::check(spec)?;
    if spec == "latest" {
        let dir = dir.to_owned();
        return ids.into_iter().next_back().ok_or(StoreError::Empty { dir });
    }
    if ids.is_empty() {
        return Err(StoreError::Empty {
            dir: dir.to_owned(),
        });
    }
    if ids.iter().any(|id| id == spec) {
        return Ok(spec.to_owned());
    }
    let (mut candidates, others): (Vec<String>, Vec<String>) =
        ids.into_iter().partition(|id| id.starts_with(spec));
    match candidates.len() {
        0 => Err(StoreError::NoSuchRun {
            spec: spec.to_owned(),
            dir: dir.to_owned(),
            newest: others.into_iter().rev().take(3).collect(),
        }),
        1 => Ok(candidates.swap_remove(0)),
        _ => Err(StoreError::Ambiguous {
            spec: spec.to_owned(),
            candidates,
        }),
    }
}

const STAMP: usize = "20261121-104656".len();

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [&str; 3] = [
        "20261120-090000-aaaa",
        "20261121-104656-3f9a",
        "20261121-104656-3fbb",
    ];

    fn find(spec: &str) -> Result<String, String> {
        let ids = IDS.map(String::from).to_vec();
        resolve(spec, ids, Path::new("/store")).map_err(|error| error.to_string())
    }

    #[test]
    fn an_id_a_unique_prefix_and_latest_are_found() {
        assert_eq!(find(IDS[0]).unwrap(), IDS[0]);
        assert_eq!(find("20261120").unwrap(), IDS[0]);
        assert_eq!(find("20261121-104656-3f9").unwrap(), IDS[1]);
        assert_eq!(find("latest").unwrap(), IDS[2]);
    }

    #[test]
    fn a_prefix_of_several_lists_them() {
        assert_eq!(
            find("20261121").unwrap_err(),
            "'20261121' begins the ids of 2 runs; write more of one of 20261121-104656-3fbb, 20261121-104656-3f9a"
        );
    }

    #[test]
    fn an_unknown_run_is_answered_with_the_newest() {
        assert_eq!(
            find("2025").unwrap_err(),
            "no run '2025' in the store /store; the newest are 20261121-104656-3fbb, 20261121-104656-3f9a, 20261120-090000-aaaa"
        );
    }

    #[test]
    fn a_path_is_no_run() {
        assert!(find("../store").unwrap_err().contains("is no run id"));
    }

    #[test]
    fn an_empty_store_says_how_to_fill_it() {
        for spec in ["latest", "2026"] {
            let error = resolve(spec, Vec::new(), Path::new("/store")).unwrap_err();
            assert!(error.to_string().contains("`tare run`"), "{error}");
        }
    }
}
