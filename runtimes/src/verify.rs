//! Tells an installed library that was changed since, though it kept its size, by its hash.

use std::path::Path;

use crate::digest::file_sha256;
use crate::find::{FindError, Installed, damaged};
use crate::manifest::{Manifest, Unpacked};

impl Installed {
    /// Reads every file that was asked for by name, and compares its sha256 with the one it was installed with.
    ///
    /// # Errors
    /// Names the first file that is another, or cannot be read.
    pub fn verify(&self) -> Result<(), FindError> {
        let manifest = Manifest::read(&self.dir).map_err(|error| error.to_string());
        manifest
            .and_then(|manifest| unchanged(&self.dir, &manifest))
            .map_err(|reason| damaged(&self.dir, &self.name, &self.version, &reason))
    }
}

/// Whether each file that a manifest lists has its hash; else the reason.
pub(crate) fn unchanged(dir: &Path, manifest: &Manifest) -> Result<(), String> {
    let unchanged = |Unpacked { path, sha256, .. }: &Unpacked| {
        let found = file_sha256(&dir.join(path)).map_err(|error| format!("{path}: {error}"))?;
        same(path, &found, sha256)
    };
    manifest.files.iter().try_for_each(unchanged)
}

fn same(path: &str, found: &str, wanted: &str) -> Result<(), String> {
    match found == wanted {
        true => Ok(()),
        false => Err(format!("{path} has the sha256 {found} instead of {wanted}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Bench, LIBRARY};

    #[test]
    fn a_library_of_the_same_size_with_another_content_is_told_with_both_hashes() {
        let bench = Bench::new();
        let installed = bench.install().expect("installs").installed;
        assert_eq!(installed.verify(), Ok(()));
        std::fs::write(&installed.library, LIBRARY.replace("not", "NOT")).expect("writes");
        let found = file_sha256(&installed.library).expect("reads");
        let error = installed.verify().expect_err("changed");
        let told = format!(
            "is damaged: lib.so has the sha256 {found} instead of {}",
            installed.library_sha256
        );
        assert!(error.reason.ends_with(&told), "{error}");
    }

    #[test]
    fn a_changed_file_beside_the_library_counts_and_so_does_a_missing_one() {
        let bench = Bench::new();
        let installed = bench.install().expect("installs").installed;
        let told = || installed.verify().expect_err("changed").reason;
        std::fs::write(bench.place().join("LICENSE"), "do as I please").expect("writes");
        assert!(told().contains("LICENSE has the sha256"), "{}", told());
        std::fs::remove_file(bench.place().join("LICENSE")).expect("removes");
        assert!(told().contains("LICENSE: No such file"), "{}", told());
    }
}
