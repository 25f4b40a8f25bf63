//! The hash of a zoo file, read once: beside the file stands what it was, for which size and time of change.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use tare_runtimes::file_sha256;

/// The SHA-256 of the file at `path`, in hexadecimal: as kept beside it where the file has not changed since, else of its
/// bytes.
///
/// # Errors
/// Where the file cannot be read; that the hash cannot be kept is none.
pub fn of_file(path: &Path) -> io::Result<String> {
    let mark = mark(path)?;
    let kept = fs::read_to_string(beside(path)).unwrap_or_default();
    if let Some((then, hash)) = kept.trim_end().split_once(' ')
        && then == mark
        && hash.len() == 64
    {
        return Ok(hash.to_owned());
    }
    let hash = file_sha256(path)?;
    let _ = fs::write(beside(path), format!("{mark} {hash}\n"));
    Ok(hash)
}

/// Differs wherever the file was written to: its size, and when it was changed.
fn mark(path: &Path) -> io::Result<String> {
    let facts = fs::metadata(path)?;
    let changed = facts.modified()?.duration_since(UNIX_EPOCH);
    let changed = changed.map_or(0, |since| since.as_nanos());
    Ok(format!("{}@{changed}", facts.len()))
}

fn beside(path: &Path) -> PathBuf {
    path.with_extension("onnx.sha256")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use tare_results::sha256_hex;

    use super::*;

    #[test]
    fn the_hash_is_kept_until_the_file_changes() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("mlp.onnx");
        fs::write(&path, "one").expect("writes");
        assert_eq!(of_file(&path).expect("reads"), sha256_hex(b"one"));
        let kept = fs::read_to_string(beside(&path)).expect("kept");
        let other = sha256_hex(b"other");
        let forged = kept.replace(&sha256_hex(b"one"), &other);
        fs::write(beside(&path), forged).expect("writes");
        assert_eq!(
            of_file(&path).expect("reads"),
            other,
            "what is kept is not read anew"
        );
        let file = fs::File::options().write(true).open(&path).expect("opens");
        let later = SystemTime::UNIX_EPOCH + Duration::from_secs(7);
        file.set_modified(later).expect("sets the time");
        assert_eq!(of_file(&path).expect("reads"), sha256_hex(b"one"));
    }

    #[test]
    fn a_note_that_is_torn_is_not_believed_and_a_missing_file_an_error() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("mlp.onnx");
        assert!(of_file(&path).is_err());
        fs::write(&path, "one").expect("writes");
        let mark = mark(&path).expect("there");
        for torn in ["", "x", &mark, &format!("{mark} abc")] {
            fs::write(beside(&path), torn).expect("writes");
            assert_eq!(of_file(&path).expect("reads"), sha256_hex(b"one"), "{torn}");
        }
    }
}
