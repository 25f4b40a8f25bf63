//! The zoo's facts against the counts that its papers and tools publish.

use bytes::Bytes;

use super::{Class, Facts};
use crate::external::External;
use crate::proto::ModelProto;
use crate::read::convert;
use crate::resolve::resolve;
use crate::zoo::{Form, find};
use crate::{Graph, ShapeRequest, bind};

/// Parameters, and thousandths of a billion multiply-adds as *The Framework Tax* reports them (without attention's two
/// products; text of 128 tokens, images of 224 × 224).
const PUBLISHED: [(&str, u64, u64); 9] = [
    ("bert-base", 109_482_240, 10_882),
    ("distilbert", 66_362_880, 5_441),
    ("albert-base-v2", 11_683_584, 10_894),
    ("mobilebert", 24_581_888, 2_592),
    ("resnet-18", 11_689_512, 1_824),
    ("resnet-50", 25_557_032, 4_134),
    ("resnet-152", 60_192_808, 11_604),
    ("wide-resnet-50-2", 68_883_240, 11_456),
    ("vit-b-32", 88_224_232, 4_367),
];

/// The model with zeros for weights, which all share one allocation.
fn graph(name: &str) -> Graph {
    let mut proto: ModelProto = find(name).expect("in the zoo").outline(Form::Full);
    let zeros = Bytes::from(vec![0; 160 << 20]);
    for tensor in &mut proto.graph.as_mut().expect("a graph").initializer {
        let elements: i64 = tensor.dims.iter().product();
        let length = usize::try_from(elements).expect("a size") * 4;
        tensor.raw_data.get_or_insert_with(|| zeros.slice(..length));
    }
    convert(&proto, &mut External::new(None)).expect("readable")
}

fn facts_at(name: &str, sizes: &[(&str, usize)]) -> Facts {
    let graph = graph(name);
    let customary = find(name).expect("in the zoo").symbols(Form::Full);
    let symbols = customary.into_iter().chain(sizes.iter().copied());
    let symbols = symbols
        .map(|(symbol, size)| (symbol.to_owned(), size))
        .collect();
    let specs = bind(
        &graph,
        &ShapeRequest {
            batch: None,
            symbols,
        },
    )
    .expect("sizes fit");
    let resolved = resolve(&graph, &specs).expect("the model fits");
    assert_eq!(resolved.unresolved, [], "{name}");
    Facts::of(&resolved)
}

fn facts(name: &str) -> Facts {
    facts_at(name, &[])
}

fn flops_of(facts: &Facts, class: Class) -> u64 {
    let mut classes = facts.by_class.iter();
    let found = classes.find(|found| found.class == class);
    found.map_or(0, |found| found.flops.as_operations())
}

#[test]
fn parameters_and_the_papers_multiply_adds_come_out_as_published() {
    for (name, parameters, millions) in PUBLISHED {
        let facts = facts(name);
        assert_eq!(facts.parameters, parameters, "{name}");
        assert_eq!((facts.macs_paper + 500_000) / 1_000_000, millions, "{name}");
        assert_eq!(facts.unknown_cost, [], "{name}");
    }
}

#[test]
fn every_entry_of_the_zoo_has_the_parameters_it_names() {
    for entry in crate::zoo::list() {
        assert_eq!(
            facts(entry.name).parameters,
            entry.parameters,
            "{}",
            entry.name
        );
    }
}

#[test]
fn squeezebert_is_within_a_thousandth_of_the_papers_count() {
    let facts = facts("squeezebert");
    assert_eq!(facts.macs_linear, 3_397_976_064);
    assert!(facts.macs_paper.abs_diff(3_405_000_000) < 3_405_000);
}

#[test]
fn minilm_has_the_multiply_adds_of_its_dimensions() {
    let (layers, tokens, width, inner) = (6, 128, 384, 1536);
    let linear = tokens * (4 * width * width + 2 * width * inner);
    let attention = 2 * tokens * tokens * width;
    assert_eq!(layers * (linear + attention), 1_434_451_968);
    let pooler = width * width;
    let facts = facts("minilm-l6");
    assert_eq!(facts.macs, 1_434_451_968 + pooler);
    assert_eq!(facts.macs_linear, layers * linear + pooler);
    assert_eq!(flops_of(&facts, Class::AttentionScores), layers * attention);
    assert_eq!(flops_of(&facts, Class::AttentionValues), layers * attention);
    assert_eq!(flops_of(&facts, Class::Matmul), 2 * facts.macs_linear);
}

#[test]
fn twice_the_batch_is_twice_the_arithmetic_over_the_same_weights() {
    let (one, two) = (facts("bert-tiny"), facts_at("bert-tiny", &[("batch", 2)]));
    assert_eq!(two.macs, 2 * one.macs);
    assert_eq!(two.parameters, one.parameters);
    assert_eq!(two.input_bytes.as_bytes(), 2 * one.input_bytes.as_bytes());
    let table = 30_522 * 128 * 4;
    assert!(one.bytes_min.as_bytes() < 4 * one.parameters - table + 128 * 128 * 4 + 200_000);
    assert!(two.bytes_min < two.bytes_unfused);
}
