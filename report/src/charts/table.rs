//! The numbers behind a chart, or what is said in numbers beside charts.

use super::values::Value;

/// Columns, and a row for each thing that the chart shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// From left to right.
    pub columns: Vec<Column>,
    /// From top to bottom.
    pub rows: Vec<Row>,
    /// The column before which doubts stand; `None` where its rows are not of cells.
    pub doubts_at: Option<usize>,
}

impl Table {
    /// With rows of cells, whose columns up to the batch name them; doubts stand between these and the figures.
    pub fn of_cells(columns: Vec<Column>, rows: Vec<Row>) -> Self {
        let batch = columns.iter().position(|column| column.key == "batch");
        Self {
            columns,
            rows,
            doubts_at: Some(batch.map_or(0, |place| place + 1)),
        }
    }

    /// With rows of something else, which no doubt is about.
    pub fn plain(columns: &[Column], rows: Vec<Vec<Value>>) -> Self {
        let row = |values| Row {
            values,
            notes: Vec::new(),
            gaps: Vec::new(),
            weight: 0.0,
        };
        Self {
            columns: columns.to_vec(),
            rows: rows.into_iter().map(row).collect(),
            doubts_at: None,
        }
    }

    /// Without those of the columns of `keys` in which all rows are alike; of rows of something else than cells.
    pub fn without_alike(mut self, keys: &[&str]) -> Self {
        let mut place = 0;
        while let Some(column) = self.columns.get(place) {
            let mut values = self.rows.iter().filter_map(|row| row.values.get(place));
            let first = values.next();
            let is_alike = values.all(|value| Some(value) == first);
            if is_alike && keys.contains(&column.key) {
                self.columns.remove(place);
                for row in &mut self.rows {
                    row.values.remove(place);
                }
            } else {
                place += 1;
            }
        }
        self
    }
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Above it.
    pub header: &'static str,
    /// Its name for programs; ends in the unit of its numbers.
    pub key: &'static str,
}

/// A column of this header and key.
pub const fn column(header: &'static str, key: &'static str) -> Column {
    Column { header, key }
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// One a column.
    pub values: Vec<Value>,
    /// What is to be doubted about its numbers: places among the notes.
    pub notes: Vec<usize>,
    /// Why some of its numbers are not there: places among the notes.
    pub gaps: Vec<usize>,
    /// How much it tells beside the others, where there is no room for all: the share of the tax.
    pub weight: f64,
}
