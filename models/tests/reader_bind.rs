//! Which sizes the inputs get from what was asked for.

mod small;

use small::{F32, I64, graph, node, opened, value};
use tare_models::proto::{ValueInfoProto, type_proto};
use tare_models::{BindError, Model, ShapeRequest, bind, free_dimensions};

fn with_inputs(inputs: &[(&str, &[&str])]) -> Model {
    let values = inputs.iter().map(|(name, dims)| value(name, I64, dims));
    opened(graph(values.collect(), vec![], vec![]))
}

fn request(batch: Option<usize>, symbols: &[(&str, usize)]) -> ShapeRequest {
    let symbols = symbols
        .iter()
        .map(|(symbol, size)| ((*symbol).to_owned(), *size));
    ShapeRequest {
        batch,
        symbols: symbols.collect(),
    }
}

fn shapes(model: &Model, batch: Option<usize>, symbols: &[(&str, usize)]) -> Vec<Vec<usize>> {
    let specs = bind(model.graph(), &request(batch, symbols)).expect("bound");
    specs.into_iter().map(|spec| spec.shape).collect()
}

fn refusal(model: &Model, batch: Option<usize>, symbols: &[(&str, usize)]) -> String {
    let error = bind(model.graph(), &request(batch, symbols)).expect_err("must be refused");
    error.to_string()
}

#[test]
fn the_first_axis_symbol_is_the_batch_and_1_unless_asked_for() {
    let model = with_inputs(&[
        ("ids", &["n", "seq"]),
        ("mask", &["n", "seq"]),
        ("scale", &["1"]),
    ]);
    assert_eq!(
        shapes(&model, Some(4), &[("seq", 8)]),
        [vec![4, 8], vec![4, 8], vec![1]]
    );
    assert_eq!(shapes(&model, None, &[("seq", 8)])[0], [1, 8]);
    assert_eq!(shapes(&model, None, &[("seq", 8), ("n", 3)])[0], [3, 8]);
}

#[test]
fn of_several_first_symbols_the_shared_one_is_the_batch() {
    let model = with_inputs(&[("a", &["n", "2"]), ("b", &["n"]), ("c", &["boxes", "4"])]);
    assert_eq!(
        shapes(&model, Some(2), &[("boxes", 7)]),
        [vec![2, 2], vec![2], vec![7, 4]]
    );
    let unshared = with_inputs(&[("a", &["m"]), ("b", &["n"])]);
    assert!(
        refusal(&unshared, Some(2), &[("m", 1), ("n", 1)])
            .starts_with("a batch of 2 was asked for, but the inputs share no free first axis")
    );
    assert_eq!(
        shapes(&unshared, Some(1), &[("m", 3), ("n", 5)]),
        [[3], [5]]
    );
}

#[test]
fn unnamed_dimensions_go_by_input_and_axis() {
    let model = with_inputs(&[("images", &["?", "3", "?"])]);
    assert_eq!(shapes(&model, Some(2), &[("images:2", 224)]), [[2, 3, 224]]);
    assert_eq!(
        refusal(&model, None, &[]),
        "the model leaves the size open of 'images:2' (axis 2 of 'images'): give --shape images:2=…"
    );
}

#[test]
fn all_missing_sizes_are_asked_for_at_once() {
    let model = with_inputs(&[
        ("ids", &["n", "seq"]),
        ("mask", &["n", "seq"]),
        ("past", &["n", "past", "8"]),
    ]);
    assert_eq!(
        refusal(&model, Some(1), &[]),
        "the model leaves the size open of 'seq' (axis 1 of 'ids', axis 1 of 'mask'), 'past' (axis 1 of 'past'): give --shape seq=…,past=…"
    );
}

#[test]
fn a_sum_of_symbols_follows_from_its_terms() {
    let model = with_inputs(&[
        ("ids", &["n", "seq"]),
        ("mask", &["n", "past + seq"]),
        ("more", &["n", "seq+1"]),
    ]);
    assert_eq!(
        shapes(&model, None, &[("seq", 3), ("past", 5)]),
        [[1, 3], [1, 8], [1, 4]]
    );
    assert_eq!(
        shapes(&model, None, &[("seq", 3), ("past + seq", 9)])[1],
        [1, 9]
    );
    assert!(refusal(&model, None, &[("seq", 3)]).ends_with("give --shape past=…"));
    let odd = with_inputs(&[("a", &["n", "+"])]);
    assert!(refusal(&odd, None, &[]).ends_with("give --shape +=…"));
    assert_eq!(shapes(&odd, None, &[("+", 2)]), [[1, 2]]);
}

