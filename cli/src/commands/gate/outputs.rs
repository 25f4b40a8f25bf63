//! The outputs of a stored baseline, in a file beside its figures: what a candidate's are compared with.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tare_adapter_api::OutputSpec;
use tare_gate::{ExitClass, Flaw, Obstacle, Verdict};
use tare_harness::fidelity::{Compared, compare_files};
use tare_runtimes::file_sha256;

/// What the file of figures says of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredOutputs {
    /// Of the file beside.
    sha256: String,
    /// Whose they are, such as `rten 0.27.0`.
    adapter: String,
}

/// Outputs that can become those of a baseline; gone where they do not.
#[derive(Debug)]
pub struct Staged {
    beside: PathBuf,
    file: PathBuf,
    outputs: StoredOutputs,
}

/// How a candidate's outputs compare with the stored ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outputs {
    /// Nobody asked.
    NotAsked,
    /// They are the same, as far as such numbers are; in words.
    Same(String),
    /// They are others.
    Differ(String),
    /// There is nothing to compare with, or it cannot be read.
    Unknown(String),
}

impl StoredOutputs {
    /// Where the outputs of the baseline at `path` are: its name with another ending.
    pub fn path(path: &Path) -> PathBuf {
        path.with_extension("safetensors")
    }

    /// How the outputs in `own`, such as `specs` says in a cell of this precision, compare with those that are stored for the
    /// baseline at `path`.
    pub fn compare(
        stored: Option<&Self>,
        path: &Path,
        own: &Path,
        (specs, precision): (&[OutputSpec], &str),
    ) -> Outputs {
        let Some(stored) = stored else {
            return Outputs::Unknown("none were stored with it".to_owned());
        };
        let file = Self::path(path);
        match file_sha256(&file) {
            Err(error) => Outputs::Unknown(format!("cannot read {}: {error}", file.display())),
            Ok(sha256) if sha256 != stored.sha256 => Outputs::Unknown(format!(
                "{} is not the file that was stored with it",
                file.display()
            )),
            Ok(_) => {
                let compared = compare_files(own, &file, &stored.adapter, specs, precision);
                compared.map_or_else(Outputs::Unknown, found)
            }
        }
    }
}

impl Staged {
    /// Those in `own`, which `adapter` gave, for the baseline at `path`.
    ///
    /// # Errors
    /// In words, where they cannot be read or written.
    pub fn new(path: &Path, (own, adapter): (&Path, &str)) -> Result<Self, String> {
        let file = StoredOutputs::path(path);
        let beside = file.with_extension("safetensors.new");
        let sha256 = fs::copy(own, &beside).and_then(|_| file_sha256(&beside));
        let sha256 = sha256.map_err(unwritten(&file))?;
        Ok(Self {
            beside,
            file,
            outputs: StoredOutputs {
                sha256,
                adapter: adapter.to_owned(),
            },
        })
    }

    /// Has them stand beside the baseline from now on.
    ///
    /// # Errors
    /// In words, where they cannot.
    pub fn keep(self) -> Result<StoredOutputs, String> {
        fs::rename(&self.beside, &self.file).map_err(unwritten(&self.file))?;
        Ok(self.outputs.clone())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // Once they are kept, there is nothing there.
        let _ = fs::remove_file(&self.beside);
    }
}

fn unwritten(file: &Path) -> impl Fn(std::io::Error) -> String {
    move |error| format!("cannot write the outputs {}: {error}", file.display())
}

impl Outputs {
    /// `verdict`, which the figures alone give, once the outputs are known: what computes something else is nothing to judge, and
    /// of what nobody knows none is a pass.
    pub fn judge(self, verdict: Verdict) -> Verdict {
        match self {
            Self::Differ(why) => Verdict::Invalid(vec![Flaw::DifferentOutputs { why }]),
            Self::Unknown(why) if verdict.exit_class() == ExitClass::Passed => {
                Verdict::Inconclusive(vec![Obstacle::OutputsUnknown { why }])
            }
            _ => verdict,
        }
    }

    /// What is worth knowing of them.
    pub fn note(&self) -> Option<String> {
        match self {
            Self::Same(how) => Some(how.clone()),
            Self::Unknown(why) => Some(format!("the outputs were not compared: {why}")),
            Self::NotAsked => Some("the outputs were compared with no others".to_owned()),
            Self::Differ(_) => None,
        }
    }
}

fn found(compared: Compared) -> Outputs {
    match compared {
        Compared::Misfit(why) => Outputs::Differ(why),
        Compared::Values(_, reasons) if !reasons.is_empty() => Outputs::Differ(reasons.join("; ")),
        Compared::Values(fidelity, _) => Outputs::Same(format!(
            "the outputs are those that {} gave, but for {:.0e} of their magnitude at the most",
            fidelity.reference, fidelity.max_relative
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_whose_outputs_are_others_or_unknown_is_none() {
        let why = || "y".to_owned();
        let judged = |outputs: Outputs, verdict: Verdict| outputs.judge(verdict).name();
        assert_eq!(judged(Outputs::Same(why()), Verdict::Pass), "pass");
        for verdict in [Verdict::Pass, Verdict::Improvement] {
            let unknown = judged(Outputs::Unknown(why()), verdict.clone());
            assert_eq!(unknown, "inconclusive");
            assert_eq!(judged(Outputs::Differ(why()), verdict), "invalid");
        }
        let slower = judged(Outputs::Unknown(why()), Verdict::Regression);
        assert_eq!(slower, "regression");
    }

    #[test]
    fn outputs_that_were_not_stored_or_are_not_those_that_were_are_unknown() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = dir.path().join("baseline.json");
        let own = dir.path().join("own");
        fs::write(&own, "outputs").expect("writes");
        let stage = || Staged::new(&path, (&own, "rten 0.27.0")).expect("staged");
        drop(stage());
        let left = fs::read_dir(dir.path()).expect("a folder").count();
        assert_eq!(left, 1, "what is not kept is gone");
        let kept = stage().keep().expect("kept");
        let file = StoredOutputs::path(&path);
        assert_eq!(fs::read(&file).expect("there"), b"outputs");
        let unknown = |stored: Option<&StoredOutputs>| match StoredOutputs::compare(
            stored,
            &path,
            &own,
            (&[], "fp32"),
        ) {
            Outputs::Unknown(why) => why,
            known => panic!("{known:?}"),
        };
        assert_eq!(unknown(None), "none were stored with it");
        assert!(unknown(Some(&kept)).contains("cannot read the outputs"));
        fs::write(&file, "others").expect("writes");
        assert!(unknown(Some(&kept)).contains("is not the file that was stored with it"));
        fs::remove_file(&file).expect("removed");
        assert!(unknown(Some(&kept)).contains("cannot read"));
        let nowhere = Staged::new(&dir.path().join("none/b.json"), (&own, "rten"));
        assert!(
            nowhere
                .expect_err("no folder")
                .contains("cannot write the outputs")
        );
    }
}
