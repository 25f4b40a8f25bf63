//! Convolutions as products with windows that are never written out, over parts of the depth where tiles are few.

use tare_models::DataType;
use tare_units::Bytes;

use super::product::activation_number;
use super::source::{Config, Writer};
use super::{Address, Context, Launch, Made, THREADS, Work, blocks};
use crate::step::{Epilogue, Window};
use crate::view::View;

/// Filters, and pixels, of one block; and places of the depth that it reads at once: `TILE` and `STEP` of the source.
const TILE: usize = 64;
const STEP: usize = 16;
/// Threads of a block: `THREADS` of the source.
const BLOCK: u32 = 128;
/// Places of the depth that a block sums at least, so that its sums are worth being written out.
const SHORTEST: usize = 8 * STEP;

/// The sizes of a convolution as a product.
struct Sizes {
    filters: usize,
    depth: usize,
    pixels: usize,
}

impl Context<'_> {
    pub(super) fn convolution(
        &self,
        writer: &mut Writer,
        window: &Window,
        groups: usize,
        epilogue: Epilogue,
    ) -> Result<Made, String> {
        let (x, weight, y) = (self.input("x")?, self.input("weight")?, self.output()?);
        if self.dtype(x) != self.dtype(weight) {
            let (map, own) = (self.dtype(x), self.dtype(weight));
            return Err(format!("its map is {map}, its weights are {own}"));
        }
        let sizes = Sizes {
            filters: y.shape[1] / groups,
            depth: weight.shape[1..].iter().product(),
            pixels: y.shape[0] * y.shape[2] * y.shape[3],
        };
        let parts = match groups {
            1 => self.parts(&sizes),
            _ => 1,
        };
        let config = self.convolution_config([x, y], &sizes, window, groups, epilogue)?;
        let config = config.with("PARTS", parts);
        let mut arguments = self.addresses();
        arguments.push(Address::Workspace);
        match groups {
            1 => self.by_tiles(writer, &config, &sizes, parts, arguments),
            _ => {
                let launch = Launch {
                    kernel: writer.call("convolution", "convolve_groups", &config, THREADS),
                    grid: blocks(y.elements() as u64)?,
                    threads: THREADS,
                    arguments,
                };
                Ok(launch.into())
            }
        }
    }

    fn convolution_config(
        &self,
        [x, y]: [&View; 2],
        sizes: &Sizes,
        window: &Window,
        groups: usize,
        epilogue: Epilogue,
    ) -> Result<Config, String> {
        let typed = |role: &str| match self.step.input(role) {
            Some(view) => self.typed(view),
            None => Ok("float"),
        };
        Ok(Config::default()
            .with_type("X", self.typed(x)?)
            .with_type("Y", self.typed(y)?)
            .with_type("B", typed("bias")?)
            .with_type("R", typed("residual")?)
            .with_window(window, [x.shape[2], x.shape[3]], [y.shape[2], y.shape[3]])
            .with("CHANNELS", x.shape[1] / groups)
            .with("GROUPS", groups)
            .with("FILTERS", sizes.filters)
            .with("DEPTH", sizes.depth)
            .with("PIXELS", sizes.pixels)
            .with_flag("BIASED", epilogue.bias)
            .with_flag("RESIDUAL", epilogue.residual)
            .with_int("ACTIVATION", activation_number(epilogue.activation))
            .with_flag("BRAIN", self.dtype(x) == DataType::Bf16))
    }

    /// Into how many parts the depth is cut, so that all multiprocessors have a block.
    fn parts(&self, sizes: &Sizes) -> usize {
        let tiles = sizes.filters.div_ceil(TILE) * sizes.pixels.div_ceil(TILE);
        let wanted = (self.target.multiprocessors as usize / tiles.max(1)).max(1);
        let steps = sizes.depth.div_ceil(STEP);
        let parts = wanted.min((sizes.depth / SHORTEST).max(1));
        steps.div_ceil(steps.div_ceil(parts))
    }

    fn by_tiles(
        &self,
        writer: &mut Writer,
        config: &Config,
        sizes: &Sizes,
        parts: usize,
        arguments: Vec<Address>,
    ) -> Result<Made, String> {
        let across = |size: usize| {
            u32::try_from(size.div_ceil(TILE))
                .map_err(|_| format!("{size} is more than a device counts"))
        };
        let function = match self.dtype(self.input("x")?) {
            DataType::F32 => "convolve",
            _ => "convolve_by_warps",
        };
        let tiles = Launch {
            kernel: writer.call("convolution", function, config, BLOCK),
            grid: [across(sizes.pixels)?, across(sizes.filters)?, parts as u32],
            threads: BLOCK,
            arguments: arguments.clone(),
        };
        let mut made = Made::from(tiles);
        if parts > 1 {
            let results = (sizes.filters * sizes.pixels) as u64;
            made.workspace = Bytes::from_bytes(results * parts as u64 * 4);
            made.works.push(Work::Launch(Launch {
                kernel: writer.call("convolution_sum", "gather_parts", config, THREADS),
                grid: blocks(results)?,
                threads: THREADS,
                arguments,
            }));
        }
        Ok(made)
    }
}
