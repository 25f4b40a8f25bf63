//! Files of outputs, as safetensors: written whole by workers, read piece by piece by the parent.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use safetensors::tensor::{Dtype, Metadata, View, serialize_to_file};
use tare_adapter_api::{DataType, OutputSpec, Tensor};
use tare_units::Bytes;

/// Outputs that take more are not kept.
pub const MOST_BYTES: Bytes = Bytes::from_mib(1024);
/// A header beyond this is none of ours.
const LONGEST_HEADER: u64 = 16 << 20;

/// Names for `count` outputs: as declared where that is unique, else by place.
pub fn names(specs: &[OutputSpec], count: usize) -> Vec<String> {
    let declared = |place: usize| specs.get(place).map(|spec| spec.name.as_str());
    let unique = |name: &str| specs.iter().filter(|spec| spec.name == name).count() == 1;
    (0..count)
        .map(|place| match declared(place).filter(|name| unique(name)) {
            Some(name) => name.to_owned(),
            None => format!("output {place}"),
        })
        .collect()
}

/// Writes `outputs` to `path`, there whole or not at all.
///
/// # Errors
/// In words, where they are too large or the file cannot be written.
pub fn write(path: &Path, specs: &[OutputSpec], outputs: &[Tensor]) -> Result<(), String> {
    let bytes = outputs
        .iter()
        .map(|output| output.bytes().len() as u64)
        .sum();
    if bytes > MOST_BYTES.as_bytes() {
        return Err(too_large(Bytes::from_bytes(bytes)));
    }
    let names = names(specs, outputs.len());
    let raw: HashMap<String, String> = names
        .iter()
        .zip(outputs)
        .filter(|(_, output)| dtype_of(output.dtype()).is_none())
        .map(|(name, output)| (name.clone(), described(output)))
        .collect();
    let raw = Some(raw).filter(|raw| !raw.is_empty());
    let views = outputs.iter().map(Output::of);
    serialize_to_file(names.iter().zip(views), raw, path)
        .map_err(|error| format!("cannot write the outputs to {}: {error}", path.display()))
}

/// Why outputs of this size are not compared.
pub fn too_large(bytes: Bytes) -> String {
    format!("the outputs of a request take {bytes}: over {MOST_BYTES} they are not compared")
}

/// Type and shape for what the format has no type for.
fn described(output: &Tensor) -> String {
    serde_json::to_string(&(output.dtype(), output.shape())).unwrap_or_default()
}

const DTYPES: [(DataType, Dtype); 19] = [
    (DataType::Bool, Dtype::BOOL),
    (DataType::U8, Dtype::U8),
    (DataType::I8, Dtype::I8),
    (DataType::U16, Dtype::U16),
    (DataType::I16, Dtype::I16),
    (DataType::U32, Dtype::U32),
    (DataType::I32, Dtype::I32),
    (DataType::U64, Dtype::U64),
    (DataType::I64, Dtype::I64),
    (DataType::F16, Dtype::F16),
    (DataType::Bf16, Dtype::BF16),
    (DataType::F32, Dtype::F32),
    (DataType::F64, Dtype::F64),
    (DataType::Complex64, Dtype::C64),
    (DataType::F8E4M3Fn, Dtype::F8_E4M3),
    (DataType::F8E4M3Fnuz, Dtype::F8_E4M3FNUZ),
    (DataType::F8E5M2, Dtype::F8_E5M2),
    (DataType::F8E5M2Fnuz, Dtype::F8_E5M2FNUZ),
    (DataType::F8E8M0, Dtype::F8_E8M0),
];

fn dtype_of(dtype: DataType) -> Option<Dtype> {
    let mut known = DTYPES.iter();
    known
        .find(|(own, _)| *own == dtype)
        .map(|(_, theirs)| *theirs)
}

/// A tensor as the format takes it: of a type that it does not know, bytes.
struct Output<'a> {
    dtype: Dtype,
    shape: Cow<'a, [usize]>,
    bytes: &'a [u8],
}

impl<'a> Output<'a> {
    fn of(tensor: &'a Tensor) -> Self {
        let bytes = tensor.bytes();
        let known = dtype_of(tensor.dtype());
        Self {
            dtype: known.unwrap_or(Dtype::U8),
            shape: match known {
                Some(_) => Cow::Borrowed(tensor.shape()),
                None => Cow::Owned(vec![bytes.len()]),
            },
            bytes,
        }
    }
}

impl View for Output<'_> {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// An open file of outputs.
#[derive(Debug)]
pub struct OutputFile {
    file: File,
    header: Metadata,
    begin: u64,
}

/// One output in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Element type.
    pub dtype: DataType,
    /// Shape.
    pub shape: Vec<usize>,
    /// Where its bytes begin in the file.
    begin: u64,
    /// How many there are.
    pub bytes: u64,
}

