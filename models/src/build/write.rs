//! Writes a model to a file without a second copy of its weights in memory, and never leaves half a file.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use prost::Message;

use crate::proto::{GraphProto, ModelProto, TensorProto};

const GRAPH_OF_MODEL: u32 = 7;
const INITIALIZER_OF_GRAPH: u32 = 5;
const RAW_DATA_OF_TENSOR: u32 = 9;

/// Why a model was not written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the model to {path}: {source}; {remedy}", path = path.display())]
pub struct WriteError {
    /// Where it should have gone.
    pub path: PathBuf,
    /// What the operating system said.
    pub source: io::Error,
    remedy: String,
}

/// Writes `model` to `path`: into a temporary file beside it, which is then renamed.
///
/// # Errors
/// Where the folder is missing or cannot be written, or the disk is full; `path` is then what it was before.
pub fn write(model: &ModelProto, path: &Path) -> Result<(), WriteError> {
    let temporary = beside(path);
    let done = create(model, &temporary).and_then(|()| std::fs::rename(&temporary, path));
    done.map_err(|source| {
        let _ = std::fs::remove_file(&temporary);
        WriteError {
            path: path.into(),
            remedy: remedy(&source, model),
            source,
        }
    })
}

fn create(model: &ModelProto, path: &Path) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    encode(model, &mut file)?;
    file.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok(())
}

fn beside(path: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}-{count}.partial", std::process::id()));
    path.with_file_name(name)
}

fn remedy(source: &io::Error, model: &ModelProto) -> String {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            format!(
                "it needs {} bytes, free some space or choose another folder",
                model.encoded_len()
            )
        }
        io::ErrorKind::NotFound => "create the folder first".into(),
        _ => "choose a file in a folder that you may write".into(),
    }
}

fn encode(model: &ModelProto, out: &mut impl Write) -> io::Result<()> {
    let mut head = model.clone();
    let graph = head.graph.take();
    out.write_all(&head.encode_to_vec())?;
    match graph {
        Some(graph) => encode_graph(graph, out),
        None => Ok(()),
    }
}

fn encode_graph(mut graph: GraphProto, out: &mut impl Write) -> io::Result<()> {
    field(GRAPH_OF_MODEL, graph.encoded_len(), out)?;
    let tensors = std::mem::take(&mut graph.initializer);
    out.write_all(&graph.encode_to_vec())?;
    tensors.into_iter().try_for_each(|tensor| {
        field(INITIALIZER_OF_GRAPH, tensor.encoded_len(), out)?;
        encode_tensor(tensor, out)
    })
}

fn encode_tensor(mut tensor: TensorProto, out: &mut impl Write) -> io::Result<()> {
    let data = tensor.raw_data.take();
    out.write_all(&tensor.encode_to_vec())?;
    if let Some(data) = data {
        field(RAW_DATA_OF_TENSOR, data.len(), out)?;
        out.write_all(&data)?;
    }
    Ok(())
}

fn field(number: u32, length: usize, out: &mut impl Write) -> io::Result<()> {
    let mut key = Vec::with_capacity(12);
    prost::encoding::encode_key(number, prost::encoding::WireType::LengthDelimited, &mut key);
    prost::encoding::encode_varint(length as u64, &mut key);
    out.write_all(&key)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_told_with_the_space_that_is_needed() {
        let model = ModelProto {
            domain: Some("four".into()),
            ..Default::default()
        };
        let error = encode(&model, &mut Full).expect_err("full");
        assert_eq!(
            remedy(&error, &model),
            "it needs 6 bytes, free some space or choose another folder"
        );
    }

    #[test]
    fn temporary_files_stand_beside_the_target_and_never_meet() {
        let (one, two) = (beside(Path::new("a/b.onnx")), beside(Path::new("a/b.onnx")));
        assert_ne!(one, two);
        assert_eq!(one.parent(), Some(Path::new("a")));
    }
}
