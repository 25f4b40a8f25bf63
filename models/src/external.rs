//! Weights in files beside the model, and the fence that keeps the paths within the model's folder.

use std::collections::HashMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;

use crate::proto::StringStringEntryProto;
use crate::read::ModelError;

const COPY: &str = "put the file into the model's folder";

/// The data files of one model, each read whole, once.
#[derive(Debug, Default)]
pub(crate) struct External {
    folder: Option<PathBuf>,
    files: Vec<Bytes>,
    by_path: HashMap<PathBuf, usize>,
}

impl External {
    /// For a model whose data files lie in `folder`; `None` for a model that came as bytes and can have none.
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        Self {
            folder,
            ..Self::default()
        }
    }

    /// The files read so far, in order of first use.
    pub(crate) fn into_files(self) -> Vec<Bytes> {
        self.files
    }

    /// The bytes of tensor `value` that `entries` point to; `need` of them where no length is given.
    ///
    /// # Errors
    /// [`ModelError::External`] where the file is missing, outside the folder, or too short.
    pub(crate) fn data(
        &mut self,
        value: &str,
        entries: &[StringStringEntryProto],
        need: u64,
    ) -> Result<Bytes, ModelError> {
        let reference = Reference::new(value, entries, need)?;
        let file = self.file(&reference)?;
        let end = reference.offset.checked_add(reference.length);
        match end {
            Some(end) if end <= file.len() as u64 => {
                Ok(file.slice(reference.offset as usize..end as usize))
            }
            _ => Err(reference.error(
                format!(
                    "bytes {} to {} are wanted of a file of {}",
                    reference.offset,
                    reference.offset.saturating_add(reference.length),
                    file.len()
                ),
                "copy or download the file again",
            )),
        }
    }

    fn file(&mut self, reference: &Reference<'_>) -> Result<Bytes, ModelError> {
        let path = self.path(reference)?;
        if let Some(known) = self.by_path.get(&path) {
            return Ok(self.files[*known].clone());
        }
        let read = || {
            if !fs::metadata(&path)?.is_file() {
                return Err(std::io::Error::other("not a regular file"));
            }
            fs::read(&path)
        };
        let bytes = Bytes::from(read().map_err(|error| reference.error(error.to_string(), COPY))?);
        self.by_path.insert(path, self.files.len());
        self.files.push(bytes.clone());
        Ok(bytes)
    }

    fn path(&self, reference: &Reference<'_>) -> Result<PathBuf, ModelError> {
        let folder = self.folder.as_deref().ok_or_else(|| {
            reference.error(
                "the model came as bytes, without a folder".to_owned(),
                "open the model by its path",
            )
        })?;
        let location = Path::new(reference.location);
        let inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        if reference.location.is_empty() || !location.components().all(inside) {
            return Err(reference.error("the path leaves the model's folder".to_owned(), COPY));
        }
        let resolve = || {
            Ok((
                folder.canonicalize()?,
                folder.join(location).canonicalize()?,
            ))
        };
        let (folder, file) =
            resolve().map_err(|error: std::io::Error| reference.error(error.to_string(), COPY))?;
        if !file.starts_with(&folder) {
            return Err(reference.error("a link leaves the model's folder".to_owned(), COPY));
        }
        Ok(file)
    }
}

struct Reference<'p> {
    value: &'p str,
    location: &'p str,
    offset: u64,
    length: u64,
}

impl<'p> Reference<'p> {
    fn new(
        value: &'p str,
        entries: &'p [StringStringEntryProto],
        need: u64,
    ) -> Result<Self, ModelError> {
        let entry = |key: &str| {
            let found = entries
                .iter()
                .find(|entry| entry.key.as_deref() == Some(key));
            found.and_then(|entry| entry.value.as_deref())
        };
        let mut reference = Self {
            value,
            location: entry("location").unwrap_or(""),
            offset: 0,
            length: need,
        };
        let number = |key: &str, default: u64| match entry(key) {
            None => Ok(default),
            Some(text) => text.trim().parse().map_err(|_| {
                let problem = format!("its {key} '{text}' is not a number");
                reference.error(problem, "export the model again")
            }),
        };
        let (offset, length) = (number("offset", 0)?, number("length", need)?);
        (reference.offset, reference.length) = (offset, length);
        Ok(reference)
    }

    fn error(&self, problem: String, remedy: &'static str) -> ModelError {
        ModelError::External {
            value: self.value.to_owned(),
            location: self.location.to_owned(),
            problem,
            remedy,
        }
    }
}
