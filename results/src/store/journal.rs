//! Appends lines to a file so that each is there whole, and on disk, or not at all.

use std::fs::File;
use std::io::{self, Write};

/// Where lines go.
pub trait Sink: Write {
    /// Returns once what was written is on disk.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts off what stands beyond `len` bytes; the next write goes to the new end.
    fn truncate(&mut self, len: u64) -> io::Result<()>;
}

impl Sink for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }
}

/// A file of whole lines.
#[derive(Debug)]
pub struct Journal<S> {
    sink: S,
    len: u64,
    is_torn: bool,
}

impl<S: Sink> Journal<S> {
    /// Goes on after the first `len` bytes of `sink`; what stands beyond is cut off before the next line.
    pub fn new(sink: S, len: u64) -> Self {
        Self {
            sink,
            len,
            is_torn: true,
        }
    }

    /// Appends `line` with its end of line; where that fails, the file is as it was before.
    pub fn append(&mut self, line: &[u8]) -> io::Result<()> {
        self.mend()?;
        self.is_torn = true;
        let written = self.sink.write_all(line).and_then(|()| self.sink.sync());
        if let Err(error) = written {
            let _ = self.mend();
            return Err(error);
        }
        self.is_torn = false;
        self.len += line.len() as u64;
        Ok(())
    }

    /// Cuts off what a failed write left behind.
    pub fn mend(&mut self) -> io::Result<()> {
        if self.is_torn {
            self.sink.truncate(self.len)?;
            self.is_torn = false;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk with room for `room` bytes whose truncation fails `broken` times.
    struct SmallDisk {
        bytes: Vec<u8>,
        room: usize,
        broken: usize,
    }

    impl Write for SmallDisk {
        fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
            let fits = buffer.len().min(self.room - self.bytes.len());
            if fits == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.bytes.extend(&buffer[..fits]);
            Ok(fits)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Sink for SmallDisk {
        fn sync(&mut self) -> io::Result<()> {
            Ok(())
        }

        fn truncate(&mut self, len: u64) -> io::Result<()> {
            if self.broken > 0 {
                self.broken -= 1;
                return Err(io::ErrorKind::Other.into());
            }
            self.bytes.truncate(len as usize);
            Ok(())
        }
    }

    fn journal(room: usize) -> Journal<SmallDisk> {
        let disk = SmallDisk {
            bytes: Vec::new(),
            room,
            broken: 0,
        };
        Journal::new(disk, 0)
    }

    #[test]
    fn a_line_that_does_not_fit_leaves_the_lines_before_it() {
        let mut journal = journal(10);
        journal.append(b"first\n").unwrap();
        let error = journal.append(b"second\n").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(journal.sink.bytes, b"first\n");
    }

    #[test]
    fn once_there_is_room_the_next_line_follows_the_last_whole_one() {
        let mut journal = journal(10);
        journal.append(b"first\n").unwrap();
        journal.append(b"second\n").unwrap_err();
        journal.sink.room = 100;
        journal.append(b"third\n").unwrap();
        assert_eq!(journal.sink.bytes, b"first\nthird\n");
    }

    #[test]
    fn what_could_not_be_cut_off_at_once_is_cut_off_before_the_next_line() {
        let mut journal = journal(10);
        journal.append(b"first\n").unwrap();
        journal.sink.broken = 2;
        journal.append(b"second\n").unwrap_err();
        assert_eq!(journal.sink.bytes, b"first\nseco");
        journal.append(b"third\n").unwrap_err();
        journal.sink.room = 100;
        journal.append(b"fourth\n").unwrap();
        assert_eq!(journal.sink.bytes, b"first\nfourth\n");
    }
}
