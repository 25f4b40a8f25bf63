//! Peaks on disk, one file a machine, so that what was measured once serves later runs.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tare_results::{PEAKS_SCHEMA, Peaks};

use crate::{BUILD, METHOD};

/// Why the peaks on disk were left alone; what is lacking is measured again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Ignored {
    /// There are none yet.
    #[error("this machine was not calibrated yet")]
    Absent,
    /// The file could not be read.
    #[error("{path} could not be read: {error}")]
    Unreadable {
        /// Of the file.
        path: PathBuf,
        /// The kernel's answer.
        error: String,
    },
    /// The file is torn, or no file of peaks.
    #[error("{path} holds no peaks ({error}); it will be replaced")]
    Torn {
        /// Of the file.
        path: PathBuf,
        /// The first thing that is wrong.
        error: String,
    },
    /// The file is of another version of the format or of the way of measuring.
    #[error(
        "{path} was written in another way ({found} instead of {expected}); it will be replaced"
    )]
    OtherMethod {
        /// Of the file.
        path: PathBuf,
        /// In it.
        found: String,
        /// Of this version of tare.
        expected: String,
    },
    /// The file is of a program that was built otherwise.
    #[error("{path} was measured by {found} and not by a {BUILD} build of tare")]
    OtherBuild {
        /// Of the file.
        path: PathBuf,
        /// How that was built.
        found: String,
    },
    /// The file is of another machine.
    #[error("{path} is of another machine ({found}); it will be replaced")]
    OtherMachine {
        /// Of the file.
        path: PathBuf,
        /// Its fingerprint.
        found: String,
    },
}

/// Where the peaks of a machine lie below `folder`; those of a debug build beside those of a release build.
pub fn path(folder: &Path, fingerprint: &str) -> PathBuf {
    of_build(folder, fingerprint, BUILD)
}

fn of_build(folder: &Path, fingerprint: &str, build: &str) -> PathBuf {
    let is_plain = |letter: &char| letter.is_ascii_alphanumeric();
    let name: String = fingerprint.chars().filter(is_plain).collect();
    let end = match build {
        "release" => String::new(),
        other => format!("-{other}"),
    };
    folder.join(format!("peaks-{name}{end}.json"))
}

/// The peaks of the machine of this fingerprint.
///
/// # Errors
/// Why there are none that can be used.
pub fn read(folder: &Path, fingerprint: &str) -> Result<Peaks, Ignored> {
    let path = path(folder, fingerprint);
    let text = fs::read(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Ignored::Absent,
        _ => Ignored::Unreadable {
            path: path.clone(),
            error: error.to_string(),
        },
    })?;
    let torn = |error: serde_json::Error| Ignored::Torn {
        path: path.clone(),
        error: error.to_string(),
    };
    let value: serde_json::Value = serde_json::from_slice(&text).map_err(torn)?;
    let found = kind(value.get("schema"), value.get("method"));
    let expected = kind(Some(&PEAKS_SCHEMA.into()), Some(&METHOD.into()));
    if value.is_object() && found != expected {
        return Err(Ignored::OtherMethod {
            path,
            found,
            expected,
        });
    }
    let peaks: Peaks = serde_json::from_value(value).map_err(torn)?;
    if peaks.build.as_deref() != Some(BUILD) {
        let found = peaks
            .build
            .map_or("a build that is not told".to_owned(), |build| {
                format!("a {build} build")
            });
        return Err(Ignored::OtherBuild { path, found });
    }
    match peaks.machine == fingerprint {
        true => Ok(peaks),
        false => Err(Ignored::OtherMachine {
            path,
            found: peaks.machine,
        }),
    }
}

/// Replaces the file of the machine of `peaks` as a whole: a reader sees the old one or the new one.
///
/// # Errors
/// Where the folder or a file in it cannot be written.
pub fn write(folder: &Path, peaks: &Peaks) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let path = path(folder, &peaks.machine);
    let beside = path.with_extension(format!("json.{}", std::process::id()));
    let written = write_through(&beside, peaks).and_then(|()| fs::rename(&beside, &path));
    if let Err(error) = written {
        // The error that matters is the one of writing.
        let _ = fs::remove_file(&beside);
        return Err(error);
    }
    Ok(path)
}

