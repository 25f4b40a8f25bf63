//! pip, the ordinary client: asked for one file of one package, and kept quiet unless it fails.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tare_units::Bytes;

use super::{InstallError, PipError};
use crate::catalogue::Wheel;

const POLL: Duration = Duration::from_millis(100);

/// The ways to call pip, in the order in which they are tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pip {
    calls: Vec<Vec<OsString>>,
}

impl Default for Pip {
    fn default() -> Self {
        Self::called(&[&["python3", "-m", "pip"], &["pip3"], &["pip"]])
    }
}

impl Pip {
    /// pip by the first of these calls that answers.
    pub fn called(calls: &[&[&str]]) -> Self {
        let words = |call: &&[&str]| call.iter().map(OsString::from).collect();
        Self {
            calls: calls.iter().map(words).collect(),
        }
    }

    /// Fetches a wheel into the empty folder `folder`; `progress` hears of the bytes so far and may stop it.
    pub(crate) fn fetch(
        &self,
        wheel: &Wheel,
        folder: &Path,
        progress: &mut dyn FnMut(Bytes) -> Result<(), InstallError>,
    ) -> Result<PathBuf, InstallError> {
        let file = || wheel.file.clone();
        let call = self
            .answering()
            .ok_or_else(|| PipError::Absent { file: file() })?;
        let work = Work::below(folder)?;
        let mut command = command(call);
        command
            .args(arguments(wheel))
            .arg("--dest")
            .arg(&work.fetched);
        let log = File::create(&work.said).map_err(InstallError::write(&work.said))?;
        let spawned = command.env("TMPDIR", &work.temporary).stderr(log).spawn();
        let failed = |said| PipError::Failed { file: file(), said };
        let child = spawned.map_err(|error| failed(error.to_string()))?;
        match Attended(child).wait(&work, progress)? {
            true => Ok(arrived(wheel, &work.fetched)?),
            false => Err(failed(last_words(&work.said)).into()),
        }
    }

    fn answering(&self) -> Option<&[OsString]> {
        let answers = |call: &&Vec<OsString>| {
            let status = command(call)
                .arg("--version")
                .stderr(Stdio::null())
                .status();
            status.is_ok_and(|status| status.success())
        };
        self.calls.iter().find(answers).map(Vec::as_slice)
    }
}

fn command(call: &[OsString]) -> Command {
    let mut words = call.iter();
    let mut command = Command::new(words.next().map_or("pip".into(), OsString::clone));
    command
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

/// Folders of one call: pip writes to the first and copies to the second when it is done.
struct Work {
    temporary: PathBuf,
    fetched: PathBuf,
    said: PathBuf,
}

impl Work {
    fn below(folder: &Path) -> Result<Self, InstallError> {
        let [temporary, fetched, said] =
            ["temporary", "fetched", "said"].map(|name| folder.join(name));
        for made in [&temporary, &fetched] {
            std::fs::create_dir_all(made).map_err(InstallError::write(made))?;
        }
        Ok(Self {
            temporary,
            fetched,
            said,
        })
    }

    fn size(&self) -> Bytes {
        Bytes::from_bytes(size(&self.temporary).max(size(&self.fetched)))
    }
}

fn arguments(wheel: &Wheel) -> Vec<String> {
    let fixed = "download --quiet --no-input --disable-pip-version-check --no-cache-dir --no-deps \
                 --only-binary=:all: --implementation cp --python-version";
    let mut arguments: Vec<String> = fixed.split_whitespace().map(str::to_owned).collect();
    if let Some(tags) = wheel.tags() {
        arguments.push(tags.python());
        for platform in tags.platforms() {
            arguments.extend(["--platform".to_owned(), platform.to_owned()]);
        }
        arguments.push(format!("{}=={}", tags.name, tags.version));
    }
    arguments
}

/// A process that does not outlive this value.
struct Attended(Child);

impl Attended {
    /// Whether it ended well; tells how much is there meanwhile.
    fn wait(
        mut self,
        work: &Work,
        progress: &mut dyn FnMut(Bytes) -> Result<(), InstallError>,
    ) -> Result<bool, InstallError> {
        loop {
            let ended = self.0.try_wait().map_err(InstallError::read(&work.said))?;
            if let Some(status) = ended {
                return Ok(status.success());
            }
            progress(work.size())?;
            std::thread::sleep(POLL);
        }
    }
}

impl Drop for Attended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Bytes of the files below a folder; what vanishes meanwhile does not count.
fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let of = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(facts) if facts.is_dir() => size(&entry.path()),
        Ok(facts) => facts.len(),
        Err(_) => 0,
    };
    entries.map(of).sum()
}

fn arrived(wheel: &Wheel, folder: &Path) -> Result<PathBuf, PipError> {
    let path = folder.join(&wheel.file);
    if path.is_file() {
        return Ok(path);
    }
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    Err(PipError::Other {
        file: wheel.file.clone(),
        found: match names.is_empty() {
            true => "nothing".to_owned(),
            false => names.join(", "),
        },
    })
}

/// The last error that pip printed, else its last line.
fn last_words(said: &Path) -> String {
    let said = std::fs::read(said).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    let error = lines().rfind(|line| line.starts_with("ERROR: "));
    let last = error.or_else(|| lines().next_back());
    last.unwrap_or("it said nothing")
        .trim_start_matches("ERROR: ")
        .to_owned()
}

#[cfg(test)]
mod tests;
