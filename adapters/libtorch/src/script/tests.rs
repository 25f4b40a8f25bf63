//! TorchScript files, good and bad, and graphs that cannot be traced.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use tare_adapter_api::{
    Adapter, DataType, Device, LoadRequest, ModelFormat, Precision, Tensor as HostTensor,
    TensorSpec,
};
use tare_models::Dim;
use tare_models::build::{Builder, Value, Weights, write};
use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::model::ScriptModel;
use crate::Libtorch;
use crate::settings::Settings;
use crate::shim::Module;

const SUM: &str = "def forward(self, x, y):\n    return x + y";

/// A folder with `model.pt`, and a request for it with inputs of two floats each.
struct Saved {
    _folder: TempDir,
    request: LoadRequest,
}

impl Saved {
    fn new(source: &str, inputs: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model.pt");
        let module = Module::define(source).expect("compiles");
        module.save(&path).expect("writes");
        let spec = |index| TensorSpec {
            name: format!("input {index}"),
            dtype: DataType::F32,
            shape: vec![2],
        };
        let inputs = (0..inputs).map(spec).collect();
        Self {
            request: LoadRequest {
                format: ModelFormat::TorchScript,
                options: [("mode".to_owned(), "script".to_owned())].into(),
                ..LoadRequest::new(path, inputs, Vec::new())
            },
            _folder: folder,
        }
    }

    fn path(&self) -> &Path {
        &self.request.model
    }

    /// Of three requests with the same inputs, the last one's outputs once the inputs are gone.
    fn outputs(&self, inputs: Vec<HostTensor>) -> Vec<HostTensor> {
        let loaded = Libtorch.load(&self.request).expect("loads");
        let mut session = loaded.session().expect("a session");
        for _ in 0..3 {
            session.run(&inputs).expect("runs");
        }
        drop(inputs);
        session.outputs().expect("outputs")
    }

    fn refusal(&self) -> String {
        self.refusal_of(|_| ())
    }

    fn refusal_of(&self, change: impl FnOnce(&mut LoadRequest)) -> String {
        let mut request = self.request.clone();
        change(&mut request);
        let refused = Libtorch.load(&request).map(|_| ()).expect_err("refused");
        let said = refused.to_string();
        assert_eq!(said.lines().count(), 1, "{said}");
        said.replace(&format!("'{}'", self.path().display()), "FILE")
    }
}

fn floats(values: [f32; 2]) -> HostTensor {
    HostTensor::from_values(vec![2], values.to_vec()).expect("fits")
}

#[test]
fn a_file_gives_its_outputs_as_they_come() {
    let source =
        "def forward(self, x, y):\n    return x + y, {\"larger\": x > y, \"at\": torch.argmax(x)}";
    let outputs = Saved::new(source, 2).outputs(vec![floats([1.0, 5.0]), floats([2.0, 3.0])]);
    let larger = HostTensor::from_bools(vec![2], &[false, true]).expect("fits");
    let at = HostTensor::from_values(vec![], vec![1i64]).expect("fits");
    assert_eq!(outputs, [floats([3.0, 8.0]), larger, at]);
}

#[test]
fn an_element_type_without_a_name_is_an_error_of_its_output() {
    let saved = Saved::new(
        "def forward(self, x):\n    return x, torch.complex(x, x)",
        1,
    );
    let loaded = Libtorch.load(&saved.request).expect("loads");
    let mut session = loaded.session().expect("a session");
    session.run(&[floats([1.0, 2.0])]).expect("runs");
    let error = session.outputs().expect_err("complex").to_string();
    assert_eq!(
        error,
        "the request failed: output 1 has an element type that ONNX has no name for"
    );
}

#[test]
fn inputs_stay_as_they_are_where_a_module_writes_to_its_own() {
    let saved = Saved::new("def forward(self, x):\n    return x.add_(1.0)", 1);
    let input = floats([1.0, 2.0]);
    assert_eq!(saved.outputs(vec![input.clone()]), [floats([2.0, 3.0])]);
    assert_eq!(input, floats([1.0, 2.0]));
}

#[test]
fn outputs_outlive_the_inputs_that_they_are() {
    let saved = Saved::new("def forward(self, x):\n    return x, x[1:]", 1);
    let last = HostTensor::from_values(vec![1], vec![2.0f32]).expect("fits");
    let outputs = saved.outputs(vec![floats([1.0, 2.0])]);
    assert_eq!(outputs, [floats([1.0, 2.0]), last]);
}

#[test]
fn sessions_take_turns_with_a_module_that_keeps_values() {
    let model = |source| {
        let saved = Saved::new(source, 1);
        let module = super::file::read(&saved.request).expect("reads");
        let settings = Settings::of(&saved.request).expect("known");
        ScriptModel::new(module, None, &saved.request, settings).expect("a model")
    };
    let keeps = model("def forward(self, x):\n    self.training = x.size(0) > 1\n    return x");
    assert!(keeps.turn.is_some());
    let reads = model("def forward(self, x):\n    return x + 1.0");
    assert!(reads.turn.is_none());
}

#[test]
fn a_module_that_fails_says_why_in_a_line() {
    let saved = Saved::new("def forward(self, x):\n    return x.reshape([3])", 1);
    let loaded = Libtorch.load(&saved.request).expect("loads");
    let mut session = loaded.session().expect("a session");
    let error = session
        .run(&[floats([1.0, 2.0])])
        .expect_err("two are not three");
    assert_eq!(
        error.to_string(),
        "the request failed: shape '[3]' is invalid for input of size 2"
    );
    assert!(session.outputs().is_err());
}

