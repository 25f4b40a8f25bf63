//! Fourier transforms, windows over a signal, and the mel weights.

use tare_adapter_api::DataType;
use tch::{Device, Kind, TchError, Tensor};

use super::host::{Ints, Number, from_first};
use super::{Entry, Inputs, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[
    ("BlackmanWindow", |node| {
        window(node, Tensor::f_blackman_window_periodic)
    }),
    ("DFT", dft),
    ("HammingWindow", |node| {
        window(node, |length, periodic, options| {
            let alpha = 25.0 / 46.0;
            Tensor::f_hamming_window_periodic_alpha_beta(
                length,
                periodic,
                alpha,
                1.0 - alpha,
                options,
            )
        })
    }),
    ("HannWindow", |node| {
        window(node, Tensor::f_hann_window_periodic)
    }),
    ("STFT", stft),
];

type Make = fn(i64, bool, (Kind, Device)) -> Result<Tensor, TchError>;

fn window(node: &Node<'_>, make: Make) -> Result<Kernel, Refusal> {
    let number = i32::try_from(node.int("output_datatype", 1)).ok();
    let dtype = number.and_then(DataType::from_onnx);
    let dtype = dtype.ok_or_else(|| Refusal::new("of an unknown type"))?;
    let options = (node.kind(dtype)?, node.target().device);
    let periodic = node.flag("periodic", true);
    let length = Ints::input(node, 0).ok_or_else(|| Refusal::new("without a size"))?;
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        make(length.read_one(inputs)?, periodic, options)
    }))
}

/// What a transform needs beside its signal.
#[derive(Debug, Clone, Copy)]
struct Transform {
    inverse: bool,
    one_sided: bool,
}

fn dft(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let transform = Transform {
        inverse: node.flag("inverse", false),
        one_sided: node.flag("onesided", false),
    };
    if transform.inverse && transform.one_sided {
        return Err(Refusal::new("one-sided and inverse at once"));
    }
    let attribute = Ints::Known(vec![node.int("axis", 1)]);
    let axis = match node.opset() {
        ..=19 => attribute,
        _ => Ints::input(node, 2).unwrap_or(Ints::Known(vec![-2])),
    };
    let length = Ints::input(node, 1);
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let length = length.as_ref().map(|length| length.read_one(inputs));
        let axis = from_first(axis.read_one(inputs)?, x.dim())? as i64;
        let spectrum = transform.run(&signal(x)?, length.transpose()?, axis)?;
        spectrum.f_view_as_real()
    }))
}

/// The last axis, of size 1 or 2, as real or complex numbers.
fn signal(x: &Tensor) -> Result<Tensor, TchError> {
    match x.size().last() {
        Some(1) => x.f_squeeze_dim(-1),
        Some(2) => x.f_contiguous()?.f_view_as_complex(),
        _ => Err(TchError::Shape(
            "a signal has one or two numbers on its last axis".to_owned(),
        )),
    }
}

impl Transform {
    fn run(self, signal: &Tensor, length: Option<i64>, axis: i64) -> Result<Tensor, TchError> {
        match (self.inverse, self.one_sided) {
            (true, _) => signal.f_fft_ifft(length, axis, "backward"),
            (false, false) => signal.f_fft_fft(length, axis, "backward"),
            (false, true) => signal.f_fft_rfft(length, axis, "backward"),
        }
    }
}

fn stft(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let one_sided = node.flag("onesided", true);
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let number = |tensor: &Tensor| Number::of(tensor).map(|number| number.to_f64() as i64);
        let step = number(inputs.at(1)?)?;
        let window = inputs.get(2);
        let length = match (inputs.get(3), window) {
            (Some(length), _) => number(length)?,
            (None, Some(window)) => window.size1()?,
            (None, None) => {
                return Err(TchError::Shape(
                    "neither a window nor its length is given".to_owned(),
                ));
            }
        };
        let signal = signal(inputs.at(0)?)?;
        let spectrum =
            signal.f_stft(length, step, length, window, false, one_sided, true, false)?;
        spectrum.f_transpose(1, 2)?.f_view_as_real()
    }))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{floats, longs, one};

    #[test]
    fn the_axis_was_an_attribute_and_is_an_input_with_another_default() {
        let x = || floats(&[1, 2, 1], &[1.0, 3.0]);
        let spectrum = vec![4.0, 0.0, -2.0, 0.0];
        let old = one("DFT", 17).fed(x()).first();
        assert_eq!(old, (vec![1, 2, 2], spectrum.clone()));
        let new = one("DFT", 20).fed(x()).first();
        assert_eq!(new, (vec![1, 2, 2], spectrum));
        let other = one("DFT", 20)
            .fed(x())
            .absent()
            .fed(longs(&[], &[0]))
            .first();
        assert_eq!(other, (vec![1, 2, 2], vec![1.0, 0.0, 3.0, 0.0]));
    }

    #[test]
    fn transforms_are_cut_padded_halved_and_undone() {
        let x = || floats(&[1, 4, 1], &[1.0, 3.0, 0.0, 0.0]);
        let cut = one("DFT", 17).fed(x()).fed(longs(&[], &[2])).first();
        assert_eq!(cut, (vec![1, 2, 2], vec![4.0, 0.0, -2.0, 0.0]));
        let half = one("DFT", 17).int("onesided", 1).fed(x()).first();
        assert_eq!(half.0, [1, 3, 2]);
        assert_eq!(half.1[4..], [-2.0, 0.0]);
        let back = one("DFT", 17).int("inverse", 1);
        let back = back.fed(floats(&[1, 2, 2], &[4.0, 0.0, -2.0, 0.0])).first();
        assert_eq!(back.1, [1.0, 0.0, 3.0, 0.0]);
        let both = one("DFT", 17).int("inverse", 1).int("onesided", 1).fed(x());
        assert_eq!(both.refusal(), "one-sided and inverse at once");
    }

    #[test]
    fn windows_follow_the_formulas_of_onnx() {
        let turn = |n: f64, size: f64| (2.0 * std::f64::consts::PI * n / size).cos();
        for (periodic, size) in [(1, 5.0), (0, 4.0)] {
            let window = |op: &str| {
                let operator = one(op, 17).int("periodic", periodic);
                operator.fed(longs(&[], &[5])).first().1
            };
            let (hann, hamming) = (window("HannWindow"), window("HammingWindow"));
            let blackman = window("BlackmanWindow");
            for n in 0..5 {
                let (once, twice) = (turn(n as f64, size), turn(2.0 * n as f64, size));
                assert!((hann[n] - (0.5 - 0.5 * once)).abs() < 1e-6);
                assert!((hamming[n] - (25.0 / 46.0 - 21.0 / 46.0 * once)).abs() < 1e-6);
                let wanted = 0.42 - 0.5 * once + 0.08 * twice;
                assert!((blackman[n] - wanted).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn frames_are_windowed_and_transformed() {
        let operator = one("STFT", 17).fed(floats(&[1, 4, 1], &[1.0, 3.0, 2.0, 2.0]));
        let operator = operator.fed(longs(&[], &[2]));
        let window = operator.fed(floats(&[2], &[1.0, 0.5])).first();
        assert_eq!(window.0, [1, 2, 2, 2]);
        assert_eq!(window.1, [2.5, 0.0, -0.5, 0.0, 3.0, 0.0, 1.0, 0.0]);
        let bare = one("STFT", 17)
            .fed(floats(&[1, 2, 1], &[1.0, 3.0]))
            .fed(longs(&[], &[2]));
        assert!(
            bare.run()
                .expect_err("no length")
                .contains("neither a window")
        );
    }
}
