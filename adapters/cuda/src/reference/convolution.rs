//! Convolutions as products with the windows laid out as columns, and poolings.

use super::execute::conclude;
use super::map::greater;
use super::memory::Memory;
use super::product::add_product;
use crate::step::{Epilogue, Pooling, Step, Window};

pub(super) fn execute(
    memory: &mut Memory,
    step: &Step,
    window: &Window,
    groups: usize,
    epilogue: &Epilogue,
) -> Result<(), String> {
    let [x, weight, ..] = step.inputs.as_slice() else {
        return Err("it has no map and weights".to_owned());
    };
    let output = step.outputs.first().ok_or("it writes nothing")?;
    let (channels, map) = (x.shape[1] / groups, [x.shape[2], x.shape[3]]);
    let (made, rows) = ([output.shape[2], output.shape[3]], output.shape[1] / groups);
    let area = made[0] * made[1];
    let depth = channels * window.kernel[0] * window.kernel[1];
    let (maps, weights) = (memory.floats(x), memory.floats(weight));
    let mut values = vec![0.0; output.elements()];
    if let Some(bias) = step.input("bias") {
        let bias = memory.floats(bias);
        let each = values.chunks_exact_mut(area).zip(bias.iter().cycle());
        each.for_each(|(map, bias)| map.fill(*bias));
    }
    for (part, result) in values.chunks_exact_mut(rows * area).enumerate() {
        let size = channels * map[0] * map[1];
        let columns = columns(&maps[part * size..][..size], map, made, window);
        let weights = &weights[part % groups * rows * depth..][..rows * depth];
        add_product(weights, &columns, [rows, depth, area], result);
    }
    conclude(memory, step, epilogue, &mut values);
    memory.write_floats(output, &values);
    Ok(())
}

/// [channels · kernel, places]: what each place of the kernel sees from each place of the result, zero beyond the map.
fn columns(maps: &[f32], map: [usize; 2], made: [usize; 2], window: &Window) -> Vec<f32> {
    let channels = maps.chunks_exact(map[0] * map[1]);
    let mut columns = Vec::new();
    for channel in channels {
        for row in 0..window.kernel[0] {
            for column in 0..window.kernel[1] {
                for y in 0..made[0] {
                    for x in 0..made[1] {
                        let seen = place(window, map, [y, x], [row, column]);
                        columns.push(seen.map_or(0.0, |place| channel[place]));
                    }
                }
            }
        }
    }
    columns
}

/// The place of the map that is seen; `None` beyond it.
fn place(window: &Window, map: [usize; 2], at: [usize; 2], within: [usize; 2]) -> Option<usize> {
    let along = |axis: usize| {
        let place = at[axis] * window.strides[axis] + within[axis] * window.dilations[axis];
        place
            .checked_sub(window.pads[axis])
            .filter(|place| *place < map[axis])
    };
    Some(along(0)? * map[1] + along(1)?)
}

pub(super) fn pool(
    memory: &mut Memory,
    step: &Step,
    function: Pooling,
    window: &Window,
) -> Result<(), String> {
    let x = step.inputs.first().ok_or("it reads nothing")?;
    let output = step.outputs.first().ok_or("it writes nothing")?;
    let (map, made) = ([x.shape[2], x.shape[3]], [output.shape[2], output.shape[3]]);
    let mut values = Vec::with_capacity(output.elements());
    for channel in memory.floats(x).chunks_exact(map[0] * map[1]) {
        for y in 0..made[0] {
            for x in 0..made[1] {
                values.push(pooled(channel, map, [y, x], function, window));
            }
        }
    }
    memory.write_floats(output, &values);
    Ok(())
}

fn pooled(
    channel: &[f32],
    map: [usize; 2],
    at: [usize; 2],
    function: Pooling,
    window: &Window,
) -> f32 {
    let [height, width] = window.kernel;
    let within = (0..height).flat_map(|row| (0..width).map(move |column| [row, column]));
    let seen = within.filter_map(|within| place(window, map, at, within));
    let seen: Vec<f32> = seen.map(|place| channel[place]).collect();
    match function {
        Pooling::Max => seen.iter().copied().fold(f32::NEG_INFINITY, greater),
        Pooling::Average => seen.iter().sum::<f32>() / seen.len() as f32,
        Pooling::PaddedAverage => seen.iter().sum::<f32>() / (height * width) as f32,
    }
}
