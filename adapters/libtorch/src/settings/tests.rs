//! Every option: its default, its refusal, and what a cell makes of it.

use std::path::PathBuf;

use super::*;

fn options(pairs: &[(&str, &str)]) -> Options {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

fn request(pairs: &[(&str, &str)], device: Device) -> LoadRequest {
    LoadRequest {
        options: options(pairs),
        device,
        ..LoadRequest::new(PathBuf::from("model.onnx"), Vec::new(), Vec::new())
    }
}

fn refusal(pairs: &[(&str, &str)]) -> String {
    Settings::read(&options(pairs))
        .expect_err("refused")
        .to_string()
}

#[test]
fn defaults_are_those_of_a_careful_user_and_all_are_told() {
    let eager = Settings::read(&Options::new()).expect("no options");
    assert_eq!(
        eager.facts().options,
        options(&[
            ("cudnn_benchmark", "false"),
            ("cudnn_deterministic", "false"),
            ("inference_mode", "true"),
            ("mkldnn", "true"),
            ("mode", "eager"),
            ("tf32", "false"),
        ])
    );
    let script = Settings::read(&options(&[("mode", "script")])).expect("known");
    let told = script.facts().options;
    assert_eq!((told["mode"].as_str(), told.len()), ("script", 8));
    assert_eq!(
        (told["freeze"].as_str(), told["optimize"].as_str()),
        ("true", "true")
    );
    let plain = Settings::read(&options(&[("mode", "script"), ("mkldnn", "false")]));
    let told = plain.expect("known").facts().options;
    assert_eq!(
        (told["freeze"].as_str(), told["optimize"].as_str()),
        ("true", "false")
    );
}

#[test]
fn every_option_is_read() {
    let settings = Settings::read(&options(&[
        ("cudnn_benchmark", "true"),
        ("cudnn_deterministic", "true"),
        ("freeze", "false"),
        ("inference_mode", "false"),
        ("mkldnn", "false"),
        ("mode", "script"),
        ("tf32", "true"),
    ]));
    let expected = Settings {
        mode: Mode::Script(Preparation {
            freeze: false,
            optimize: false,
        }),
        inference: false,
        switches: Switches {
            mkldnn: false,
            tf32: true,
            cudnn_benchmark: true,
            cudnn_deterministic: true,
        },
    };
    assert_eq!(settings, Ok(expected));
}

#[test]
fn what_does_nothing_or_is_unknown_is_refused() {
    assert_eq!(
        refusal(&[("mode", "traced")]),
        "adapter 'libtorch' refuses option 'mode=traced': use eager or script"
    );
    assert_eq!(
        refusal(&[("freeze", "true")]),
        "adapter 'libtorch' refuses option 'freeze=true': it prepares TorchScript: add mode=script"
    );
    assert_eq!(
        refusal(&[
            ("mode", "script"),
            ("freeze", "false"),
            ("optimize", "true")
        ]),
        "adapter 'libtorch' refuses option 'optimize=true': only a frozen module is optimised: leave freeze=false out"
    );
    assert_eq!(
        refusal(&[
            ("mode", "script"),
            ("mkldnn", "false"),
            ("optimize", "true")
        ]),
        "adapter 'libtorch' refuses option 'optimize=true': libtorch then lays weights out for oneDNN all the same: leave mkldnn=false out"
    );
    assert_eq!(
        refusal(&[("mkldnn", "on")]),
        "adapter 'libtorch' refuses option 'mkldnn=on': write true or false"
    );
    assert!(refusal(&[("threads", "2")]).contains("unknown; use mode, inference_mode, mkldnn"));
}

#[test]
fn options_of_a_gpu_are_refused_on_the_cpu() {
    for key in ["tf32", "cudnn_benchmark", "cudnn_deterministic"] {
        let refusal = Settings::of(&request(&[(key, "true")], Device::Cpu)).expect_err("no GPU");
        assert_eq!(
            refusal.to_string(),
            format!(
                "adapter 'libtorch' refuses option '{key}=true': it changes what a GPU does: ask for --device cuda:0"
            )
        );
        assert!(Settings::of(&request(&[(key, "false")], Device::Cpu)).is_ok());
        assert!(Settings::of(&request(&[(key, "true")], Device::Cuda(0))).is_ok());
    }
}

#[test]
fn a_precision_of_tf32_is_the_option_and_must_not_contradict_it() {
    let with = |pairs: &[(&str, &str)], precision| {
        Settings::of(&LoadRequest {
            precision,
            ..request(pairs, Device::Cuda(0))
        })
        .map(|settings| settings.switches.tf32)
    };
    assert_eq!(with(&[], Some(Precision::Tf32)), Ok(true));
    assert_eq!(with(&[], None), Ok(false));
    assert_eq!(with(&[("tf32", "true")], Some(Precision::Fp16)), Ok(true));
    assert_eq!(with(&[("tf32", "true")], Some(Precision::Tf32)), Ok(true));
    for (value, precision) in [("true", Precision::Fp32), ("false", Precision::Tf32)] {
        let refusal = with(&[("tf32", value)], Some(precision)).expect_err("contradicts");
        assert!(
            refusal.to_string().contains("--precision says otherwise"),
            "{refusal}"
        );
    }
}

#[test]
fn tf32_is_refused_on_the_cpu() {
    let refusal = Settings::of(&LoadRequest {
        precision: Some(Precision::Tf32),
        ..request(&[], Device::Cpu)
    });
    let refusal = refusal.expect_err("no GPU").to_string();
    assert!(refusal.contains("tf32 on a GPU only"), "{refusal}");
}

#[test]
fn a_torchscript_file_is_executed_as_torchscript() {
    let file = |pairs| LoadRequest {
        format: ModelFormat::TorchScript,
        ..request(pairs, Device::Cpu)
    };
    let eager = Settings::of(&file(&[("mode", "eager")])).expect_err("eager");
    assert!(
        eager.to_string().ends_with("leave mode=eager out"),
        "{eager}"
    );
    let of_itself = Settings::of(&file(&[])).expect("script");
    assert!(matches!(of_itself.mode, Mode::Script(_)));
    assert_eq!(Settings::of(&file(&[("mode", "script")])), Ok(of_itself));
}

#[test]
fn the_version_is_the_one_that_the_binding_is_made_for() {
    let manifest = include_str!("../../../../Cargo.toml");
    let bindings = [("tch = { version = \"=0.24.0\"", "2.11.0")];
    let pinned = bindings.iter().find(|(line, _)| manifest.contains(line));
    assert_eq!(pinned.map(|(_, version)| *version), Some(crate::VERSION));
    assert_eq!(shim::version(), crate::VERSION);
}
