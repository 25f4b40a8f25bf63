//! Which resizing is torch's, which is chosen row by row, and which is refused.

use super::super::testing::{Found, One, floats, longs, one};

fn square() -> tare_adapter_api::Tensor {
    floats(&[1, 1, 2, 2], &[1.0, 2.0, 3.0, 4.0])
}

fn by(operator: One, scale: f32) -> One {
    let factors = floats(&[4], &[1.0, 1.0, scale, scale]);
    operator.fed(square()).absent().known(factors)
}

fn to(operator: One, size: i64) -> One {
    let sizes = longs(&[4], &[1, 1, size, size]);
    operator.fed(square()).absent().absent().fed(sizes)
}

fn first_row((shape, values): Found) -> Vec<f64> {
    values[..shape[3] as usize].to_vec()
}

#[test]
fn whole_factors_repeat_elements() {
    let found = by(one("Resize", 13), 2.0).first();
    assert_eq!(found.0, [1, 1, 4, 4]);
    assert_eq!(first_row(found), [1.0, 1.0, 2.0, 2.0]);
    let old = one("Upsample", 9)
        .fed(square())
        .fed(floats(&[4], &[1.0, 1.0, 1.0, 2.0]));
    assert_eq!(
        old.first(),
        (
            vec![1, 1, 2, 4],
            vec![1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0]
        )
    );
}

#[test]
fn interpolation_is_torchs() {
    let linear = || one("Resize", 13).string("mode", "linear");
    assert_eq!(first_row(by(linear(), 2.0).first()), [1.0, 1.25, 1.75, 2.0]);
    let corners = linear().string("coordinate_transformation_mode", "align_corners");
    assert_eq!(first_row(to(corners, 3).first()), [1.0, 1.5, 2.0]);
}

#[test]
fn what_torch_interpolates_in_another_way_is_refused() {
    let with = |pairs: &[(&str, &str)]| {
        let operator = one("Resize", 19).string("mode", "linear");
        let named = |operator: One, (name, value): &(&str, &str)| operator.string(name, value);
        by(pairs.iter().fold(operator, named), 1.7)
    };
    let coordinates = "coordinate_transformation_mode";
    assert!(
        with(&[(coordinates, "asymmetric")])
            .refusal()
            .starts_with("at asymmetric")
    );
    let aligned = with(&[(coordinates, "align_corners")]);
    assert_eq!(
        aligned.refusal(),
        "at coordinates that torch's interpolation has not"
    );
    let cropped = with(&[(coordinates, "tf_crop_and_resize")]);
    assert_eq!(
        cropped.refusal(),
        "with 'tf_crop_and_resize', which torch has not"
    );
    let cubic = with(&[("mode", "cubic")]).float("cubic_coeff_a", -0.5);
    assert!(cubic.refusal().starts_with("with another cubic filter"));
    let whole = one("Resize", 19)
        .string("mode", "linear")
        .fed(longs(&[1, 1, 2], &[1, 2]));
    let whole = whole.absent().known(floats(&[3], &[1.0, 1.0, 2.0]));
    assert_eq!(whole.refusal(), "by interpolation on other than floats");
}

#[test]
fn smoothing_that_repeats_the_edge_is_refused_unless_nothing_shrinks() {
    let smooth = || {
        one("Resize", 19)
            .string("mode", "linear")
            .int("antialias", 1)
    };
    assert!(by(smooth(), 0.5).refusal().contains("smoothing"));
    assert!(to(smooth(), 1).refusal().contains("repeats the edge"));
    assert_eq!(first_row(by(smooth(), 2.0).first()), [1.0, 1.25, 1.75, 2.0]);
    let torchs = by(smooth().int("exclude_outside", 1), 0.5);
    assert_eq!(torchs.first(), (vec![1, 1, 1, 1], vec![2.5]));
}

#[test]
fn integers_and_channels_are_resized_by_choosing_rows() {
    let operator = one("Resize", 19).ints("axes", &[1, 0]);
    let operator = operator
        .fed(longs(&[2, 2], &[1, 2, 3, 4]))
        .absent()
        .absent();
    let found = operator.fed(longs(&[2], &[4, 1])).first();
    assert_eq!(found, (vec![1, 4], vec![1.0, 1.0, 2.0, 2.0]));
}

#[test]
fn an_aspect_is_kept_below_or_above_the_sizes() {
    let keep = |policy: &str| {
        let operator = one("Resize", 19).string("keep_aspect_ratio_policy", policy);
        let operator = operator
            .ints("axes", &[2, 3])
            .fed(square())
            .absent()
            .absent();
        operator.fed(longs(&[2], &[3, 5])).first().0
    };
    assert_eq!(keep("stretch"), [1, 1, 3, 5]);
    assert_eq!(keep("not_larger"), [1, 1, 3, 3]);
    assert_eq!(keep("not_smaller"), [1, 1, 5, 5]);
}

#[test]
fn sizes_that_cannot_be_are_errors() {
    let error = |operator: One| operator.run().expect_err("impossible");
    assert!(error(to(one("Resize", 13), 0)).contains("from 2 to 0 elements"));
    assert!(error(to(one("Resize", 13), i64::MAX)).contains("elements"));
    let few = one("Resize", 13)
        .fed(square())
        .absent()
        .absent()
        .fed(longs(&[1], &[2]));
    assert!(error(few).contains("with 1 factors or sizes for 4 axes"));
}
