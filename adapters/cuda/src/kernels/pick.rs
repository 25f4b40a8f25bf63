//! Gathering and pooling: a thread an element of the result.

use super::source::{Config, Writer};
use super::{Address, Context, Launch, Made, THREADS, blocks};
use crate::step::{Pooling, Window};

impl Config {
    /// Where a window lies over maps of this height and width, and over results of that.
    pub(super) fn with_window(self, window: &Window, map: [usize; 2], made: [usize; 2]) -> Self {
        self.with_int("HEIGHT", map[0])
            .with_int("WIDTH", map[1])
            .with_int("ROWS", made[0])
            .with_int("COLUMNS", made[1])
            .with_int("KERNEL_HEIGHT", window.kernel[0])
            .with_int("KERNEL_WIDTH", window.kernel[1])
            .with_int("STRIDE_DOWN", window.strides[0])
            .with_int("STRIDE_RIGHT", window.strides[1])
            .with_int("PAD_TOP", window.pads[0])
            .with_int("PAD_LEFT", window.pads[1])
            .with_int("DILATION_DOWN", window.dilations[0])
            .with_int("DILATION_RIGHT", window.dilations[1])
    }
}

impl Context<'_> {
    pub(super) fn gather(&self, writer: &mut Writer, axis: usize) -> Result<Made, String> {
        let (table, indices) = (self.input("table")?, self.input("indices")?);
        let output = self.output()?;
        let inner: usize = table.shape[axis + 1..].iter().product();
        let config = Config::default()
            .with_type("X", self.typed(table)?)
            .with_type("I", self.typed(indices)?)
            .with_type("Y", self.typed(output)?)
            .with_wide("ELEMENTS", output.elements())
            .with_wide("INNER", inner)
            .with_wide("COUNT", indices.elements())
            .with_wide("SIZE", table.shape[axis])
            .with("STEP", self.number);
        let mut arguments = self.addresses();
        arguments.push(Address::Faults);
        let launch = Launch {
            kernel: writer.call("gather", "gather", &config, THREADS),
            grid: blocks(output.elements() as u64)?,
            threads: THREADS,
            arguments,
        };
        Ok(launch.into())
    }

    pub(super) fn pool(
        &self,
        writer: &mut Writer,
        function: Pooling,
        window: &Window,
    ) -> Result<Made, String> {
        let (x, y) = (self.input("x")?, self.output()?);
        let config = Config::default()
            .with_type("X", self.typed(x)?)
            .with_type("Y", self.typed(y)?)
            .with_wide("ELEMENTS", y.elements())
            .with_window(window, [x.shape[2], x.shape[3]], [y.shape[2], y.shape[3]])
            .with_flag("LARGEST", function == Pooling::Max)
            .with_flag("MEAN", function == Pooling::Average)
            .with_flag("PADDED_MEAN", function == Pooling::PaddedAverage);
        let launch = Launch {
            kernel: writer.call("pool", "pool", &config, THREADS),
            grid: blocks(y.elements() as u64)?,
            threads: THREADS,
            arguments: self.addresses(),
        };
        Ok(launch.into())
    }
}
