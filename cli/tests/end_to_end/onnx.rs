//! ONNX files written by hand, as small as a test can use, and some that no exporter would write.

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn number(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

fn bytes(field: u64, content: impl AsRef<[u8]>) -> Vec<u8> {
    let content = content.as_ref();
    let mut message = [varint(field << 3 | 2), varint(content.len() as u64)].concat();
    message.extend_from_slice(content);
    message
}

/// A dimension: a number, or a name for one that is free.
pub enum Dim {
    Fixed(u64),
    Free(&'static str),
}

fn value_info(field: u64, name: &str, dims: &[Dim]) -> Vec<u8> {
    let dims: Vec<u8> = dims
        .iter()
        .flat_map(|dim| {
            bytes(
                1,
                match dim {
                    Dim::Fixed(size) => number(1, *size),
                    Dim::Free(symbol) => bytes(2, symbol),
                },
            )
        })
        .collect();
    let tensor = [number(1, 1), bytes(2, dims)].concat();
    bytes(field, [bytes(1, name), bytes(2, bytes(1, tensor))].concat())
}

fn model(opset: u64, graph: &[Vec<u8>]) -> Vec<u8> {
    [
        number(1, 8),
        bytes(8, number(2, opset)),
        bytes(7, graph.concat()),
    ]
    .concat()
}

fn node(operator: &str, inputs: &[&str], output: &str) -> Vec<u8> {
    let mut node: Vec<u8> = inputs.iter().flat_map(|input| bytes(1, input)).collect();
    node.extend(bytes(2, output));
    node.extend(bytes(4, operator));
    bytes(1, node)
}

/// One `Relu` from `x` to `y`.
pub fn relu(opset: u64, dims: &[Dim]) -> Vec<u8> {
    let graph = [
        node("Relu", &["x"], "y"),
        bytes(2, "relu"),
        value_info(11, "x", dims),
        value_info(12, "y", dims),
    ];
    model(opset, &graph)
}

/// Two `Relu`s that each wait for the other.
pub fn cyclic() -> Vec<u8> {
    let dims = [Dim::Fixed(1), Dim::Fixed(4)];
    let graph = [
        node("Add", &["x", "b"], "a"),
        node("Relu", &["a"], "b"),
        bytes(2, "cyclic"),
        value_info(11, "x", &dims),
        value_info(12, "b", &dims),
    ];
    model(17, &graph)
}

/// `x + w`, where the values of `w` are in the file `location` beside the model.
pub fn external(location: &str) -> Vec<u8> {
    let dims = [Dim::Fixed(1), Dim::Fixed(4)];
    let entry = [bytes(1, "location"), bytes(2, location)].concat();
    let weight = [
        number(1, 1),
        number(1, 4),
        number(2, 1),
        bytes(8, "w"),
        bytes(13, entry),
        number(14, 1),
    ];
    let graph = [
        node("Add", &["x", "w"], "y"),
        bytes(2, "external"),
        bytes(5, weight.concat()),
        value_info(11, "x", &dims),
        value_info(12, "y", &dims),
    ];
    model(17, &graph)
}
