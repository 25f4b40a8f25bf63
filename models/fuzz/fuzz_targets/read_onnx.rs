//! Reads arbitrary bytes as an ONNX model, gives its free dimensions small sizes, resolves it and makes its inputs.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tare_models::{Inputs, Model, ShapeRequest, bind, byte_len, free_dimensions, resolve};

const INPUT_BYTES: u64 = 1 << 16;

fuzz_target!(|data: &[u8]| {
    let Ok(model) = Model::from_bytes(data.to_vec()) else {
        return;
    };
    let graph = model.graph();
    for size in 1..=4 {
        let free = free_dimensions(graph).unwrap_or_default();
        let request = ShapeRequest {
            batch: None,
            symbols: free.into_iter().map(|free| (free.symbol, size)).collect(),
        };
        let Ok(specs) = bind(graph, &request) else {
            return;
        };
        let Ok(resolved) = resolve(graph, &specs) else {
            continue;
        };
        let types = |value| resolved.types.get(&value).cloned();
        let inputs = Inputs::new(model.graph(), &specs, &types, 7).expect("the specs are bound");
        let bytes = specs.iter().filter_map(|spec| byte_len(spec.dtype, &spec.shape));
        if bytes.fold(0, u64::saturating_add) <= INPUT_BYTES {
            assert_eq!(inputs.generate(3), inputs.generate(3));
        }
    }
});