impl OutputFile {
    /// Opens the file at `path` and reads what it holds.
    ///
    /// # Errors
    /// In words, where there is none or it holds something else.
    pub fn open(path: &Path) -> Result<Self, String> {
        Self::read(path)
            .map_err(|error| format!("cannot read the outputs in {}: {error}", path.display()))
    }

    fn read(path: &Path) -> std::io::Result<Self> {
        let file = File::open(path)?;
        let mut length = [0; 8];
        file.read_exact_at(&mut length, 0)?;
        let length = u64::from_le_bytes(length);
        if length > LONGEST_HEADER {
            return Err(std::io::Error::other("its header is too long"));
        }
        let mut header = vec![0; length as usize];
        file.read_exact_at(&mut header, 8)?;
        Ok(Self {
            header: serde_json::from_slice(&header)?,
            begin: 8 + length,
            file,
        })
    }

    /// How many outputs it holds.
    pub fn len(&self) -> usize {
        self.header.tensors().len()
    }

    /// The output of this name.
    pub fn find(&self, name: &str) -> Option<Stored> {
        let info = self.header.info(name)?;
        let raw = self
            .header
            .metadata()
            .as_ref()
            .and_then(|raw| raw.get(name));
        let (dtype, shape) = match raw {
            Some(raw) => serde_json::from_str(raw).ok()?,
            None => {
                let mut known = DTYPES.iter();
                let (own, _) = known.find(|(_, theirs)| *theirs == info.dtype)?;
                (*own, info.shape.clone())
            }
        };
        let (begin, end) = info.data_offsets;
        Some(Stored {
            dtype,
            shape,
            begin: self.begin + begin as u64,
            bytes: (end - begin) as u64,
        })
    }

    /// Fills `buffer` from byte `offset` of an output on.
    ///
    /// # Errors
    /// Where the file ends before.
    pub fn read_at(&self, output: &Stored, offset: u64, buffer: &mut [u8]) -> std::io::Result<()> {
        self.file.read_exact_at(buffer, output.begin + offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specs(names: &[&str]) -> Vec<OutputSpec> {
        let spec = |name: &&str| OutputSpec {
            name: (*name).to_owned(),
            dtype: DataType::F32,
        };
        names.iter().map(spec).collect()
    }

    fn tensor(dtype: DataType, shape: &[usize], bytes: &[u8]) -> Tensor {
        Tensor::from_bytes(dtype, shape.to_vec(), bytes.to_vec().into()).expect("fits")
    }

    #[test]
    fn outputs_are_named_as_declared_or_else_by_their_place() {
        assert_eq!(names(&specs(&["y", "z"]), 2), ["y", "z"]);
        assert_eq!(
            names(&specs(&["y", "y", "z"]), 3),
            ["output 0", "output 1", "z"]
        );
        assert_eq!(names(&[], 2), ["output 0", "output 1"]);
    }

    #[test]
    fn an_output_of_every_type_comes_back_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("outputs.safetensors");
        let others = [
            DataType::Complex128,
            DataType::U4,
            DataType::I4,
            DataType::F4E2M1,
        ];
        let dtypes = DTYPES.iter().map(|(dtype, _)| *dtype).chain(others);
        let outputs: Vec<Tensor> = dtypes
            .map(|dtype| {
                let bytes: Vec<u8> = (0..dtype.byte_len(3).expect("numbers") as u8).collect();
                tensor(dtype, &[3, 1], &bytes)
            })
            .collect();
        write(&path, &[], &outputs).expect("writes");
        let file = OutputFile::open(&path).expect("opens");
        assert_eq!(file.len(), outputs.len());
        for (name, output) in names(&[], outputs.len()).iter().zip(&outputs) {
            let stored = file.find(name).expect("is there");
            assert_eq!(
                (stored.dtype, stored.shape.as_slice()),
                (output.dtype(), output.shape())
            );
            let mut bytes = vec![0; stored.bytes as usize];
            file.read_at(&stored, 0, &mut bytes).expect("reads");
            assert_eq!(bytes, output.bytes().as_ref(), "{name}");
        }
        assert_eq!(file.find("output 99"), None);
    }

    #[test]
    fn what_is_no_file_of_outputs_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("outputs.safetensors");
        let error = || OutputFile::open(&path).expect_err("refused");
        assert!(
            error().contains("outputs.safetensors: No such file"),
            "{}",
            error()
        );
        std::fs::write(&path, b"garbage, and some more of it").expect("writes");
        assert!(error().contains("its header is too long"), "{}", error());
        std::fs::write(&path, b"\x02\0\0\0\0\0\0\0[]").expect("writes");
        assert!(
            error().starts_with("cannot read the outputs in"),
            "{}",
            error()
        );
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let path = Path::new("/no/such/folder/outputs.safetensors");
        let error = write(path, &[], &[]).expect_err("no folder");
        assert!(
            error.contains("/no/such/folder/outputs.safetensors"),
            "{error}"
        );
    }
}
