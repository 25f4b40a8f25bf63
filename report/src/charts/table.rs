//! The numbers behind a chart.

use super::values::Value;

/// Columns, and a row for each thing that the chart shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// From left to right.
    pub columns: Vec<Column>,
    /// From top to bottom.
    pub rows: Vec<Row>,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Above it.
    pub header: &'static str,
    /// Its name for programs; ends in the unit of its numbers.
    pub key: &'static str,
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
}
