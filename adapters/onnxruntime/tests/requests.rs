//! What goes in comes out computed, whatever its type, where it lies in memory, and how its shape changes.

mod common;

use bytes::Bytes;
use tare_adapter_api::{DataType, Session, Tensor};

use common::{
    Written, doubling, doubling_request, floats, is_here, load, model, node, request, run, tensor,
};

const TYPES: [DataType; 13] = [
    DataType::F32,
    DataType::F64,
    DataType::F16,
    DataType::Bf16,
    DataType::I8,
    DataType::I16,
    DataType::I32,
    DataType::I64,
    DataType::U8,
    DataType::U16,
    DataType::U32,
    DataType::U64,
    DataType::Bool,
];

/// A tensor of six elements of any bits that the type has a value for, beginning at `offset` bytes into its memory.
fn any_bits(dtype: DataType, offset: usize) -> Tensor {
    let length = dtype.byte_len(6).expect("a fixed size") as usize;
    let modulus = if dtype == DataType::Bool { 2 } else { 97 };
    let mut bytes = vec![0u8; offset];
    bytes.extend((0..length).map(|index| (index * 31 % modulus) as u8));
    let data = Bytes::from(bytes).slice(offset..);
    Tensor::from_bytes(dtype, vec![2, 3], data).expect("fits")
}

/// Runs `body` with a session of the doubling model.
fn with_doubling(body: impl FnOnce(&mut dyn Session)) {
    let written = Written::new(&doubling());
    let loaded = load(&doubling_request(&written.path));
    body(loaded.session().expect("a session").as_mut());
}

#[test]
fn every_element_type_comes_back_as_it_went_also_from_odd_addresses() {
    if !is_here() {
        return;
    }
    for dtype in TYPES {
        let written = Written::new(&model(
            vec![
                node("Transpose", &["x"], &["t"]),
                node("Transpose", &["t"], &["y"]),
                node("Identity", &["x"], &["z"]),
            ],
            vec![tensor("x", dtype, &[2, 3])],
            vec![tensor("y", dtype, &[2, 3]), tensor("z", dtype, &[2, 3])],
        ));
        let loaded = load(&request(
            &written.path,
            &[("x", dtype, &[2, 3])],
            &[("y", dtype), ("z", dtype)],
        ));
        let mut session = loaded.session().expect("a session");
        for offset in [0, 1, 0, 3] {
            let input = any_bits(dtype, offset);
            let outputs = run(session.as_mut(), std::slice::from_ref(&input));
            assert_eq!(outputs, [input.clone(), input], "{dtype} at {offset}");
        }
    }
}

#[test]
fn outputs_in_another_order_or_fewer_are_those_asked_for() {
    if !is_here() {
        return;
    }
    let written = Written::new(&model(
        vec![
            node("Add", &["x", "x"], &["sum"]),
            node("Mul", &["x", "x"], &["square"]),
        ],
        vec![tensor("x", DataType::F32, &[2])],
        vec![
            tensor("sum", DataType::F32, &[2]),
            tensor("square", DataType::F32, &[2]),
        ],
    ));
    let asked = |names: &[&str]| {
        let outputs: Vec<_> = names.iter().map(|name| (*name, DataType::F32)).collect();
        let loaded = load(&request(
            &written.path,
            &[("x", DataType::F32, &[2])],
            &outputs,
        ));
        let mut session = loaded.session().expect("a session");
        run(session.as_mut(), &[floats(&[3.0, 5.0])])
    };
    let (sum, square) = (floats(&[6.0, 10.0]), floats(&[9.0, 25.0]));
    assert_eq!(asked(&["square", "sum"]), [square, sum.clone()]);
    assert_eq!(asked(&["sum"]), [sum]);
}

