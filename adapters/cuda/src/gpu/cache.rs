//! What was compiled and chosen before, in the user's cache: for one kind of device and one version of each library.
//!
//! A file that is torn, or that cannot be read or written, is as good as none: it costs time, and no result.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use sha2::{Digest as _, Sha256};
use tare_cuda::Facts;

use super::libraries::Found;

/// Bytes of a way of cuBLASLt's.
const WAY: usize = 64;

/// A folder of one kind of device; `None` where the user has no cache.
pub(super) struct Cache(Option<PathBuf>);

impl Cache {
    /// Of this device and these libraries.
    pub(super) fn of(facts: &Facts, found: &Found) -> Self {
        let folder = folder().map(|folder| folder.join(kind_of(facts, found)));
        Self(folder.filter(|folder| fs::create_dir_all(folder).is_ok()))
    }

    /// The device's code of this source.
    pub(super) fn code(&self, source: &str) -> Option<Vec<u8>> {
        let kept = fs::read(self.file(source, "code")?).ok()?;
        let (sum, code) = kept.split_at_checked(32)?;
        (Sha256::digest(code).as_slice() == sum).then(|| code.to_vec())
    }

    /// Keeps the code of this source.
    pub(super) fn keep_code(&self, source: &str, code: &[u8]) {
        let sum = Sha256::digest(code);
        self.keep(source, "code", &[sum.as_slice(), code].concat());
    }

    /// The way of the product that this line tells from all others.
    pub(super) fn way(&self, key: &str) -> Option<[u8; WAY]> {
        fs::read(self.file(key, "way")?).ok()?.try_into().ok()
    }

    /// Keeps the way of a product.
    pub(super) fn keep_way(&self, key: &str, way: &[u8; WAY]) {
        self.keep(key, "way", way);
    }

    fn file(&self, key: &str, kind: &str) -> Option<PathBuf> {
        let name = hexadecimal(Sha256::digest(key).as_slice());
        Some(self.0.as_ref()?.join(format!("{name}.{kind}")))
    }

    /// Whole or not at all, whoever else writes it meanwhile.
    fn keep(&self, key: &str, kind: &str, bytes: &[u8]) {
        let Some(file) = self.file(key, kind) else {
            return;
        };
        let made = file.with_extension(format!("{kind}.{}", std::process::id()));
        let written = fs::File::create(&made).and_then(|mut new| new.write_all(bytes));
        if written.and_then(|()| fs::rename(&made, &file)).is_err() {
            let _ = fs::remove_file(&made);
        }
    }
}

fn kind_of(facts: &Facts, found: &Found) -> String {
    let (driver_major, driver_minor) = facts.driver;
    let all = format!(
        "{} {:?} {} driver {driver_major}.{driver_minor} nvrtc {} cublaslt {}",
        facts.name, facts.capability, facts.multiprocessors, found.nvrtc, found.cublaslt
    );
    hexadecimal(&Sha256::digest(all).as_slice()[..8])
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn folder() -> Option<PathBuf> {
    let absolute = |name: &str| {
        let path = PathBuf::from(env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let home = || absolute("HOME").map(|home| home.join(".cache"));
    let cache = absolute("XDG_CACHE_HOME").or_else(home)?;
    Some(cache.join(Path::new("tare/cuda")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache() -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache(Some(folder.path().to_owned()));
        (folder, cache)
    }

    #[test]
    fn what_was_kept_is_found_again_by_its_key_only() {
        let (_folder, cache) = cache();
        cache.keep_code("source", b"code");
        cache.keep_way("1x2x3", &[7; WAY]);
        assert_eq!(cache.code("source").as_deref(), Some(&b"code"[..]));
        assert_eq!(cache.way("1x2x3"), Some([7; WAY]));
        assert_eq!((cache.code("another"), cache.way("source")), (None, None));
    }

    #[test]
    fn a_torn_file_is_as_good_as_none() {
        let (_folder, cache) = cache();
        cache.keep_code("source", b"some code");
        let file = cache.file("source", "code").unwrap();
        let whole = fs::read(&file).unwrap();
        fs::write(&file, &whole[..whole.len() - 1]).unwrap();
        assert_eq!(cache.code("source"), None);
        fs::write(&file, b"short").unwrap();
        assert_eq!(cache.code("source"), None);
    }

    #[test]
    fn without_a_cache_nothing_is_kept_and_nothing_fails() {
        let cache = Cache(None);
        cache.keep_code("source", b"code");
        assert_eq!(cache.code("source"), None);
        let cache = Cache(Some(PathBuf::from("/nowhere/at/all")));
        cache.keep_way("key", &[1; WAY]);
        assert_eq!(cache.way("key"), None);
    }
}
