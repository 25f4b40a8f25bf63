//! A plan as a table: a line a step, then the totals.

use std::collections::BTreeMap;

use tare_units::Bytes;

use super::{Place, Plan, PlannedStep};
use crate::step::{Activation, Kind};
use crate::view::View;

/// The plan as text: number, kind, the operators that went into it, shapes, FLOPs, bytes and places of each step.
pub fn render(plan: &Plan) -> String {
    let heads = [
        "step",
        "kind",
        "operators",
        "result",
        "FLOPs",
        "bytes",
        "reads",
        "writes",
    ];
    let mut rows = vec![heads.map(str::to_owned)];
    for (number, step) in plan.steps.iter().enumerate() {
        rows.push(row(plan, number, step));
    }
    aligned(&rows) + &totals(plan)
}

fn row(plan: &Plan, number: usize, planned: &PlannedStep) -> [String; 8] {
    let step = &planned.step;
    let places = |views: &[View]| {
        let places = views.iter().map(|view| place(plan, view));
        places.collect::<Vec<_>>().join(" ")
    };
    let shapes = step.outputs.iter().map(|view| format!("{:?}", view.shape));
    [
        number.to_string(),
        kind_name(&step.kind),
        operators(planned),
        shapes.collect::<Vec<_>>().join(" "),
        planned.flops.to_string(),
        planned.bytes.to_string(),
        places(&step.inputs),
        places(&step.outputs),
    ]
}

/// The kind with what is fused into it, such as `product+bias+gelu`.
pub fn kind_name(kind: &Kind) -> String {
    let base = match kind {
        Kind::Map { program } if program.is_identity() => "copy",
        Kind::Map { .. } => "map",
        Kind::Product { .. } => "product",
        Kind::Attention { .. } => "attention",
        Kind::LayerNorm { .. } => "layer-norm",
        Kind::Convolution { .. } => "convolution",
        Kind::Pool { .. } => "pool",
        Kind::Softmax { .. } => "softmax",
        Kind::Reduce { .. } => "reduce",
        Kind::Gather { .. } => "gather",
    };
    let fused = ["bias", "residual", "mask"].into_iter().filter(|role| {
        let is_vector = *role == "bias" && matches!(kind, Kind::LayerNorm { .. });
        kind.roles().contains(role) && !is_vector
    });
    let activation = kind.epilogue().and_then(|epilogue| epilogue.activation);
    let activation = activation.map(|activation| match activation {
        Activation::Relu => "relu",
        Activation::Gelu => "gelu",
        Activation::GeluTanh => "gelu-tanh",
    });
    let parts: Vec<&str> = std::iter::once(base)
        .chain(fused)
        .chain(activation)
        .collect();
    parts.join("+")
}

/// The kinds of operators in the order of the file, those that follow each other counted: `Div Add Softmax` or `3×MatMul`.
fn operators(planned: &PlannedStep) -> String {
    let mut counted: Vec<(&str, usize)> = Vec::new();
    for source in &planned.step.sources {
        match counted.last_mut() {
            Some((kind, count)) if *kind == source.op_type => *count += 1,
            _ => counted.push((&source.op_type, 1)),
        }
    }
    let words = counted.iter().map(|(kind, count)| match count {
        1 => (*kind).to_owned(),
        _ => format!("{count}×{kind}"),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn place(plan: &Plan, view: &View) -> String {
    let buffer = plan.buffer(view.buffer);
    let width = buffer.dtype.bits().unwrap_or(8) / 8;
    let within = view.offset as u64 * width;
    let at = |what: &str, number: usize| match within {
        0 => format!("{what}{number}"),
        _ => format!("{what}{number}+{within}"),
    };
    match buffer.place {
        Place::Input(number) => at("in", number),
        Place::Output(number) => at("out", number),
        Place::Weight(number) => at("w", number),
        Place::Arena(offset) => format!("@{}", offset.as_bytes() + within),
    }
}

fn totals(plan: &Plan) -> String {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for planned in &plan.steps {
        *kinds.entry(kind_name(&planned.step.kind)).or_default() += 1;
    }
    let kinds: Vec<String> = kinds
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    let exact = |bytes: Bytes| format!("{} bytes ({bytes})", bytes.as_bytes());
    format!(
        "\nsteps     {}: {}\nFLOPs     {}\narena     {}; {} live at once, {} if no buffer shared its place\nweights   {}\n",
        plan.steps.len(),
        kinds.join(", "),
        plan.flops,
        exact(plan.arena_bytes),
        plan.peak_bytes.as_bytes(),
        plan.unshared_bytes.as_bytes(),
        exact(plan.weight_bytes),
    )
}

/// Rows of cells, each column as wide as its widest cell.
fn aligned(rows: &[[String; 8]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..8).map(width).collect();
    let line = |row: &[String; 8]| {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        format!("{}\n", line.trim_end())
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use tare_models::build::Init;

    use crate::fuse::testing::Case;
    use crate::fuse::{all, chains};
    use crate::layout::lay_out;
    use crate::plan::{Plan, render};

    #[test]
    fn a_table_has_a_line_a_step_and_the_totals() {
        let case = Case::new(&[&[2, 4]], |b, x| {
            let weight = b.weight("w", &[4, 8], Init::fan_in(4, 1.0));
            let y = b.op("MatMul", &[&x[0], &weight]);
            let y = b.op("Relu", &[&y]);
            let y = b.transpose(&y, &[1, 0]);
            let y = b.op("Exp", &[&y]);
            vec![(b.op("Tanh", &[&y]), &[8, 2])]
        });
        let plain = render(&Plan::of(lay_out(case.draft.clone())).0);
        let (fused, _) = Plan::of(chains(lay_out(all(case.draft))));
        assert_eq!(
            render(&fused),
            "step  kind          operators    result  FLOPs     bytes  reads   writes
0     product+relu  MatMul Relu  [2, 8]  144 FLOP  224 B  in0 w0  @0
1     map           Exp Tanh     [8, 2]  320 FLOP  128 B  @0      out0

steps     2: 1 map, 1 product+relu
FLOPs     464 FLOP
arena     256 bytes (256 B); 256 live at once, 256 if no buffer shared its place
weights   128 bytes (128 B)
"
        );
        assert!(plain.contains("steps     4: 3 map, 1 product"), "{plain}");
    }
}
