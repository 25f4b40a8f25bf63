//! Row-major products come out of a column-major library, in every way that it proposes.

use std::sync::Arc;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use tare_cuda::{
    Activation, Addresses, Context, Element, Library, Math, Matrix, Memory, Product, Shape, Stream,
};
use tare_units::Bytes;

use crate::process::{alone, with_faults};
use crate::reference::{Kind, Operands, Random, product};
use crate::sys::{start, way_of};

const WORKSPACE: Bytes = Bytes::from_mib(5);

struct Open {
    library: Arc<Library>,
    stream: Arc<Stream>,
    workspace: Memory,
    context: Arc<Context>,
}

fn open() -> Open {
    let context = Context::open(0).unwrap();
    Open {
        library: Library::open(&context).unwrap(),
        stream: Stream::new(&context).unwrap(),
        workspace: Memory::new(&context, WORKSPACE).unwrap(),
        context,
    }
}

/// Numbers on the device at an address that is a multiple of its alignment and of nothing larger.
struct Placed {
    memory: Memory,
    offset: usize,
}

impl Open {
    fn place(&self, bytes: &[u8], alignment: u32) -> Placed {
        let offset = if alignment < 256 {
            alignment as usize
        } else {
            0
        };
        let size = Bytes::from_bytes((offset + bytes.len()).max(1) as u64);
        let memory = Memory::new(&self.context, size).unwrap();
        self.stream.upload_now(bytes, &memory, offset).unwrap();
        Placed { memory, offset }
    }

    /// The result's span after each way.
    fn computed(&self, shape: &Shape, of: &Operands) -> Vec<Vec<f32>> {
        let factors = Kind::of_factors(shape.math);
        let kind = Kind::of_result(shape.result);
        let a = self.place(&factors.encode(&of.a), shape.a.alignment);
        let b = self.place(&factors.encode(&of.b), shape.b.alignment);
        let residual = shape.epilogue.residual;
        let c = self.place(&kind.encode(&of.c), residual.map_or(256, |c| c.alignment));
        let bias = self.place(&kind.encode(&of.bias), 256);
        let before = kind.encode(&of.d);
        let d = self.place(&before, shape.d.alignment);
        let in_place = residual == Some(shape.d);
        let addresses = Addresses {
            a: a.address(),
            b: b.address(),
            c: residual.map(|_| if in_place { d.address() } else { c.address() }),
            d: d.address(),
            bias: shape.epilogue.bias.then(|| bias.address()),
        };
        let product = Product::new(&self.library, shape).unwrap();
        let ways = product.ways(16, WORKSPACE).unwrap();
        let compute = |way| {
            self.stream
                .upload_now(&before, &d.memory, d.offset)
                .unwrap();
            start(&product, way, &addresses, &self.workspace, &self.stream).unwrap();
            let mut after = vec![0; before.len()];
            self.stream
                .download_now(&d.memory, d.offset, &mut after)
                .unwrap();
            kind.decode(&after)
        };
        ways.iter().map(compute).collect()
    }
}

impl Placed {
    fn address(&self) -> u64 {
        self.memory.address() + self.offset as u64
    }
}

fn operands(random: &mut Random, shape: &Shape) -> Operands {
    let spans = shape.spans();
    let (factor, result) = (shape.math.factor_bytes(), shape.result.bytes());
    let mut of = |span: Bytes, each| random.values((span.as_bytes() / each) as usize);
    let d = of(spans.d, result);
    let in_place = shape.epilogue.residual == Some(shape.d);
    Operands {
        a: of(spans.a, factor),
        b: of(spans.b, factor),
        c: if in_place {
            d.clone()
        } else {
            of(spans.c, result)
        },
        bias: of(spans.bias, result),
        d,
    }
}

/// Exact, but for an activation that is not.
fn tolerance(shape: &Shape) -> f32 {
    match (shape.epilogue.activation, shape.result) {
        (Some(Activation::GeluTanh), Element::F32) => 1e-5,
        (Some(Activation::GeluTanh), Element::F16) => 4e-3,
        (Some(Activation::GeluTanh), _) => 4e-2,
        _ => 0.0,
    }
}

fn check(open: &Open, random: &mut Random, shape: &Shape) -> usize {
    let operands = operands(random, shape);
    let expected = product(shape, &operands);
    let all = open.computed(shape, &operands);
    for found in &all {
        assert_eq!(found.len(), expected.len());
        for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
            let near = (found - expected).abs() <= tolerance(shape) * expected.abs().max(1.0);
            assert!(near, "{shape}: {found} for {expected} at {index}");
        }
    }
    all.len()
}

#[test]
fn products_at_random_are_those_of_plain_rows_in_every_way() {
    let name = "products::products_at_random_are_those_of_plain_rows_in_every_way";
    alone(name, || {
        let open = open();
        let mut random = Random(Xoshiro256PlusPlus::seed_from_u64(9));
        let mut ways = [0; 6];
        for _ in 0..300 {
            let shape = random.shape();
            ways[check(&open, &mut random, &shape)] += 1;
        }
        assert!(ways[3..].iter().all(|count| *count > 20), "{ways:?}");
    });
}

fn dense() -> Shape {
    Shape::dense(2, 3, 4, Math::Fp16, Element::F16)
}

#[test]
fn heads_that_lie_side_by_side_are_multiplied_where_they_lie() {
    let name = "products::heads_that_lie_side_by_side_are_multiplied_where_they_lie";
    alone(name, || {
        let (heads, rows, size) = (3, 5, 4);
        let side_by_side = Matrix::of_rows(heads * size).every(size).aligned(4);
        let scores = Shape {
            m: rows,
            n: rows,
            k: size,
            batch: heads as u32,
            a: side_by_side,
            b: side_by_side.transposed(),
            d: Matrix::of_rows(rows).every(rows * rows),
            ..dense()
        };
        let mut random = Random(Xoshiro256PlusPlus::seed_from_u64(1));
        assert_eq!(check(&open(), &mut random, &scores), 3);
    });
}

