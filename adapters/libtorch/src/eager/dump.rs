//! Scratch.
use tare_models::{zoo::{self, Form}, *};
use super::lower::program;
use crate::lower::{Scope, Target};
#[test]
fn dump() {
    for (name, sizes) in [("minilm-l6:layers=1", vec![("seq", 8usize), ("batch", 1)]), ("gpt2:layers=1,vocab=100", vec![("seq", 8), ("batch", 1)]), ("resnet-18", vec![]), ("vit-b-32:layers=1", vec![])] {
        let a = zoo::find(name).unwrap();
        let bytes = { let d = tempfile::tempdir().unwrap(); let p = d.path().join("m"); build::write(&a.build(7, Form::Full), &p).unwrap(); std::fs::read(p).unwrap() };
        let model = Model::from_bytes(bytes).unwrap();
        let mut symbols: std::collections::BTreeMap<String, usize> = a.symbols(Form::Full).into_iter().map(|(a, b)| (a.to_owned(), b)).collect();
        for (k, v) in sizes { symbols.insert(k.to_owned(), v); }
        let specs = bind(model.graph(), &ShapeRequest { batch: None, symbols }).unwrap();
        let mut resolved = resolve(model.graph(), &specs).unwrap();
        println!("== {name}: {} nodes", resolved.graph.nodes.len());
        crate::rewrite::rewrite(&mut resolved);
        let scope = Scope::new(&resolved.graph, &resolved, Target { device: tch::Device::Cpu, float: tch::Kind::Float });
        let program = program(&scope).unwrap();
        println!("   {} steps, {} calls", program.steps.len(), program.calls);
        for step in &program.steps { println!("     {}", step.name); }
    }
}
