//! pip, the ordinary client: asked for one file of one package, and kept quiet unless it fails.

mod group;

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use tare_units::Bytes;

use self::group::Group;
use super::{InstallError, PipError};
use crate::catalogue::Wheel;
use crate::size::size;

const POLL: Duration = Duration::from_millis(100);

/// How often, and after which pauses, to look whether everything that was killed is gone.
const LOOKS: usize = 100;
const PAUSE: Duration = Duration::from_millis(10);

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
        command
            .env("TMPDIR", &work.temporary)
            .stderr(Stdio::piped());
        let failed = |said| PipError::Failed { file: file(), said };
        let attended = Attended::start(&mut command).map_err(|error| failed(error.to_string()))?;
        match attended.wait(&work, progress)? {
            Ok(()) => Ok(arrived(wheel, &work.fetched)?),
            Err(said) => Err(failed(last_words(&said)).into()),
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
        // Else a pip.py in the folder of the call would be executed.
        .env("PYTHONSAFEPATH", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

/// Folders of one call: pip writes to the first and copies to the second when it is done.
struct Work {
    temporary: PathBuf,
    fetched: PathBuf,
}

impl Work {
    fn below(folder: &Path) -> Result<Self, InstallError> {
        let [temporary, fetched] = ["temporary", "fetched"].map(|name| folder.join(name));
        for made in [&temporary, &fetched] {
            std::fs::create_dir_all(made).map_err(InstallError::write(made))?;
        }
        Ok(Self { temporary, fetched })
    }

    fn size(&self) -> Bytes {
        size(&self.temporary).max(size(&self.fetched))
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

/// A process that does not outlive this value, nor do those that it starts, and what they say meanwhile.
struct Attended {
    child: Child,
    group: Group,
    said: Option<JoinHandle<String>>,
}

impl Attended {
    fn start(command: &mut Command) -> io::Result<Self> {
        let group = Group::new()?;
        let mut child = group.start(command)?;
        let stderr = child.stderr.take();
        let said = std::thread::spawn(|| stderr.map_or(String::new(), read_all));
        Ok(Self {
            child,
            group,
            said: Some(said),
        })
    }

    /// What it said where it did not end well; `progress` hears how much is there meanwhile.
    fn wait(
        mut self,
        work: &Work,
        progress: &mut dyn FnMut(Bytes) -> Result<(), InstallError>,
    ) -> Result<Result<(), String>, InstallError> {
        let status = loop {
            let ended = self.child.try_wait();
            match ended.map_err(InstallError::read(&work.temporary))? {
                Some(status) => break status,
                None => progress(work.size())?,
            }
            std::thread::sleep(POLL);
        };
        progress(work.size())?;
        let said = self.end();
        Ok(match status.success() {
            true => Ok(()),
            false => Err(said),
        })
    }

    /// Kills what still executes, and gives what was said; returns when all who could say something are gone.
    fn end(&mut self) -> String {
        self.group.end();
        let _ = self.child.kill();
        let _ = self.child.wait();
        let is_over = || self.said.as_ref().is_none_or(JoinHandle::is_finished);
        let mut pauses = (0..LOOKS).map(|_| std::thread::sleep(PAUSE));
        // A process that left the group may hold the other end for ever.
        match is_over() || pauses.any(|()| is_over()) {
            true => self.said.take().and_then(|said| said.join().ok()),
            false => None,
        }
        .unwrap_or_default()
    }
}

/// Everything that comes, with the first mebibyte kept.
fn read_all(mut stderr: ChildStderr) -> String {
    let mut kept = Vec::new();
    let _ = stderr.by_ref().take(1 << 20).read_to_end(&mut kept);
    let _ = io::copy(&mut stderr, &mut io::sink());
    String::from_utf8_lossy(&kept).into_owned()
}

impl Drop for Attended {
    fn drop(&mut self) {
        self.end();
    }
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

/// The last error that pip printed, else its last line; with the reason of a broken connection where it told one.
fn last_words(said: &str) -> String {
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    let error = lines().rfind(|line| line.starts_with("ERROR: "));
    let last = error.or_else(|| lines().next_back());
    let last = last.map_or("it said nothing", |line| line.trim_start_matches("ERROR: "));
    match lines().rev().find_map(broken_connection) {
        Some(reason) => format!("{last} ({reason})"),
        None => last.to_owned(),
    }
}

/// The reason in `… connection broken by 'Kind(<object>: reason')': /path`.
fn broken_connection(line: &str) -> Option<&str> {
    let (_, reason) = line.split_once("connection broken by ")?;
    let reason = reason.split_once(">: ").map_or(reason, |(_, inner)| inner);
    Some(reason.split_once("')").map_or(reason, |(inner, _)| inner))
}

#[cfg(test)]
mod tests;
