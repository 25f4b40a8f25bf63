//! CUPTI's functions.

mod sys;

pub(super) use sys::{Callbacks, Dropped, Kind, Library, NextRecord, Subscriber, driver_is_here};
