//! TorchScript archives: recognised and hashed, so that a file that is none is told from one; libtorch reads the rest.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tare_units::Bytes;

/// How much of the file is read at once, in bytes.
const CHUNK: usize = 1 << 20;

/// A file that holds a TorchScript module: code and weights in a ZIP archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TorchScript {
    path: PathBuf,
    sha256: String,
    file_bytes: Bytes,
}

/// Why a file is no TorchScript module.
#[derive(Debug, thiserror::Error)]
pub enum TorchScriptError {
    /// The operating system refused.
    #[error("cannot read {}: {source}; check the path and its permissions", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no archive, or one that is cut off.
    #[error(
        "{} is no TorchScript file: {reason}; save the module with torch.jit.save and fetch the file again", path.display()
    )]
    NotAnArchive {
        /// The file.
        path: PathBuf,
        /// What the reader of archives said.
        reason: String,
    },
    /// It holds tensors without code.
    #[error(
        "{} holds weights without code (a state_dict or a pickled module): save the traced or scripted module with torch.jit.save",
        path.display()
    )]
    NoCode {
        /// The file.
        path: PathBuf,
    },
    /// It is an archive of something else.
    #[error("{} is an archive but no TorchScript file: it has no {lacks}; save the module with torch.jit.save", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is not in it.
        lacks: &'static str,
    },
}

impl TorchScript {
    /// Whether the file at `path` is meant to be one: by its first bytes, else by its name.
    pub fn is_meant(path: &Path) -> bool {
        let mut magic = [0; 4];
        let read = File::open(path).and_then(|mut file| file.read_exact(&mut magic));
        let named = path.extension().is_some_and(|extension| {
            ["pt", "pth", "ts", "torchscript"]
                .iter()
                .any(|known| extension.eq_ignore_ascii_case(known))
        });
        named || (read.is_ok() && magic == *b"PK\x03\x04")
    }

    /// Looks into the archive at `path` and hashes it.
    ///
    /// # Errors
    /// Where it cannot be read, is no archive, or holds no code.
    pub fn open(path: &Path) -> Result<Self, TorchScriptError> {
        let io = |source| TorchScriptError::Io {
            path: path.to_owned(),
            source,
        };
        let mut file = File::open(path).map_err(io)?;
        check(path, &file)?;
        let (sha256, length) = hash(&mut file).map_err(io)?;
        Ok(Self {
            path: path.to_owned(),
            sha256,
            file_bytes: Bytes::from_bytes(length),
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The SHA-256 of the file, in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The name of the format.
    pub fn format(&self) -> &'static str {
        "torchscript"
    }

    /// Bytes of the file.
    pub fn file_bytes(&self) -> Bytes {
        self.file_bytes
    }
}

fn check(path: &Path, file: &File) -> Result<(), TorchScriptError> {
    let path = || path.to_owned();
    let archive = zip::ZipArchive::new(file).map_err(|error| TorchScriptError::NotAnArchive {
        path: path(),
        reason: error.to_string(),
    })?;
    let names: Vec<_> = archive.file_names().flatten().collect();
    let has = |part: &str| names.iter().any(|name| name.contains(part));
    match (has("/code/"), has("/constants.pkl"), has("/data.pkl")) {
        (true, true, true) => Ok(()),
        (false, _, true) => Err(TorchScriptError::NoCode { path: path() }),
        (_, _, false) => Err(TorchScriptError::Foreign {
            path: path(),
            lacks: "data.pkl",
        }),
        (true, false, true) => Err(TorchScriptError::Foreign {
            path: path(),
            lacks: "constants.pkl",
        }),
    }
}

fn hash(file: &mut File) -> std::io::Result<(String, u64)> {
    use std::io::Seek;
    file.rewind()?;
    let mut hash = Sha256::new();
    let mut length = 0;
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk)? {
            0 => break,
            count => {
                hash.update(&chunk[..count]);
                length += count as u64;
            }
        }
    }
    let digest = hash.finalize();
    Ok((
        digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        length,
    ))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn archive(folder: &Path, members: &[&str]) -> PathBuf {
        let path = folder.join("model.pt");
        let mut writer = zip::ZipWriter::new(File::create(&path).expect("a file"));
        let stored = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored);
        for member in members {
            writer.start_file(*member, stored).expect("a member");
            writer.write_all(b"content").expect("writes");
        }
        writer.finish().expect("finishes");
        path
    }

    const MODULE: [&str; 4] = [
        "m/data.pkl",
        "m/code/__torch__.py",
        "m/constants.pkl",
        "m/version",
    ];

    fn refusal(path: &Path) -> String {
        TorchScript::open(path).expect_err("refused").to_string()
    }

    #[test]
    fn a_module_is_recognised_and_hashed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = archive(folder.path(), &MODULE);
        assert!(TorchScript::is_meant(&path));
        let module = TorchScript::open(&path).expect("a module");
        let bytes = std::fs::read(&path).expect("reads");
        assert_eq!(module.file_bytes().as_bytes(), bytes.len() as u64);
        let expected: String = Sha256::digest(&bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(module.sha256(), expected);
    }

    #[test]
    fn weights_without_code_are_told_from_a_module() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = archive(folder.path(), &["m/data.pkl", "m/data/0", "m/version"]);
        assert!(refusal(&path).contains("weights without code"));
        let foreign = archive(folder.path(), &["a.txt"]);
        assert!(refusal(&foreign).contains("no data.pkl"));
    }

    #[test]
    fn what_is_cut_off_or_no_archive_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = archive(folder.path(), &MODULE);
        let bytes = std::fs::read(&path).expect("reads");
        std::fs::write(&path, &bytes[..bytes.len() / 2]).expect("writes");
        assert!(TorchScript::is_meant(&path));
        assert!(refusal(&path).contains("is no TorchScript file"));
        std::fs::write(&path, b"text").expect("writes");
        assert!(TorchScript::is_meant(&path), "by its name");
        assert!(refusal(&path).contains("is no TorchScript file"));
        assert!(refusal(&folder.path().join("none.pt")).contains("cannot read"));
    }

    #[test]
    fn an_onnx_file_is_not_meant_to_be_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model.onnx");
        std::fs::write(&path, b"\x08\x07").expect("writes");
        assert!(!TorchScript::is_meant(&path));
        assert!(!TorchScript::is_meant(&folder.path().join("none.onnx")));
    }
}
