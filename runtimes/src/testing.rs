//! What the tests install: small wheels with the catalogue that pins them, and scripts that act as pip.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::catalogue::Catalogue;
use crate::digest::file_sha256;
use crate::find::Runtimes;
use crate::install::{InstallError, Outcome, Pip, Request, Source};
use crate::observe::{Event, Observer, Silent};

pub const FILE: &str = "small-1.0-cp311-cp311-manylinux_2_28_x86_64.whl";
pub const LIBRARY: &str = "not really a library, but twenty thousand bytes of one";

/// A folder with a wheel, a catalogue that pins it, and a place for runtimes.
pub struct Bench {
    folder: TempDir,
    pub catalogue: Catalogue,
}

impl Bench {
    /// With the runtime `small` 1.0: a library and a licence, out of a wheel that holds more.
    pub fn new() -> Self {
        Self::with(&[
            ("small/capi/lib.so", LIBRARY),
            ("small/capi/LICENSE", "do as you please"),
            ("small/__init__.py", "print('not wanted')"),
        ])
    }

    /// With a wheel of these members.
    pub fn with(members: &[(&str, &str)]) -> Self {
        Self::pinning(members, r#"["lib.so", "LICENSE"]"#, 1000)
    }

    /// With a wheel of these members, of which a catalogue lists `wanted` and at most `unpacked` bytes.
    pub fn pinning(members: &[(&str, &str)], wanted: &str, unpacked: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let wheel = folder.path().join(FILE);
        write_wheel(&wheel, members);
        let (sha256, bytes) = (
            file_sha256(&wheel).expect("reads"),
            fs::metadata(&wheel).expect("there").len(),
        );
        let text = format!(
            "[[package]]\nname = \"small\"\nversion = \"1.0\"\nlibrary = \"lib.so\"\n[[package.wheel]]\n\
             file = \"{FILE}\"\nbytes = {bytes}\nsha256 = \"{sha256}\"\nbelow = \"small/capi/\"\n\
             members = {wanted}\nunpacked = {unpacked}\n"
        );
        let path = folder.path().join("catalogue.toml");
        fs::write(&path, text).expect("writes");
        let catalogue = Catalogue::read(&path).expect("well formed");
        Self { folder, catalogue }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn wheel(&self) -> PathBuf {
        self.path(FILE)
    }

    pub fn runtimes(&self) -> Runtimes {
        Runtimes::open(self.path("runtimes"))
    }

    /// The folder that `small` 1.0 is installed into.
    pub fn place(&self) -> PathBuf {
        self.path("runtimes/small/1.0")
    }

    pub fn request(&self, source: Source) -> Request<'_> {
        Request {
            package: self.catalogue.runtime("small", None).expect("there"),
            source,
            force: false,
        }
    }

    pub fn install(&self) -> Result<Outcome, InstallError> {
        self.install_from(self.wheel())
    }

    pub fn install_from(&self, wheel: PathBuf) -> Result<Outcome, InstallError> {
        let request = self.request(Source::Files(vec![wheel]));
        self.runtimes().install(&request, &mut Silent)
    }

    /// Installs with a script in pip's place.
    pub fn install_by(
        &self,
        script: &str,
        observer: &mut dyn Observer,
    ) -> Result<Outcome, InstallError> {
        let pip = self.path("pip.sh");
        fs::write(&pip, format!("#!/bin/sh\n{script}\n")).expect("writes");
        fs::set_permissions(&pip, PermissionsExt::from_mode(0o755)).expect("permitted");
        let pip = pip.to_str().expect("UTF-8");
        let source = Source::Pip(Pip::called(&[&["/nowhere/pip"], &[pip, "words", "before"]]));
        self.runtimes().install(&self.request(source), observer)
    }

    /// Names in the folder of `small`, unfinished work included, the lock left out.
    pub fn left(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("runtimes/small"))
            .into_iter()
            .flatten()
            .flatten();
        let names = entries.map(|entry| entry.file_name().into_string().expect("UTF-8"));
        names.filter(|name| !name.ends_with(".lock")).collect()
    }
}

/// Writes an archive with these members.
pub fn write_wheel(path: &Path, members: &[(&str, &str)]) {
    let mut zip = ZipWriter::new(fs::File::create(path).expect("creates"));
    for (name, content) in members {
        zip.start_file(*name, SimpleFileOptions::default())
            .expect("starts");
        zip.write_all(content.as_bytes()).expect("writes");
    }
    zip.finish().expect("finishes");
}

/// Keeps the names of what it hears, and stops at one of them.
#[derive(Default)]
pub struct Heard {
    pub events: Vec<String>,
    pub stop_at: Option<&'static str>,
}

impl Observer for Heard {
    fn event(&mut self, event: &Event<'_>) {
        let text = format!("{event:?}");
        let name = text.split(' ').next().unwrap_or_default().to_owned();
        if self.events.last() != Some(&name) {
            self.events.push(name);
        }
    }

    fn is_stopped(&self) -> bool {
        self.stop_at
            .is_some_and(|stop| self.events.iter().any(|event| event == stop))
    }
}