#[test]
fn an_output_whose_shape_follows_the_values_is_right_each_time() {
    if !is_here() {
        return;
    }
    let written = Written::new(&model(
        vec![
            node("NonZero", &["x"], &["places"]),
            node("Neg", &["x"], &["negated"]),
        ],
        vec![tensor("x", DataType::F32, &[4])],
        vec![
            tensor("places", DataType::I64, &[1, -1]),
            tensor("negated", DataType::F32, &[4]),
        ],
    ));
    let loaded = load(&request(
        &written.path,
        &[("x", DataType::F32, &[4])],
        &[("places", DataType::I64), ("negated", DataType::F32)],
    ));
    let mut session = loaded.session().expect("a session");
    let inputs = [
        [0.0, 1.0, 0.0, 2.0],
        [3.0, 0.0, 4.0, 0.0],
        [1.0, 2.0, 3.0, 4.0],
        [0.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 5.0, 0.0],
    ];
    let tensors = inputs.map(|values| floats(&values));
    for round in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 2, 0, 0, 3]] {
        for index in round {
            let values = inputs[index];
            let places = (0..4i64).filter(|place| values[*place as usize] != 0.0);
            let places: Vec<i64> = places.collect();
            let expected = Tensor::from_values(vec![1, places.len()], places).expect("fits");
            let outputs = run(session.as_mut(), &[tensors[index].clone()]);
            assert_eq!(outputs, [expected, floats(&values.map(|value| -value))]);
        }
    }
}

#[test]
fn more_sets_of_inputs_than_are_kept_give_their_own_outputs() {
    if !is_here() {
        return;
    }
    with_doubling(|session| {
        let sets: Vec<Tensor> = (0..40).map(|index| floats(&[index as f32, 0.5])).collect();
        for round in 0..3 {
            for (index, input) in sets.iter().enumerate().skip(round * 7) {
                let outputs = run(session, std::slice::from_ref(input));
                assert_eq!(outputs, [floats(&[2.0 * index as f32, 1.0])]);
            }
        }
    });
}

#[test]
fn inputs_that_are_dropped_after_their_request_are_never_mistaken_for_others() {
    if !is_here() {
        return;
    }
    with_doubling(|session| {
        for index in 0..500 {
            let outputs = run(session, &[floats(&[index as f32, -1.0])]);
            assert_eq!(outputs, [floats(&[2.0 * index as f32, -2.0])]);
        }
    });
}

#[test]
fn a_request_that_fails_leaves_no_outputs_and_the_next_one_runs() {
    if !is_here() {
        return;
    }
    let written = Written::new(&model(
        vec![node("Gather", &["x", "i"], &["y"])],
        vec![
            tensor("x", DataType::F32, &[3]),
            tensor("i", DataType::I64, &[1]),
        ],
        vec![tensor("y", DataType::F32, &[1])],
    ));
    let loaded = load(&request(
        &written.path,
        &[("x", DataType::F32, &[3]), ("i", DataType::I64, &[1])],
        &[("y", DataType::F32)],
    ));
    let mut session = loaded.session().expect("a session");
    let at = |index: i64| {
        let index = Tensor::from_values(vec![1], vec![index]).expect("fits");
        vec![floats(&[1.0, 2.0, 4.0]), index]
    };
    for _ in 0..2 {
        assert_eq!(run(session.as_mut(), &at(2)), [floats(&[4.0])]);
        let error = session.run(&at(9)).expect_err("out of bounds").to_string();
        assert!(error.contains("idx=9 must be within"), "{error}");
        assert!(session.outputs().is_err());
    }
    assert_eq!(run(session.as_mut(), &at(0)), [floats(&[1.0])]);
}

#[test]
fn sessions_of_one_model_keep_their_own_outputs() {
    if !is_here() {
        return;
    }
    let written = Written::new(&doubling());
    let loaded = load(&doubling_request(&written.path));
    let mut first = loaded.session().expect("a session");
    let mut second = loaded.session().expect("a session");
    for _ in 0..3 {
        first.run(&[floats(&[1.0, 2.0])]).expect("runs");
        second.run(&[floats(&[3.0, 4.0])]).expect("runs");
        assert_eq!(first.outputs(), Ok(vec![floats(&[2.0, 4.0])]));
        assert_eq!(second.outputs(), Ok(vec![floats(&[6.0, 8.0])]));
    }
}
