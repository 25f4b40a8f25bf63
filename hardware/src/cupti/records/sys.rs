//! The leading fields of CUPTI's records, which every version from CUDA 11.8 to 13 has at the same places, and reading them.
#![allow(unsafe_code)]

use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_void};

use tare_units::{Bytes, Nanoseconds};

use super::super::library::{Kind, NextRecord};
use super::super::{Activity, Call, CuptiError, Trace, Way, Work};

/// That there is no further record.
const NO_MORE: u32 = 12;
/// That what follows is no record: nothing says where the next one begins.
const INVALID_KIND: u32 = 21;

/// Of `CUpti_ActivityKernel8` and later.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub(super) struct Kernel {
    pub(super) kind: u32,
    pub(super) caches: [u8; 2],
    pub(super) registers: u16,
    pub(super) partitioned: [u32; 2],
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) completed: u64,
    pub(super) device: u32,
    pub(super) context: u32,
    pub(super) stream: u32,
    pub(super) grid_and_block: [i32; 6],
    pub(super) shared: [i32; 2],
    pub(super) local: [u32; 2],
    pub(super) correlation: u32,
    pub(super) grid_id: i64,
    pub(super) name: *const c_char,
}

/// Of `CUpti_ActivityMemcpy5` and later.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub(super) struct Memcpy {
    pub(super) kind: u32,
    pub(super) way: u8,
    pub(super) ends: [u8; 2],
    pub(super) flags: u8,
    pub(super) bytes: u64,
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) device: u32,
    pub(super) context: u32,
    pub(super) stream: u32,
    pub(super) correlation: u32,
}

/// Of `CUpti_ActivityMemset4` and later.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub(super) struct Memset {
    pub(super) kind: u32,
    pub(super) value: u32,
    pub(super) bytes: u64,
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) device: u32,
    pub(super) context: u32,
    pub(super) stream: u32,
    pub(super) correlation: u32,
}

/// `CUpti_ActivityAPI`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub(super) struct Api {
    pub(super) kind: u32,
    pub(super) function: u32,
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) process: u32,
    pub(super) thread: u32,
    pub(super) correlation: u32,
    pub(super) returned: u32,
}

/// A record within a buffer.
struct Record {
    at: *const u8,
    /// Bytes from there to the end of what is written.
    left: usize,
}

impl Record {
    /// Its leading fields.
    fn read<T: Copy>(&self) -> Result<T, CuptiError> {
        if self.left < size_of::<T>() {
            let what = format!(
                "one of {} bytes where {} are due",
                self.left,
                size_of::<T>()
            );
            return Err(CuptiError::Unreadable { what });
        }
        // SAFETY: as many bytes of a buffer lie there, and each type read is of numbers and pointers that may have any value.
        Ok(unsafe { self.at.cast::<T>().read_unaligned() })
    }
}

/// What was read so far.
#[derive(Default)]
pub(in super::super) struct Records {
    trace: Trace,
    /// The place of a name by its address: CUPTI keeps one for all records of a kernel.
    places: HashMap<usize, usize>,
}

impl Records {
    /// What was read, beside what was lost.
    pub(in super::super) fn trace(mut self, dropped: u64) -> Trace {
        self.trace.dropped += dropped;
        self.trace
    }

    /// Reads the first `written` bytes of `buffer`.
    ///
    /// # Errors
    /// Where they are not records.
    pub(in super::super) fn read(
        &mut self,
        next: NextRecord,
        buffer: &mut [u64],
        written: usize,
    ) -> Result<(), CuptiError> {
        let written = written.min(size_of_val(buffer));
        let begin = buffer.as_mut_ptr().cast::<u8>();
        let mut record: *mut c_void = std::ptr::null_mut();
        loop {
            // SAFETY: the buffer holds that many bytes, and the record is null or the one that was given last.
            match unsafe { next(begin, written, &raw mut record) } {
                0 => {}
                NO_MORE => return Ok(()),
                INVALID_KIND => {
                    self.trace.dropped += 1;
                    return Ok(());
                }
                code => return Err(CuptiError::refused("cuptiActivityGetNextRecord", code)),
            }
            let offset = (record as usize).wrapping_sub(begin as usize);
            let left = written.checked_sub(offset).filter(|left| *left > 0);
            let Some(left) = left else {
                let what = "one lies outside its buffer".to_owned();
                return Err(CuptiError::Unreadable { what });
            };
            let at = record.cast_const().cast::<u8>();
            self.take(&Record { at, left })?;
        }
    }

    fn take(&mut self, record: &Record) -> Result<(), CuptiError> {
        let kind: u32 = record.read()?;
        if kind == Kind::ConcurrentKernel as u32 {
            let kernel: Kernel = record.read()?;
            let name = self.name(kernel.name);
            let (work, times) = (Work::Kernel { name }, (kernel.start, kernel.end));
            self.add(work, times, kernel.correlation);
        } else if kind == Kind::Memcpy as u32 {
            let copy: Memcpy = record.read()?;
            let bytes = Bytes::from_bytes(copy.bytes);
            if let Some(way) = way(copy.way) {
                let (work, times) = (Work::Copy { way, bytes }, (copy.start, copy.end));
                self.add(work, times, copy.correlation);
            }
        } else if kind == Kind::Memset as u32 {
            let fill: Memset = record.read()?;
            let bytes = Bytes::from_bytes(fill.bytes);
            let (work, times) = (Work::Fill { bytes }, (fill.start, fill.end));
            self.add(work, times, fill.correlation);
        } else if [Kind::Runtime as u32, Kind::Driver as u32].contains(&kind) {
            let call: Api = record.read()?;
            self.trace.calls.push(Call {
                correlation: call.correlation,
                start: Nanoseconds::from_nanos(call.start),
            });
        }
        Ok(())
    }

    fn add(&mut self, work: Work, (start, end): (u64, u64), correlation: u32) {
        self.trace.activities.push(Activity {
            work,
            start: Nanoseconds::from_nanos(start),
            end: Nanoseconds::from_nanos(end),
            correlation,
        });
    }

    fn name(&mut self, name: *const c_char) -> usize {
        let names = &mut self.trace.names;
        *self.places.entry(name as usize).or_insert_with(|| {
            names.push(match name.is_null() {
                true => "a kernel without a name".to_owned(),
                // SAFETY: CUPTI keeps the name, which ends with a zero, for as long as the process lives.
                false => unsafe { CStr::from_ptr(name) }
                    .to_string_lossy()
                    .into_owned(),
            });
            names.len() - 1
        })
    }
}

/// By `CUpti_ActivityMemcpyKind`; `None` for copies from host to host, which no device makes.
fn way(kind: u8) -> Option<Way> {
    match kind {
        1 | 3 => Some(Way::ToDevice),
        2 | 4 => Some(Way::FromDevice),
        9 => None,
        _ => Some(Way::OnDevice),
    }
}
