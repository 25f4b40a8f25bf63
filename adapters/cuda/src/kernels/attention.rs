//! Attention as one kernel: by the tensor cores where the sizes are theirs, else in 32 bits.

use tare_models::DataType;

use super::index::leading;
use super::source::{Config, Writer};
use super::{Context, Launch, Made};
use crate::view::View;

/// Memory that the threads of a block share, on every device.
const SHARED_BYTES: usize = 48 << 10;
/// Queries of a block and keys at a time, the first that fit.
const TILES: [[usize; 2]; 5] = [[32, 32], [32, 16], [16, 16], [8, 8], [8, 4]];
/// Queries of one warp.
const ROWS: usize = 16;
/// The largest head whose sums the registers of a warp hold.
const WIDEST: usize = 128;

/// The sizes of a step.
struct Sizes {
    heads: usize,
    queries: usize,
    keys: usize,
    depth: usize,
    value: usize,
}

fn from_end(view: &View, axis: usize) -> usize {
    view.shape[view.shape.len() - 1 - axis]
}

fn pitch(view: &View) -> isize {
    view.step(view.shape.len() - 2)
}

impl Context<'_> {
    pub(super) fn attention(&self, writer: &mut Writer, scale: f32) -> Result<Made, String> {
        let [q, k, v] = [self.input("q")?, self.input("k")?, self.input("v")?];
        let (y, mask) = (self.output()?, self.step.input("mask"));
        if [k, v].iter().any(|view| self.dtype(view) != self.dtype(q)) {
            return Err("its queries, keys and values are of different types".to_owned());
        }
        let sizes = Sizes {
            heads: q.elements() / (from_end(q, 0) * from_end(q, 1)),
            queries: from_end(q, 1),
            keys: from_end(k, 1),
            depth: from_end(q, 0),
            value: from_end(v, 0),
        };
        let config = Config::default()
            .with_type("X", self.typed(q)?)
            .with_type("Y", self.typed(y)?)
            .with_type("M", mask.map_or(Ok("float"), |mask| self.typed(mask))?)
            .with("ALL_QUERIES", sizes.queries)
            .with("ALL_KEYS", sizes.keys)
            .with_int("DEPTH", sizes.depth)
            .with_int("VALUE", sizes.value)
            .with_offset("q", &leading(q, 2, "at"))
            .with_offset("k", &leading(k, 2, "at"))
            .with_offset("v", &leading(v, 2, "at"))
            .with_offset("y", &leading(y, 2, "at"))
            .with_offset(
                "mask",
                &mask.map_or("0".to_owned(), |mask| leading(mask, 2, "at")),
            )
            .with_signed("Q_PITCH", pitch(q))
            .with_signed("K_PITCH", pitch(k))
            .with_signed("V_PITCH", pitch(v))
            .with_signed("Y_PITCH", pitch(y))
            .with_signed("MASK_DOWN", mask.map_or(0, pitch))
            .with_signed(
                "MASK_RIGHT",
                mask.map_or(0, |mask| mask.step(mask.shape.len() - 1)),
            )
            .with_flag("MASKED", mask.is_some())
            .with_flag("BRAIN", self.dtype(q) == DataType::Bf16)
            .with_float("scale", scale);
        match self.suits_warps(&sizes, [q, k, v]) {
            true => self.by_warps(writer, config, &sizes),
            false => self.by_threads(writer, config, &sizes),
        }
    }

    /// Whether the tensor cores can read the operands: in pairs of 16 bits, whole tiles of them.
    fn suits_warps(&self, sizes: &Sizes, operands: [&View; 3]) -> bool {
        let is_even = |view: &View| {
            let outer = view
                .strides
                .split_last()
                .map_or(&[][..], |(_, outer)| outer);
            view.offset.is_multiple_of(2) && outer.iter().all(|stride| stride % 2 == 0)
        };
        self.dtype(operands[0]) != DataType::F32
            && sizes.depth.is_multiple_of(ROWS)
            && sizes.value.is_multiple_of(8)
            && sizes.depth.max(sizes.value) <= WIDEST
            && operands[..2].iter().all(|view| is_even(view))
    }

    fn by_warps(&self, writer: &mut Writer, config: Config, sizes: &Sizes) -> Result<Made, String> {
        let tiles = sizes.queries.div_ceil(ROWS);
        let many = sizes.heads * tiles > 8 * self.target.multiprocessors as usize;
        let warps = if many { 4.min(tiles) } else { 1 };
        let config = config.with("WARPS", warps);
        let threads = 32 * warps as u32;
        let grid = grid(tiles.div_ceil(warps), sizes.heads)?;
        self.attend(writer, "attend_by_warps", &config, grid, threads)
    }

    fn by_threads(
        &self,
        writer: &mut Writer,
        config: Config,
        sizes: &Sizes,
    ) -> Result<Made, String> {
        let (depth, value) = (sizes.depth + 1, sizes.value + 1);
        let bytes = |[queries, keys]: [usize; 2]| {
            4 * (queries * depth + keys * (depth + value) + queries * (keys + 1))
        };
        let tile = TILES.into_iter().find(|tile| bytes(*tile) <= SHARED_BYTES);
        let [queries, keys] = tile.ok_or_else(|| {
            format!(
                "heads of {} and {} are wider than a block holds",
                sizes.depth, sizes.value
            )
        })?;
        let config = config.with_int("QUERIES", queries).with_int("KEYS", keys);
        let grid = grid(sizes.queries.div_ceil(queries), sizes.heads)?;
        self.attend(writer, "attend", &config, grid, 4 * queries as u32)
    }

    fn attend(
        &self,
        writer: &mut Writer,
        function: &str,
        config: &Config,
        grid: [u32; 3],
        threads: u32,
    ) -> Result<Made, String> {
        let launch = Launch {
            kernel: writer.call("attention", function, config, threads),
            grid,
            threads,
            arguments: self.addresses(),
        };
        Ok(launch.into())
    }
}

/// Heads lie along the second axis, which counts to 65,535.
fn grid(tiles: usize, heads: usize) -> Result<[u32; 3], String> {
    match (u32::try_from(tiles), u16::try_from(heads)) {
        (Ok(tiles), Ok(heads)) => Ok([tiles, heads.into(), 1]),
        _ => Err(format!(
            "{heads} heads are more than a device counts: at most 65535"
        )),
    }
}