#[test]
fn each_bad_file_has_its_own_error() {
    let saved = Saved::new(SUM, 2);
    let whole = fs::read(saved.path()).expect("reads");
    let refusal = |bytes: &[u8]| {
        fs::write(saved.path(), bytes).expect("writes");
        saved.refusal()
    };
    for bytes in [&b"this is no model"[..], b"", b"PK"] {
        assert_eq!(
            refusal(bytes),
            "cannot load the model: FILE: it is no TorchScript: such a file is a zip archive; write it with torch.jit.save"
        );
    }
    for length in [4, whole.len() / 2, whole.len() - 10] {
        let said = refusal(&whole[..length]);
        assert!(
            said.starts_with("cannot load the model: FILE: the file is cut short or damaged ("),
            "{said}"
        );
    }
    assert_eq!(
        refusal(&without(&whole, "/code/")),
        "cannot load the model: FILE: it holds no code, so that nothing says what to execute: write it anew with torch.jit.save"
    );
    assert_eq!(
        refusal(&archive(&[
            ("weights/version", b"3\n"),
            ("weights/data.pkl", b"\x80\x02}q\x00.")
        ])),
        "cannot load the model: FILE: it holds no TorchScript but what torch.save or torch.export wrote: write it with torch.jit.save"
    );
    let mut code = whole.clone();
    let at = find(&code, b"torch.add").expect("its code");
    code[at..at + 9].copy_from_slice(b"torch.ad_");
    assert!(refusal(&code).contains("FILE: "), "{}", saved.refusal());
    fs::remove_file(saved.path()).expect("removes");
    assert!(
        saved
            .refusal()
            .ends_with("FILE: No such file or directory (os error 2)")
    );
}

#[test]
fn a_module_that_does_not_fit_the_cell_is_refused() {
    let saved = Saved::new(SUM, 1);
    assert_eq!(
        saved.refusal(),
        "cannot load the model: FILE: its module takes 2 tensors but 1 inputs were given: give as many --input, or the other arguments of forward a default"
    );
    let optional = "def forward(self, x, y: Optional[Tensor] = None):\n    return x";
    assert!(
        Saved::new(optional, 3)
            .refusal()
            .contains("takes 1 to 2 tensors but 3 inputs")
    );
    let number = Saved::new("def forward(self, x, n: int):\n    return x + n", 2);
    assert!(
        number.refusal().contains(
            "its input 'n' is a int, not a tensor: give that argument of forward a default"
        )
    );
    assert!(
        saved
            .refusal_of(|request| {
                let mode = ("mode".to_owned(), "eager".to_owned());
                request.options = [mode].into();
            })
            .ends_with("leave mode=eager out")
    );
    let cuda = saved.refusal_of(|request| request.device = Device::Cuda(0));
    assert!(cuda.contains("there is no cuda:0"), "{cuda}");
    let half = saved.refusal_of(|request| request.precision = Some(Precision::Fp16));
    assert!(half.contains("in its own precision"), "{half}");
}

#[test]
fn what_a_trace_would_freeze_is_refused() {
    let refusal = |make: fn(&mut Builder) -> Value| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model.onnx");
        let mut graph = Builder::new("graph", Weights::Absent);
        let name = make(&mut graph);
        graph.output("y", &name, &[Dim::Symbol("n".to_owned())]);
        write(&graph.finish(), &path).expect("writes");
        let spec = TensorSpec {
            name: "x".to_owned(),
            dtype: DataType::I64,
            shape: vec![2],
        };
        let mut request = LoadRequest::new(PathBuf::from(&path), vec![spec], Vec::new());
        let eager = Libtorch.load(&request).map(|_| ());
        assert_eq!(eager, Ok(()));
        request
            .options
            .insert("mode".to_owned(), "script".to_owned());
        Libtorch
            .load(&request)
            .map(|_| ())
            .expect_err("refused")
            .to_string()
    };
    let open = refusal(|graph| {
        let x = graph.input("x", DataType::I64, &[Dim::Fixed(2)]);
        graph.op("NonZero", &[&x])
    });
    assert!(
        open.contains("depends on what the inputs hold; ask for libtorch:mode=eager"),
        "{open}"
    );
    let read = refusal(|graph| {
        let x = graph.input("x", DataType::I64, &[Dim::Fixed(2)]);
        let zero = graph.scalar(0.0);
        let one = graph.op("ConstantOfShape", &[&x]);
        graph.op("Add", &[&one, &zero])
    });
    assert!(read.contains("ask for libtorch:mode=eager"), "{read}");
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// The archive less the files whose name holds `part`.
fn without(archive: &[u8], part: &str) -> Vec<u8> {
    let mut archive = ZipArchive::new(std::io::Cursor::new(archive)).expect("an archive");
    let mut kept = Vec::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).expect("a file");
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("reads");
        let name = file.name().expect("a name").into_owned();
        if !name.contains(part) {
            kept.push((name, bytes));
        }
    }
    let kept: Vec<(&str, &[u8])> = kept
        .iter()
        .map(|(name, bytes)| (name.as_str(), &bytes[..]))
        .collect();
    self::archive(&kept)
}

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let stored =
            SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        writer.start_file(*name, stored).expect("starts");
        writer.write_all(bytes).expect("writes");
    }
    writer.finish().expect("ends").into_inner()
}
