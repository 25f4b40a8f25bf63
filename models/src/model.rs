//! A model: the file, what it says of itself, and the graph read from it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::external::External;
use crate::graph::Graph;
use crate::nested::Subgraph;
use crate::proto::ModelProto;
use crate::read::{self, ModelError};

/// An ONNX model, read and checked; weights are slices of the file's bytes.
#[derive(Debug)]
pub struct Model {
    path: Option<PathBuf>,
    file: Bytes,
    external: Vec<Bytes>,
    proto: ModelProto,
    graph: Graph,
    sha256: OnceLock<String>,
}

impl Model {
    /// Reads the model at `path`, and the data files in its folder that it refers to.
    ///
    /// # Errors
    /// Where it cannot be read, is not ONNX, contradicts itself, or uses what is not supported.
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        let file = Bytes::from(read_file(path)?);
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        Self::read(
            file,
            Some(path.to_owned()),
            External::new(Some(folder.to_owned())),
        )
    }

    /// Reads a model that lies in memory and refers to no other file.
    ///
    /// # Errors
    /// As [`Model::open`].
    pub fn from_bytes(file: impl Into<Bytes>) -> Result<Self, ModelError> {
        Self::read(file.into(), None, External::new(None))
    }

    fn read(
        file: Bytes,
        path: Option<PathBuf>,
        mut external: External,
    ) -> Result<Self, ModelError> {
        let proto = read::decode(&file)?;
        let graph = read::convert(&proto, &mut external)?;
        Ok(Self {
            path,
            file,
            external: external.into_files(),
            proto,
            graph,
            sha256: OnceLock::new(),
        })
    }

    /// The graph, model-local functions inlined.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The graphs within operators, at any depth.
    pub fn subgraphs(&self) -> Vec<Subgraph> {
        self.graph.subgraphs()
    }

    /// The messages of the file, unchanged.
    pub fn proto(&self) -> &ModelProto {
        &self.proto
    }

    /// Where the model was read from; `None` for one from memory.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The SHA-256, in hexadecimal, of the file's bytes followed by those of each data file in order of first use.
    pub fn sha256(&self) -> &str {
        self.sha256.get_or_init(|| {
            let mut hash = Sha256::new();
            hash.update(&self.file);
            for file in &self.external {
                hash.update(file);
            }
            hash.finalize()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect()
        })
    }

    /// The name of the format.
    pub fn format(&self) -> &'static str {
        "onnx"
    }

    /// The version of ONNX's own operator set.
    pub fn opset(&self) -> i64 {
        self.graph.opsets.get("").copied().unwrap_or_default()
    }

    /// Bytes of the file and of its data files.
    pub fn file_bytes(&self) -> tare_units::Bytes {
        let external: usize = self.external.iter().map(Bytes::len).sum();
        tare_units::Bytes::from_bytes((self.file.len() + external) as u64)
    }

    /// Who made the file, such as `pytorch 2.9.0`; `None` where it does not say.
    pub fn producer(&self) -> Option<String> {
        let name = self.proto.producer_name.as_deref().unwrap_or("");
        let version = self.proto.producer_version.as_deref().unwrap_or("");
        let producer = format!("{name} {version}");
        Some(producer.trim().to_owned()).filter(|producer| !producer.is_empty())
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, ModelError> {
    let io = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => ModelError::Missing(path.to_owned()),
        _ => ModelError::Io {
            path: path.to_owned(),
            source,
        },
    };
    let kind = fs::metadata(path).map_err(io)?.file_type();
    if !kind.is_file() {
        return Err(ModelError::NotAFile {
            path: path.to_owned(),
            kind: if kind.is_dir() {
                "folder"
            } else {
                "device or pipe"
            },
        });
    }
    fs::read(path).map_err(io)
}
