//! Where a model comes from: a file as it is named, or a zoo name built once into the user's cache.

mod hash;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use tare_harness::plan::{ModelChoice, ZooFile};
use tare_models::zoo::{self, Architecture, Form};

/// What the cache of zoo files may take, in bytes; the oldest files go first.
const CACHE_BYTES: u64 = 4 << 30;

/// Seed of the weights of zoo models that are measured.
const WEIGHT_SEED: u64 = 0;

/// What of a zoo model must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Making {
    /// The file that is measured, with all its weights.
    File,
    /// No more than its hollow twin, which adapters are asked about: enough for a plan.
    Twin,
}

/// The files that `texts` mean; those of the zoo then bound the cache.
///
/// # Errors
/// The first that [`resolve`] refuses.
pub fn resolve_all(texts: &[String], making: Making) -> Result<Vec<ModelChoice>> {
    let choices: Vec<ModelChoice> = texts
        .iter()
        .map(|text| resolve(text, making))
        .collect::<Result<_>>()?;
    if let Ok(folder) = cache_folder("zoo") {
        let twins = choices.iter().filter_map(|choice| choice.zoo.as_ref());
        let mut keep: Vec<&Path> = twins.map(|zoo| zoo.twin.as_path()).collect();
        keep.extend(choices.iter().map(|choice| choice.path.as_path()));
        bound(&folder, &keep, CACHE_BYTES);
    }
    Ok(choices)
}

/// Whether `text` means a file, and no name of the zoo: it looks like a path, or exists.
pub fn is_path(text: &str) -> bool {
    text.contains('/')
        || [".onnx", ".pt"].iter().any(|end| text.ends_with(end))
        || Path::new(text).exists()
}

/// The file that `text` means: a path if it looks like one or exists, else a zoo name.
///
/// # Errors
/// Where it is neither, or the zoo file cannot be written.
pub fn resolve(text: &str, making: Making) -> Result<ModelChoice> {
    let path = Path::new(text);
    if is_path(text) {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        return Ok(ModelChoice {
            name: name.unwrap_or_else(|| text.to_owned()),
            path: std::path::absolute(path).with_context(|| format!("cannot find '{text}'"))?,
            default_symbols: BTreeMap::new(),
            inputs: Vec::new(),
            zoo: None,
        });
    }
    let architecture = zoo::find(text)
        .with_context(|| format!("'{text}' is neither a file nor a model of the zoo"))?;
    from_zoo(&architecture, making)
}

fn from_zoo(architecture: &Architecture, making: Making) -> Result<ModelChoice> {
    let folder = cache_folder("zoo")?;
    let id = architecture.id(WEIGHT_SEED, Form::Full);
    let path = folder.join(format!("{id}.onnx"));
    if making == Making::File && !path.is_file() {
        eprintln!("making {} (once)", architecture.name());
        make(architecture, Form::Full, &path)?;
    }
    let form = architecture.twin();
    let twin = folder.join(format!("{}.onnx", architecture.id(WEIGHT_SEED, form)));
    if !twin.is_file() {
        make(architecture, form, &twin)?;
    }
    let sha256 = match making {
        Making::File => hash::of_file(&path).with_context(|| {
            format!("cannot read {}: remove it, it is made anew", path.display())
        })?,
        Making::Twin => id,
    };
    Ok(ModelChoice {
        name: architecture.name(),
        path,
        default_symbols: architecture
            .symbols(Form::Full)
            .into_iter()
            .filter(|(symbol, _)| *symbol != "batch")
            .map(|(symbol, size)| (symbol.to_owned(), size))
            .collect(),
        inputs: Vec::new(),
        zoo: Some(ZooFile {
            name: architecture.name(),
            sha256,
            twin,
        }),
    })
}

fn make(architecture: &Architecture, form: Form, path: &Path) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| {
            format!(
                "cannot make the cache {}: set XDG_CACHE_HOME to a folder that can be written",
                folder.display()
            )
        })?;
    }
    Ok(zoo::write(&architecture.build(WEIGHT_SEED, form), path)?)
}

/// The folder `name` of the user's cache; it need not exist.
///
/// # Errors
/// Where the environment names no home.
pub fn cache_folder(name: &str) -> Result<PathBuf> {
    let absolute = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    match absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache"))) {
        Some(cache) => Ok(cache.join("tare").join(name)),
        None => bail!("no folder for the cache: set XDG_CACHE_HOME or HOME to an absolute path"),
    }
}

/// Removes the oldest zoo files but those of `keep` until `folder` takes `limit` bytes at the most.
fn bound(folder: &Path, keep: &[&Path], limit: u64) {
    let mut files: Vec<(SystemTime, u64, PathBuf)> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let facts = entry.metadata().ok()?;
            let modified = facts.modified().ok()?;
            let path = entry.path();
            (facts.is_file()
                && path
                    .extension()
                    .is_some_and(|extension| extension == "onnx"))
            .then_some((modified, facts.len(), path))
        })
        .collect();
    files.sort();
    let mut total: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
    for (_, bytes, path) in files
        .iter()
        .filter(|(_, _, path)| !keep.contains(&path.as_path()))
    {
        if total <= limit {
            return;
        }
        if fs::remove_file(path).is_ok() {
            total -= bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_gives_up_its_oldest_files_and_keeps_the_new_one() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = |name: &str| folder.path().join(name);
        for (age, name) in [(3, "a.onnx"), (2, "b.onnx"), (1, "c.onnx"), (4, "note.txt")] {
            fs::write(path(name), [0u8; 100]).expect("writes");
            let file = fs::File::options()
                .write(true)
                .open(path(name))
                .expect("opens");
            let modified = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000 - age);
            file.set_modified(modified).expect("sets the time");
        }
        bound(folder.path(), &[&path("a.onnx")], 200);
        let left: Vec<bool> = ["a.onnx", "b.onnx", "c.onnx", "note.txt"]
            .map(|name| path(name).exists())
            .to_vec();
        assert_eq!(left, [true, false, true, true]);
    }

    #[test]
    fn a_name_that_is_nothing_says_so() {
        let error = resolve("no-such-model", Making::File).expect_err("unknown");
        assert!(
            format!("{error:#}")
                .starts_with("'no-such-model' is neither a file nor a model of the zoo")
        );
    }

    #[test]
    fn a_path_is_kept_so_that_it_holds_from_any_folder() {
        let choice = resolve("somewhere/model.onnx", Making::File).expect("a path");
        assert_eq!(choice.zoo, None);
        assert_eq!(choice.name, "model.onnx");
        assert!(choice.path.is_absolute() && choice.path.ends_with("somewhere/model.onnx"));
    }
}