#[test]
fn unknown_zero_and_contradictory_sizes_are_refused() {
    let model = with_inputs(&[("ids", &["n", "seq"])]);
    assert_eq!(
        refusal(&model, None, &[("sequence", 8), ("seq", 8)]),
        "the model has no free dimension 'sequence'; it has 'n', 'seq'"
    );
    assert_eq!(
        refusal(&model, None, &[("seq", 0)]),
        "the size of 'seq' is 0; give at least 1"
    );
    assert_eq!(
        refusal(&model, Some(0), &[("seq", 1)]),
        "the size of 'batch' is 0; give at least 1"
    );
    assert!(
        refusal(&model, Some(2), &[("n", 3), ("seq", 1)])
            .starts_with("the batch axis 'n' is asked to be 3 and, as the batch, 2")
    );
    let fixed = with_inputs(&[("x", &["2"])]);
    assert_eq!(
        refusal(&fixed, None, &[("seq", 8)]),
        "the model has no free dimension 'seq'; it has none: all its dimensions are fixed"
    );
}

#[test]
fn a_fixed_batch_is_kept_or_refused() {
    let model = with_inputs(&[("x", &["8", "3"])]);
    assert_eq!(shapes(&model, None, &[]), [[8, 3]]);
    assert_eq!(shapes(&model, Some(8), &[]), [[8, 3]]);
    assert!(matches!(
        bind(model.graph(), &request(Some(1), &[])),
        Err(BindError::FixedBatch {
            fixed: 8,
            asked: 1,
            ..
        })
    ));
    assert_eq!(
        refusal(&model, Some(4), &[]),
        "a batch of 4 was asked for, but the first dimension of 'x' is fixed to 8; ask for a batch of 8, or export the model with a free batch dimension"
    );
    let scalar = with_inputs(&[("x", &[])]);
    assert_eq!(
        shapes(&scalar, Some(1), &[]),
        [vec![]; 1] as [Vec<usize>; 1]
    );
    assert!(matches!(
        bind(scalar.graph(), &request(Some(2), &[])),
        Err(BindError::NoBatch { asked: 2 })
    ));
}

#[test]
fn inputs_beyond_the_address_space_are_refused() {
    let model = with_inputs(&[("x", &["n", "m"])]);
    let message = refusal(&model, Some(usize::MAX), &[("m", 16)]);
    assert!(
        message.starts_with("the input 'x' of shape [18446744073709551615, 16] is larger"),
        "{message}"
    );
    assert!(refusal(&model, Some(1 << 60), &[("m", 1)]).contains("ask for smaller sizes"));
}

#[test]
fn inputs_without_shape_or_of_strings_are_refused() {
    let tensor = type_proto::Tensor {
        elem_type: Some(F32),
        shape: None,
    };
    let rankless: ValueInfoProto = small::typed("r", type_proto::Value::TensorType(tensor));
    let model = opened(graph(
        vec![rankless],
        vec![node("Relu", &["r"], &["y"])],
        vec![],
    ));
    assert!(refusal(&model, None, &[]).starts_with("the input 'r' declares no shape"));
    let model = opened(graph(vec![value("s", 8, &["2"])], vec![], vec![]));
    assert!(refusal(&model, None, &[]).starts_with("the input 's' holds strings"));
}

#[test]
fn free_dimensions_are_listed_once_with_their_places() {
    let model = with_inputs(&[("a", &["n", "seq"]), ("b", &["seq", "4"])]);
    let free = free_dimensions(model.graph()).expect("all known");
    let listed: Vec<_> = free
        .iter()
        .map(|free| (free.symbol.as_str(), free.places.len()))
        .collect();
    assert_eq!(listed, [("n", 1), ("seq", 2)]);
    assert_eq!(free[1].places, [("a".to_owned(), 1), ("b".to_owned(), 0)]);
}