#[test]
fn ways_fit_into_memory_suit_the_addresses_and_round_no_part_of_a_sum() {
    let name = "products::ways_fit_into_memory_suit_the_addresses_and_round_no_part_of_a_sum";
    alone(name, || {
        let open = open();
        let ways = |shape: &Shape, most, mib| {
            let product = Product::new(&open.library, shape).unwrap();
            let ways = product.ways(most, Bytes::from_mib(mib)).unwrap();
            let needed = ways.iter().map(|way| way.workspace().as_bytes() >> 20);
            needed.collect::<Vec<_>>()
        };
        assert_eq!(ways(&dense(), 16, 8), [0, 2, 3, 4]);
        let wide = Shape::dense(2, 3, 4, Math::Fp16, Element::F32);
        assert_eq!(ways(&wide, 16, 8), [0, 2, 3, 4, 5]);
        assert_eq!(ways(&dense(), 16, 2), [0, 2]);
        assert_eq!(ways(&dense(), 1, 8), [0]);
        let low = Shape {
            b: Matrix::of_rows(3).aligned(4),
            ..dense()
        };
        assert_eq!(ways(&low, 16, 8), [0, 2, 3]);
    });
}

#[test]
fn a_way_is_taken_out_as_bytes_and_put_back_for_its_own_shape_only() {
    let name = "products::a_way_is_taken_out_as_bytes_and_put_back_for_its_own_shape_only";
    alone(name, || {
        let open = open();
        assert_eq!(open.library.version(), 130_100);
        let product = Product::new(&open.library, &dense()).unwrap();
        for way in product.ways(16, WORKSPACE).unwrap() {
            assert_eq!(way_of(&product, &way.to_bytes()), Ok(way));
        }
        let bytes = product.ways(1, WORKSPACE).unwrap()[0].to_bytes();
        assert_eq!(bytes[0], 100);
        let other = Product::new(&open.library, &Shape { m: 9, ..dense() }).unwrap();
        let fault = way_of(&other, &bytes).unwrap_err().to_string();
        assert_eq!(
            fault,
            "cublasLtMatmulAlgoCheck: CUBLAS_STATUS_INVALID_VALUE"
        );
        let mut unusable = bytes;
        unusable[0] = 101;
        let fault = way_of(&product, &unusable).unwrap_err().to_string();
        assert_eq!(
            fault,
            "cublasLtMatmulAlgoCheck: CUBLAS_STATUS_NOT_SUPPORTED"
        );
    });
}

#[test]
fn operands_that_are_not_as_the_shape_says_are_refused() {
    let name = "products::operands_that_are_not_as_the_shape_says_are_refused";
    alone(name, || {
        let open = open();
        let mut shape = dense();
        shape.epilogue.bias = true;
        let product = Product::new(&open.library, &shape).unwrap();
        let way = *product.ways(16, WORKSPACE).unwrap().last().unwrap();
        let at = open.workspace.address();
        let whole = Addresses {
            a: at,
            b: at,
            c: None,
            d: at,
            bias: Some(at),
        };
        let refused = |addresses, workspace: &Memory| {
            let started = start(&product, &way, &addresses, workspace, &open.stream);
            started.unwrap_err().reason
        };
        let bias = refused(
            Addresses {
                bias: None,
                ..whole
            },
            &open.workspace,
        );
        assert!(bias.starts_with("the bias is given"), "{bias}");
        let residual = refused(
            Addresses {
                c: Some(at),
                ..whole
            },
            &open.workspace,
        );
        assert!(residual.starts_with("the residual is given"), "{residual}");
        let odd = refused(Addresses { b: at + 8, ..whole }, &open.workspace);
        assert_eq!(
            odd,
            format!("b at {:#x} is no multiple of 256 bytes", at + 8)
        );
        let small = Memory::new(&open.context, Bytes::from_mib(1)).unwrap();
        let small = refused(whole, &small);
        assert_eq!(small, "4194304 bytes to work in are needed, not 1048576");
    });
}

#[test]
fn a_product_that_the_library_does_not_have_is_its_fault() {
    let name = "products::a_product_that_the_library_does_not_have_is_its_fault";
    with_faults(name, &["formats=14"], || {
        let open = open();
        let ask = |math, result| {
            let shape = Shape::dense(2, 3, 4, math, result);
            Product::new(&open.library, &shape)?.ways(16, WORKSPACE)
        };
        let fault = ask(Math::Bf16, Element::Bf16).unwrap_err().to_string();
        let expected = "cublasLtMatmulAlgoGetHeuristic: CUBLAS_STATUS_NOT_SUPPORTED";
        assert_eq!(fault, expected);
        assert!(ask(Math::Fp16, Element::F16).is_ok());
        let fault = ask(Math::Fp16, Element::I32).unwrap_err().to_string();
        assert!(
            fault.starts_with("a product of 2x3x4 Fp16 to I32"),
            "{fault}"
        );
    });
}

#[test]
fn a_library_that_does_not_start_says_what_may_be_amiss() {
    let name = "products::a_library_that_does_not_start_says_what_may_be_amiss";
    with_faults(name, &["unready=1"], || {
        let context = Context::open(0).unwrap();
        let fault = Library::open(&context).err().unwrap();
        let expected = "cublasLtCreate: CUBLAS_STATUS_NOT_INITIALIZED; where the driver is older";
        assert!(fault.to_string().starts_with(expected), "{fault}");
        assert!(!fault.is_sticky());
    });
}
