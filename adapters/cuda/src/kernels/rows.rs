//! Softmax, layer normalisation and reductions: as many threads a row as its width keeps busy.

use super::source::{Config, Writer};
use super::{Context, Launch, Made};
use crate::step::Reduction;
use crate::view::View;

/// Threads a block of short rows.
const BLOCK: u32 = 128;
/// Elements of a row that a thread has, before more threads share it.
const EACH: usize = 8;

/// How rows are laid over threads.
struct Layout {
    rows: usize,
    width: usize,
    /// A power of two: those of one warp, or whole blocks.
    threads: u32,
    /// Of one block.
    together: u32,
}

impl Layout {
    fn of(rows: usize, width: usize) -> Self {
        let wanted = width.div_ceil(EACH).next_power_of_two();
        let threads = match wanted {
            0..=32 => wanted as u32,
            33..=128 => BLOCK,
            _ => 2 * BLOCK,
        };
        Self {
            rows,
            width,
            threads,
            together: (BLOCK / threads).max(1),
        }
    }

    fn config(&self) -> Config {
        Config::default()
            .with("COUNT", self.rows)
            .with("WIDTH", self.width)
            .with("THREADS", self.threads)
            .with("ROWS", self.together)
    }

    fn block(&self) -> u32 {
        self.threads * self.together
    }

    fn grid(&self) -> Result<[u32; 3], String> {
        let blocks = self.rows.div_ceil(self.together as usize);
        let blocks = i32::try_from(blocks)
            .map_err(|_| format!("{} rows are more than a device counts", self.rows))?;
        Ok([blocks.unsigned_abs(), 1, 1])
    }
}

/// From one row to the next of a view whose rows lie the same distance apart.
fn pitch(view: &View) -> isize {
    let axes = view.shape.iter().zip(&view.strides).rev().skip(1);
    axes.filter(|(size, _)| **size > 1)
        .map(|(_, stride)| *stride)
        .next()
        .unwrap_or(0)
}

fn shape_of(view: &View) -> (usize, usize) {
    let width = view.shape.last().copied().unwrap_or(1);
    (view.elements() / width.max(1), width)
}

impl Context<'_> {
    pub(super) fn softmax(&self, writer: &mut Writer, log: bool) -> Result<Made, String> {
        let (x, y) = (self.input("x")?, self.output()?);
        let (rows, width) = shape_of(x);
        let layout = Layout::of(rows, width);
        let config = layout
            .config()
            .with_type("X", self.typed(x)?)
            .with_type("Y", self.typed(y)?)
            .with_signed("X_PITCH", pitch(x))
            .with_signed("Y_PITCH", pitch(y))
            .with_flag("LOG", log);
        self.rows(writer, "softmax", "softmax", &layout, &config)
    }

    pub(super) fn reduce(
        &self,
        writer: &mut Writer,
        function: Reduction,
        axes: usize,
    ) -> Result<Made, String> {
        let (x, y) = (self.input("x")?, self.output()?);
        let kept = x.shape.len().saturating_sub(axes);
        let width: usize = x.shape[kept..].iter().product();
        let layout = Layout::of(x.elements() / width.max(1), width);
        let config = layout
            .config()
            .with_type("X", self.typed(x)?)
            .with_type("Y", self.typed(y)?)
            .with_flag("MEAN", function == Reduction::Mean);
        let with = match function {
            Reduction::Sum | Reduction::Mean => "Sum",
            Reduction::Max => "Largest",
            Reduction::Min => "Least",
            Reduction::Product => "Multiplied",
        };
        self.rows(
            writer,
            "reduce",
            &format!("reduce<{with}, "),
            &layout,
            &config,
        )
    }

    pub(super) fn layer_norm(&self, writer: &mut Writer, epsilon: f32) -> Result<Made, String> {
        let (x, y) = (self.input("x")?, self.output()?);
        let (rows, width) = shape_of(x);
        let layout = Layout::of(rows, width);
        let residual = self.step.input("residual");
        let (scale, bias) = (self.step.input("scale"), self.step.input("bias"));
        let kept = self.step.outputs.get(1);
        let typed = |view: Option<&View>| view.map_or(Ok("float"), |view| self.typed(view));
        let apart = |view: Option<&View>| view.map_or(0, pitch);
        let config = layout
            .config()
            .with_type("X", self.typed(x)?)
            .with_type("Y", self.typed(y)?)
            .with_type("R", typed(residual)?)
            .with_type("S", typed(kept)?)
            .with_type("W", typed(scale)?)
            .with_type("B", typed(bias)?)
            .with_signed("X_PITCH", pitch(x))
            .with_signed("Y_PITCH", pitch(y))
            .with_signed("R_PITCH", apart(residual))
            .with_signed("S_PITCH", apart(kept))
            .with_flag("RESIDUAL", residual.is_some())
            .with_flag("SCALED", scale.is_some())
            .with_flag("BIASED", bias.is_some())
            .with_flag("KEPT", kept.is_some())
            .with_float("epsilon", epsilon);
        self.rows(writer, "layer_norm", "layer_norm", &layout, &config)
    }

    fn rows(
        &self,
        writer: &mut Writer,
        kind: &str,
        function: &str,
        layout: &Layout,
        config: &Config,
    ) -> Result<Made, String> {
        let threads = layout.block();
        let launch = Launch {
            kernel: writer.call(kind, function, config, threads),
            grid: layout.grid()?,
            threads,
            arguments: self.addresses(),
        };
        Ok(launch.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::BufferId;

    #[test]
    fn a_row_has_as_many_threads_as_its_width_keeps_busy() {
        let of = |width: usize| {
            let layout = Layout::of(1000, width);
            (layout.threads, layout.together, layout.block())
        };
        assert_eq!(of(1), (1, 128, 128));
        assert_eq!(of(64), (8, 16, 128));
        assert_eq!(of(256), (32, 4, 128));
        assert_eq!(of(768), (128, 1, 128));
        assert_eq!(of(50_257), (256, 1, 256));
    }

    #[test]
    fn all_rows_have_a_block() {
        assert_eq!(Layout::of(9, 256).grid(), Ok([3, 1, 1]));
        assert_eq!(Layout::of(1, 4096).grid(), Ok([1, 1, 1]));
        assert!(Layout::of(usize::MAX / 8, 1).grid().is_err());
    }

    #[test]
    fn rows_are_as_far_apart_as_the_last_axis_before_them_says() {
        let whole = View::whole(BufferId(0), &[2, 3, 4]);
        assert_eq!(pitch(&whole), 4);
        assert_eq!(pitch(&whole.slice(2, 0, 1, 2)), 4);
        assert_eq!(pitch(&View::whole(BufferId(0), &[1, 1, 7])), 0);
    }
}
