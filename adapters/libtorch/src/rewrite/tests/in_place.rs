//! Layers that are rectified or added to in place, and those that must not be.

use super::*;

fn convolved(b: &mut Builder, x: &Value) -> Value {
    let kernel = weight(b, "kernel", &[3, 3, 1, 1]);
    b.op("Conv", &[x, &kernel])
}

#[test]
fn a_layer_is_rectified_in_place_unless_it_is_read_elsewhere() {
    let once = rewritten(&[1, 3, 4, 4], |b, x| {
        let layer = convolved(b, x);
        let sum = b.op("Add", &[&layer, x]);
        b.op("Relu", &[&sum])
    });
    assert_eq!(once, ["Conv", "add_", "relu_"]);
    let twice = rewritten(&[1, 3, 4, 4], |b, x| {
        let layer = convolved(b, x);
        let relu = b.op("Relu", &[&layer]);
        b.op("Mul", &[&layer, &relu])
    });
    assert_eq!(twice, ["Conv", "Relu", "Mul"]);
    let input = rewritten(&[1, 3, 4, 4], |b, x| b.op("Relu", &[x]));
    assert_eq!(input, ["Relu"]);
}

#[test]
fn a_sum_that_broadcasts_the_layer_is_not_in_place() {
    let operators = rewritten(&[1, 3, 1, 1], |b, x| {
        let layer = convolved(b, x);
        let wide = weight(b, "wide", &[1, 3, 4, 4]);
        b.op("Add", &[&layer, &wide])
    });
    assert_eq!(operators, ["Conv", "Add"]);
}
