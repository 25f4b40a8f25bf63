//! What the reader says to weights in other files that are missing, short, or outside the model's folder.

mod small;

use std::path::Path;

use prost::Message as _;
use small::{external, model, refusal, relu};
use tare_models::Model;
use tare_models::proto::{GraphProto, TensorProto};

fn with_weight(weight: TensorProto) -> GraphProto {
    let mut graph = relu();
    graph.initializer.push(weight);
    graph
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("written");
    path
}

/// The message with which a model in `folder` with its weight at `location` is refused.
fn external_refusal(folder: &Path, location: &str, more: &[(&str, &str)]) -> String {
    let graph = with_weight(external("w", 2, location, more));
    let path = write(folder, "m.onnx", &model(graph).encode_to_vec());
    Model::open(&path).expect_err("must be refused").to_string()
}

#[test]
fn external_data_stays_within_the_models_folder() {
    let outer = tempfile::tempdir().expect("a folder");
    let folder = outer.path().join("model");
    std::fs::create_dir(&folder).expect("made");
    let secret = write(outer.path(), "secret.bin", &[0; 8]);
    let absolute = secret.to_str().expect("a name");
    for location in ["../secret.bin", absolute, "a/../../secret.bin", ""] {
        assert_eq!(
            external_refusal(&folder, location, &[]),
            format!(
                "external data '{location}' of 'w': the path leaves the model's folder; put the file into the model's folder"
            )
        );
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&secret, folder.join("link.bin")).expect("linked");
        let message = external_refusal(&folder, "link.bin", &[]);
        assert!(
            message.contains("a link leaves the model's folder"),
            "{message}"
        );
    }
}

#[test]
fn external_data_that_is_not_all_there_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    assert!(
        external_refusal(folder, "none.bin", &[])
            .starts_with("external data 'none.bin' of 'w': No such file")
    );
    write(folder, "w.bin", &[0; 8]);
    assert_eq!(
        external_refusal(folder, "w.bin", &[("offset", "4")]),
        "external data 'w.bin' of 'w': bytes 4 to 12 are wanted of a file of 8; copy or download the file again"
    );
    let beyond = external_refusal(folder, "w.bin", &[("offset", &u64::MAX.to_string())]);
    assert!(beyond.contains("are wanted of a file of 8"), "{beyond}");
    let text = external_refusal(folder, "w.bin", &[("length", "many")]);
    assert!(text.contains("its length 'many' is not a number"), "{text}");
    let short = external_refusal(folder, "w.bin", &[("length", "4")]);
    assert!(short.contains("needs 8 bytes but has 4"), "{short}");
    assert!(external_refusal(folder, ".", &[]).contains("not a regular file"));
    let memory = refusal(with_weight(external("w", 2, "w.bin", &[])));
    assert!(
        memory.ends_with("the model came as bytes, without a folder; open the model by its path"),
        "{memory}"
    );
}
