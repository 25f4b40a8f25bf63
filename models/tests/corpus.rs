//! Replays the corpus of small models and of files that once did harm: no panic, little time, little memory.

mod small;

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use prost::Message as _;
use tare_models::proto::{FunctionProto, GraphProto, ModelProto};
use tare_models::{Inputs, Model, ShapeRequest, bind, byte_len, free_dimensions, resolve};

const INPUT_BYTES: u64 = 1 << 20;
const FILES: usize = 60;
const FILE_BYTES: u64 = 4096;
const LIMIT: Duration = Duration::from_secs(20);
const MEMORY: u64 = 256 << 20;
const WRITE: &str = "TARE_WRITE_CORPUS";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn files() -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder()).expect("the corpus can be listed");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry"))
        .map(|entry| {
            let name = entry.file_name().into_string().expect("a plain name");
            (name, std::fs::read(entry.path()).expect("readable"))
        })
        .collect();
    files.sort();
    files
}

/// How far a file gets: an error, or the number of sizes for which its inputs were made.
fn replay(bytes: &[u8]) -> Result<usize, String> {
    let model = Model::from_bytes(bytes.to_vec()).map_err(|error| error.to_string())?;
    let mut made = 0;
    for size in 1..=4 {
        let free = free_dimensions(model.graph()).map_err(|error| error.to_string())?;
        let symbols = free.into_iter().map(|free| (free.symbol, size)).collect();
        let request = ShapeRequest {
            batch: None,
            symbols,
        };
        let specs = bind(model.graph(), &request).map_err(|error| error.to_string())?;
        let resolved = resolve(model.graph(), &specs).map_err(|error| error.to_string())?;
        let types = |value| resolved.types.get(&value).cloned();
        let inputs = Inputs::new(&resolved.graph, &specs, &types, 7).map_err(|e| e.to_string())?;
        let bytes = specs
            .iter()
            .filter_map(|spec| byte_len(spec.dtype, &spec.shape));
        if bytes.fold(0, u64::saturating_add) <= INPUT_BYTES {
            assert_eq!(inputs.generate(3), inputs.generate(3));
            made += 1;
        }
    }
    Ok(made)
}

/// The models that the corpus holds as `seed-*`, by name.
fn seeds() -> Vec<(&'static str, ModelProto)> {
    let mut sorted = small::relu();
    sorted.node.insert(0, small::node("Neg", &["y"], &["z"]));
    let mut cyclic = small::relu();
    cyclic.node[0].input[0] = "y".into();
    let mut shape = small::graph(
        vec![
            small::value("x", small::F32, &["n", "?"]),
            small::value("s", small::I64, &["2"]),
        ],
        vec![small::node("Reshape", &["x", "s"], &["y"])],
        vec![small::value("y", small::F32, &["n", "m"])],
    );
    shape.initializer.push(small::ints("unused", &[0], &[]));
    let mut huge = small::relu();
    huge.initializer
        .push(small::floats("w", &[1 << 40], &[1.0]));
    let mut outside = small::relu();
    outside
        .initializer
        .push(small::external("w", 2, "../w.bin", &[]));
    vec![
        ("relu", small::model(small::relu())),
        ("embedding", small::model(small::embedding())),
        ("if", small::model(small::choice())),
        ("unsorted", small::model(sorted)),
        ("reshape", small::model(shape)),
        ("function", with_function()),
        ("bad-cycle", small::model(cyclic)),
        ("bad-huge", small::model(huge)),
        ("bad-outside", small::model(outside)),
    ]
}

fn with_function() -> ModelProto {
    let mut call = small::node("Twice", &["x"], &["y"]);
    call.domain = Some("local".into());
    let graph: GraphProto = small::graph(
        vec![small::value("x", small::F32, &["n"])],
        vec![call],
        vec![small::value("y", small::F32, &["n"])],
    );
    let mut model = small::model(graph);
    model.functions = vec![FunctionProto {
        name: Some("Twice".into()),
        domain: Some("local".into()),
        input: vec!["a".into()],
        output: vec!["b".into()],
        node: vec![small::node("Add", &["a", "a"], &["b"])],
        ..Default::default()
    }];
    model
}

/// The most memory that this process ever held, in bytes; `None` where the system does not say.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

#[test]
fn no_file_of_the_corpus_panics_or_takes_long_or_much_memory() {
    let before = peak_memory();
    for (name, bytes) in files() {
        let (done, wait) = mpsc::channel();
        std::thread::spawn(move || done.send(replay(&bytes).is_ok()));
        let result = wait.recv_timeout(LIMIT);
        assert!(result.is_ok(), "{name}: {result:?}");
    }
    if let (Some(before), Some(after)) = (before, peak_memory()) {
        assert!(after - before <= MEMORY, "{} bytes", after - before);
    }
}

#[test]
fn seeds_that_are_valid_open_and_the_others_do_not() {
    for (name, proto) in seeds() {
        let result = replay(&proto.encode_to_vec());
        assert_eq!(
            result.is_err(),
            name.starts_with("bad-"),
            "{name}: {result:?}"
        );
    }
}

#[test]
fn the_corpus_holds_the_seeds_as_they_are_built() {
    for (name, proto) in seeds() {
        let path = folder().join(format!("seed-{name}.onnx"));
        if std::env::var_os(WRITE).is_some() {
            std::fs::write(&path, proto.encode_to_vec()).expect("written");
        }
        let held = std::fs::read(&path).unwrap_or_default();
        assert_eq!(
            held,
            proto.encode_to_vec(),
            "run once with {WRITE}=1 to renew {name}"
        );
    }
}

#[test]
fn the_corpus_stays_small() {
    let files = files();
    assert!(files.len() <= FILES, "{} files", files.len());
    for (name, bytes) in files {
        assert!(
            bytes.len() as u64 <= FILE_BYTES,
            "{name}: {} bytes",
            bytes.len()
        );
    }
}
