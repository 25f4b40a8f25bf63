//! The inverse of the small symmetric matrices that fits need.

/// Rows of equal length.
pub type Matrix = Vec<Vec<f64>>;

/// The sum of the products, place by place.
pub fn product(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

/// By Gauss and Jordan with row pivots, after rows and columns are scaled so that the diagonal is one; `None` where a
/// pivot is lost in rounding.
pub fn inverse(symmetric: &Matrix) -> Option<Matrix> {
    let width = symmetric.len();
    let scales: Vec<f64> = (0..width)
        .map(|place| symmetric[place][place].sqrt())
        .collect();
    if !scales.iter().all(|scale| *scale > 0.0 && scale.is_finite()) {
        return None;
    }
    let unit = |line: usize, column: usize| f64::from(u8::from(line == column));
    let mut rows: Matrix = (0..width)
        .map(|line| {
            let scaled =
                (0..width).map(|column| symmetric[line][column] / scales[line] / scales[column]);
            scaled
                .chain((0..width).map(|column| unit(line, column)))
                .collect()
        })
        .collect();
    for place in 0..width {
        pivot(&mut rows, place)?;
    }
    let inverted = rows.iter().enumerate().map(|(line, row)| {
        let cells = row[width..].iter().zip(&scales);
        cells
            .map(|(cell, scale)| cell / scale / scales[line])
            .collect()
    });
    Some(inverted.collect())
}

fn pivot(rows: &mut Matrix, place: usize) -> Option<()> {
    let largest = (place..rows.len()).max_by(|one, other| {
        let size = |line: usize| rows[line][place].abs();
        size(*one).total_cmp(&size(*other))
    })?;
    rows.swap(place, largest);
    let by = rows[place][place];
    if by.abs() < LOST {
        return None;
    }
    rows[place].iter_mut().for_each(|cell| *cell /= by);
    let chosen = rows[place].clone();
    for (line, row) in rows.iter_mut().enumerate() {
        if line != place {
            let times = row[place];
            let cells = row.iter_mut().zip(&chosen);
            cells.for_each(|(cell, one)| *cell -= times * one);
        }
    }
    Some(())
}

const LOST: f64 = 1e-10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_times_its_inverse_is_one() {
        let matrix = vec![
            vec![4.0, 2e6, 0.5],
            vec![2e6, 9e12, 1e6],
            vec![0.5, 1e6, 2.0],
        ];
        let inverted = inverse(&matrix).expect("regular");
        for (line, row) in matrix.iter().enumerate() {
            for column in 0..3 {
                let of = inverted.iter().map(|row| row[column]).collect::<Vec<_>>();
                let expected = if line == column { 1.0 } else { 0.0 };
                let scale = matrix[line][line].sqrt() / matrix[column][column].sqrt();
                assert!((product(row, &of) / scale - expected / scale).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn what_cannot_be_inverted_is_refused() {
        assert_eq!(inverse(&vec![vec![1.0, 2.0], vec![2.0, 4.0]]), None);
        assert_eq!(inverse(&vec![vec![0.0]]), None);
        assert_eq!(inverse(&vec![vec![f64::NAN]]), None);
    }
}
