//! Rows that indices choose.

use tare_adapter_api::DataType;

use super::memory::Memory;
use crate::expression::computed;
use crate::step::Step;
use crate::view::View;

pub(super) fn gather(memory: &mut Memory, step: &Step, axis: usize) -> Result<(), String> {
    let [table, indices] = step.inputs.as_slice() else {
        return Err("it has no table and indices".to_owned());
    };
    let output = step.outputs.first().ok_or("it writes nothing")?;
    let size = table.shape[axis];
    let mut places = Vec::with_capacity(indices.elements());
    for index in memory.integers(indices) {
        let counted = if index < 0 {
            index + size as i64
        } else {
            index
        };
        let place = usize::try_from(counted).ok().filter(|place| *place < size);
        places.push(place.ok_or_else(|| format!("index {index} of an axis of {size}"))?);
    }
    match computed(memory.dtype(table)) {
        DataType::F32 => {
            let values = picked(table, axis, &places, &memory.floats(table));
            memory.write_floats(output, &values);
        }
        _ => {
            let values = picked(table, axis, &places, &memory.integers(table));
            memory.write_integers(output, &values);
        }
    }
    Ok(())
}

fn picked<T: Copy>(table: &View, axis: usize, places: &[usize], all: &[T]) -> Vec<T> {
    let outer: usize = table.shape[..axis].iter().product();
    let inner: usize = table.shape[axis + 1..].iter().product();
    let mut values = Vec::with_capacity(outer * places.len() * inner);
    for block in 0..outer {
        for place in places {
            let start = (block * table.shape[axis] + place) * inner;
            values.extend_from_slice(&all[start..start + inner]);
        }
    }
    values
}