fn write_through(path: &Path, peaks: &Peaks) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(&serde_json::to_vec_pretty(peaks)?)?;
    file.sync_all()
}

fn kind(schema: Option<&serde_json::Value>, method: Option<&serde_json::Value>) -> String {
    let shown = |value: Option<&serde_json::Value>| match value {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => "none".to_owned(),
    };
    format!("{} by method {}", shown(schema), shown(method))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: &str = "0a1b";

    fn peaks() -> Peaks {
        let json = serde_json::json!({
            "schema": PEAKS_SCHEMA, "method": METHOD, "machine": MACHINE, "build": BUILD,
            "calibrated_at": "2026-01-01T00:00:00Z", "compute": [], "bandwidth": [],
            "probes": [], "timing": null, "doubts": [], "missing": {"cpu.3": "two processors"}
        });
        serde_json::from_value(json).unwrap()
    }

    fn changed(folder: &Path, change: impl Fn(String) -> String) -> Ignored {
        let path = write(folder, &peaks()).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, change(text)).unwrap();
        read(folder, MACHINE).unwrap_err()
    }

    #[test]
    fn what_was_written_is_read_and_replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("a/b");
        assert_eq!(read(&below, MACHINE), Err(Ignored::Absent));
        write(&below, &peaks()).unwrap();
        let mut later = peaks();
        later.missing.clear();
        let path = write(&below, &later).unwrap();
        assert_eq!(read(&below, MACHINE), Ok(later));
        let files: Vec<_> = fs::read_dir(&below).unwrap().collect();
        assert_eq!(files.len(), 1, "{}", path.display());
    }

    #[test]
    fn a_torn_file_is_ignored_at_whatever_byte_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), &peaks()).unwrap();
        let whole = fs::read(&path).unwrap();
        for end in 0..whole.len() {
            fs::write(&path, &whole[..end]).unwrap();
            let ignored = read(folder.path(), MACHINE).unwrap_err();
            assert!(matches!(ignored, Ignored::Torn { .. }), "{end}: {ignored}");
        }
    }

    #[test]
    fn another_machine_method_or_format_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let other = changed(folder.path(), |text| text.replace(MACHINE, "ffff"));
        assert!(matches!(other, Ignored::OtherMachine { found, .. } if found == "ffff"));
        let other = changed(folder.path(), |text| {
            text.replace(&format!("\"method\": {METHOD}"), "\"method\": 0")
        });
        assert!(
            other.to_string().contains("tare.peaks/1 by method 0"),
            "{other}"
        );
        let other = changed(folder.path(), |_| "{}".to_owned());
        assert!(other.to_string().contains("none by method none"), "{other}");
        let other = changed(folder.path(), |_| "[1]".to_owned());
        assert!(matches!(other, Ignored::Torn { .. }), "{other}");
    }

    #[test]
    fn a_file_that_cannot_be_read_or_written_is_a_reason() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(path(folder.path(), MACHINE)).unwrap();
        let ignored = read(folder.path(), MACHINE).unwrap_err();
        assert!(matches!(ignored, Ignored::Unreadable { .. }), "{ignored}");
        assert!(write(folder.path(), &peaks()).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_fingerprint_never_leads_out_of_the_folder() {
        let of = |build| of_build(Path::new("/a"), "../x", build);
        assert_eq!(of("release"), Path::new("/a/peaks-x.json"));
        assert_eq!(of("debug"), Path::new("/a/peaks-x-debug.json"));
    }

    #[test]
    fn what_another_build_measured_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let other = if BUILD == "debug" { "release" } else { "debug" };
        let found = changed(folder.path(), |text| text.replace(BUILD, other));
        assert!(
            matches!(&found, Ignored::OtherBuild { found, .. } if found.contains(other)),
            "{found}"
        );
        let unknown = changed(folder.path(), |text| {
            text.replace(&format!("\"{BUILD}\""), "null")
        });
        assert!(
            unknown.to_string().contains("a build that is not told"),
            "{unknown}"
        );
    }
}
