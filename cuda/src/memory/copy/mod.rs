//! Copies between host and device and within the device.

mod sys;
