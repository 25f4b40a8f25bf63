//! The samples of a repeat as a NumPy file, 24 bytes each, that other people's tools open as it is.

mod npy;

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use bytemuck::{Pod, Zeroable};
use tare_units::Nanoseconds;

use crate::store::StoreError;

/// One timed request, as it lies in the buffer and in the file; all fields are nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Sample {
    /// When the request was issued, since timing began.
    pub issued: u64,
    /// Until its outputs were ready; [`Sample::FAILED`] where it failed.
    pub latency: u64,
    /// How late it was issued; [`Sample::LONGEST_SKEW`] at the most.
    pub skew: u32,
    /// How long its thread was runnable but did not run; saturates. 0 throughout where the run did not read it: its records
    /// then have no effective latency, and say why. In a gate of more threads it is what all threads of the process waited beyond
    /// waking up, which the same reason says.
    pub delay: u32,
}

impl Sample {
    /// The latency of a request that failed.
    pub const FAILED: u64 = u64::MAX;
    /// The skew of a request that was issued so late or later: how much, it does not hold.
    pub const LONGEST_SKEW: u32 = u32::MAX;

    /// The latency, where the request did not fail.
    pub fn latency(&self) -> Option<Nanoseconds> {
        (self.latency != Self::FAILED).then(|| Nanoseconds::from_nanos(self.latency))
    }
}

/// Writes the file of `samples`; where that fails, none is left behind.
pub fn write(path: &Path, samples: &[Sample]) -> Result<(), StoreError> {
    let mut file = File::create(path).map_err(StoreError::io("write", path))?;
    let header = npy::header(samples.len() as u64);
    let written = file
        .write_all(&header)
        .and_then(|()| file.write_all(bytemuck::cast_slice(samples)));
    written.map_err(|error| {
        if file.metadata().is_ok_and(|file| file.is_file()) {
            let _ = fs::remove_file(path);
        }
        StoreError::io("write", path)(error)
    })
}

/// Reads the file that [`write()`] wrote; fails where it is anything else, or cut short.
pub fn read(path: &Path) -> Result<Vec<Sample>, StoreError> {
    let wrong = |reason: String| StoreError::Samples {
        path: path.to_owned(),
        reason,
    };
    let found = fs::metadata(path).map_err(StoreError::io("read", path))?;
    if !found.is_file() {
        return Err(wrong("it is no file".to_owned()));
    }
    let bytes = fs::read(path).map_err(StoreError::io("read", path))?;
    let (count, body) = npy::split(&bytes).map_err(wrong)?;
    if count.checked_mul(size_of::<Sample>() as u64) != Some(body.len() as u64) {
        return Err(wrong(format!(
            "{count} samples are announced, {} bytes are there instead of {} each",
            body.len(),
            size_of::<Sample>()
        )));
    }
    let mut samples = vec![Sample::default(); body.len() / size_of::<Sample>()];
    bytemuck::cast_slice_mut(&mut samples).copy_from_slice(body);
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> Vec<Sample> {
        (0..1_000)
            .map(|n| Sample {
                issued: n << 33,
                latency: if n == 7 { Sample::FAILED } else { n * n },
                skew: n as u32,
                delay: u32::MAX - n as u32,
            })
            .collect()
    }

    #[test]
    fn samples_come_back_as_they_were() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("0.npy");
        for some in [&samples()[..], &[]] {
            write(&path, some).unwrap();
            assert_eq!(read(&path).unwrap(), some);
            let size = fs::metadata(&path).unwrap().len();
            assert_eq!(size, 192 + 24 * some.len() as u64);
        }
    }

    #[test]
    fn a_failed_request_has_no_latency() {
        let samples = samples();
        assert_eq!(samples[7].latency(), None);
        assert_eq!(samples[3].latency(), Some(Nanoseconds::from_nanos(9)));
    }

    #[test]
    fn a_file_cut_short_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("0.npy");
        write(&path, &samples()).unwrap();
        let bytes = fs::read(&path).unwrap();
        for (len, says) in [(0, "NumPy"), (9, "NumPy"), (100, "NumPy"), (500, "500")] {
            fs::write(&path, &bytes[..len]).unwrap();
            let error = read(&path).unwrap_err().to_string();
            let says = if len == 500 {
                "1000 samples are announced, 308 bytes"
            } else {
                says
            };
            assert!(error.contains(says), "{len}: {error}");
        }
    }

    #[test]
    fn a_full_disk_is_named() {
        let error = write(Path::new("/dev/full"), &samples()).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("/dev/full") && text.contains("free space"),
            "{text}"
        );
    }

    #[test]
    fn what_is_no_file_is_refused_and_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("samples.npy");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains("it is no file"), "{error}");
    }
}
