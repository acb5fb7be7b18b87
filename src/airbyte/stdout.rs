//! The program's stdout, and whether it was closed from the start.
//!
//! Only this file opens stdout, and only `output.rs` writes to it.

use std::{
    fs::File,
    io::{self, Read, StdoutLock, Write},
    os::{
        fd::AsFd,
        unix::fs::{FileTypeExt, MetadataExt},
    },
};

/// Why a stdout that was closed from the start can't be written. It can't be told apart from the other case.
const CLOSED: &str = "it is closed, or it is /dev/null opened for reading and writing";

/// The program's stdout. If it was closed from the start, every write fails.
#[derive(Debug)]
pub struct Stdout {
    lock: StdoutLock<'static>,
    was_closed: bool,
}

impl Stdout {
    /// Opens stdout, for as long as the program runs.
    #[allow(clippy::disallowed_methods, reason = "stdout is opened here only")]
    #[must_use]
    pub fn open() -> Self {
        let lock = io::stdout().lock();
        let was_closed = lock.as_fd().try_clone_to_owned().is_ok_and(|fd| is_readable_null(File::from(fd)));
        Self { lock, was_closed }
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.was_closed { Err(io::Error::other(CLOSED)) } else { self.lock.write(bytes) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lock.flush()
    }
}

/// Whether `file` is `/dev/null`, opened for reading and writing. Before `main`, Rust opens it like that in place of a
/// closed stdout, and nothing else shows that. A shell's `> /dev/null` opens it for writing only.
fn is_readable_null(mut file: File) -> bool {
    let device =
        |file: &File| file.metadata().ok().filter(|file| file.file_type().is_char_device()).map(|file| file.rdev());
    let null = File::open("/dev/null").ok().as_ref().and_then(device);
    null.is_some() && device(&file) == null && file.read(&mut [0]).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dev_null_that_can_be_read_stands_for_a_closed_stdout() {
        let open = |read, write| std::fs::OpenOptions::new().read(read).write(write).open("/dev/null").unwrap();
        assert!(is_readable_null(open(true, true)));
        assert!(!is_readable_null(open(false, true)), "> /dev/null");
        assert!(!is_readable_null(File::open("/dev/zero").unwrap()));
        assert!(!is_readable_null(tempfile::tempfile().unwrap()));
    }
}
