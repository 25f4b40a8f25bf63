//! The zoo's facts against the counts that its papers and tools publish.

use bytes::Bytes;

use super::{Class, Facts};
use crate::external::External;
use crate::proto::ModelProto;
use crate::read::convert;
use crate::resolve::{Resolved, resolve};
use crate::zoo::{Form, find};
use crate::{Graph, ShapeRequest, bind};

/// A model without weights gets zeros, which all share one allocation.
fn with_zeros(mut proto: ModelProto, zeros: &Bytes) -> ModelProto {
    let graph = proto.graph.as_mut().expect("a graph");
    for tensor in &mut graph.initializer {
        let elements: i64 = tensor.dims.iter().product();
        if tensor.raw_data.is_none() {
            let length = usize::try_from(elements).expect("a size") * 4;
            tensor.raw_data = Some(zeros.slice(..length));
        }
    }
    proto
}

fn graph(name: &str, zeros: &Bytes) -> Graph {
    let outline = find(name).expect("in the zoo").outline(Form::Full);
    convert(&with_zeros(outline, zeros), &mut External::new(None)).expect("readable")
}

fn resolved(name: &str, sizes: &[(&str, usize)]) -> Resolved {
    let zeros = Bytes::from(vec![0; 200 << 20]);
    let graph = graph(name, &zeros);
    let symbols = find(name).expect("in the zoo").symbols(Form::Full);
    let symbols = symbols.into_iter().chain(sizes.iter().copied());
    let request = ShapeRequest {
        batch: None,
        symbols: symbols
            .map(|(symbol, size)| (symbol.to_owned(), size))
            .collect(),
    };
    resolve(&graph, &bind(&graph, &request).expect("sizes fit")).expect("the model fits")
}

fn facts(name: &str) -> Facts {
    Facts::of(&resolved(name, &[]))
}

#[test]
fn print_all() {
    for entry in crate::zoo::list() {
        if !["bert-base", "minilm-l6", "mobilebert"].contains(&entry.name) {
            continue;
        }
        let zeros = Bytes::from(vec![0; 200 << 20]);
        let graph = graph(entry.name, &zeros);
        let request = ShapeRequest {
            batch: None,
            symbols: find(entry.name)
                .expect("x")
                .symbols(Form::Full)
                .into_iter()
                .map(|(s, n)| (s.to_owned(), n))
                .collect(),
        };
        let specs = bind(&graph, &request).expect("x");
        let t = std::time::Instant::now();
        let resolved = resolve(&graph, &specs).expect("x");
        println!("TIME resolve {:?}", t.elapsed());
        let t = std::time::Instant::now();
        let _ = Facts::of(&resolved);
        println!("TIME facts {:?}", t.elapsed());
        let facts = Facts::of(&resolved);
        println!(
            "{} {:?} params {} ({}) ops {} flops {} macs {} linear {} paper {} unknown {:?} unresolved {:?}",
            entry.name,
            find(entry.name).expect("x").symbols(Form::Full),
            facts.parameters,
            entry.parameters,
            facts.operators,
            facts.flops,
            facts.macs,
            facts.macs_linear,
            facts.macs_paper,
            facts.unknown_cost,
            resolved.unresolved
        );
        println!("{}", super::render(&facts, false));
    }
}
