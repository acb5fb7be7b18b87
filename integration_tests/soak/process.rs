//! One process of the connector: its output, its memory and its open files.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Seek},
    path::Path,
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
};

/// How many records there are between two samples.
const RECORDS_PER_SAMPLE: usize = 250;
/// The most memory that a process may have.
const MAX_MEMORY: u64 = 128 << 20;
/// The most files that it may have open: those of the requests in flight, of idle connections and of its own.
const MAX_FILES: usize = 256;
/// The tenth of a read that the last one is compared with. Before it, connections are opened, and the allocator keeps more
/// and more of what was freed, up to what is needed at a time.
const COMPARED_TENTH: usize = 5;
/// By how much the memory may grow from that tenth to the last one, from median to median.
const MEMORY_GROWTH: u64 = 4 << 20;
/// The same of the open files. How many requests are in flight differs from one part of a read to another.
const FILES_GROWTH: usize = 32;

/// What a process has at one time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sample {
    /// Its resident memory, in bytes.
    pub(crate) memory: u64,
    /// Its maximum resident memory so far, in bytes.
    pub(crate) max_memory: u64,
    pub(crate) files: usize,
}

impl Sample {
    /// What the process with this ID has; none if it has ended. Source: Linux, `proc(5)`.
    fn of(process: u32) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let bytes = |name: &str| -> Option<u64> {
            let kilobytes = status.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB"))?;
            Some(kilobytes.parse::<u64>().ok()? * 1024)
        };
        let files = fs::read_dir(format!("/proc/{process}/fd")).ok()?.count();
        Some(Self { memory: bytes("VmRSS:")?, max_memory: bytes("VmHWM:")?, files })
    }
}

/// How a process is killed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Signal {
    Kill = 9,
    Term = 15,
}

impl Signal {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Kill => "SIGKILL",
            Self::Term => "SIGTERM",
        }
    }
}

/// A process of the connector that reads.
pub(crate) struct Process {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: File,
    records: usize,
    samples: Vec<Sample>,
}

impl Process {
    /// Starts a read in the folder with its files, which finds all services at `url`.
    pub(crate) fn start(folder: &Path, arguments: &[&str], url: &str) -> Self {
        let stderr = tempfile::tempfile().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_source-aws-cloudtrail"))
            .args(arguments)
            .env_clear()
            .env("AWS_ENDPOINT_URL", url)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr.try_clone().unwrap())
            .spawn()
            .unwrap();
        let stdout = BufReader::with_capacity(1 << 16, child.stdout.take().unwrap());
        Self { child, stdout, stderr, records: 0, samples: Vec::new() }
    }

    /// Reads the next line into `line`. Returns whether there is one. A line without an end does not count.
    pub(crate) fn next_line(&mut self, line: &mut Vec<u8>) -> bool {
        line.clear();
        self.stdout.read_until(b'\n', line).unwrap();
        line.ends_with(b"\n")
    }

    /// Counts a record.
    pub(crate) fn record_received(&mut self) {
        self.records += 1;
        if self.records.is_multiple_of(RECORDS_PER_SAMPLE) {
            self.samples.extend(Sample::of(self.child.id()));
        }
    }

    pub(crate) fn send(&self, signal: Signal) {
        let arguments = [format!("-{}", signal as i32), self.child.id().to_string()];
        // It fails if the process has just ended by itself.
        let _ = Command::new("kill").args(arguments).stderr(Stdio::null()).status().unwrap();
    }

    /// Waits for the end of the process, which must not write to stderr. Returns how it ended and what it had.
    pub(crate) fn wait(mut self) -> (ExitStatus, Vec<Sample>) {
        drop(self.stdout);
        let status = self.child.wait().unwrap();
        let mut written = String::new();
        self.stderr.rewind().unwrap();
        self.stderr.read_to_string(&mut written).unwrap();
        assert_eq!(written, "", "stderr");
        for sample in &self.samples {
            assert!(sample.max_memory <= MAX_MEMORY, "{} bytes of memory", sample.max_memory);
            assert!(sample.files <= MAX_FILES, "{} open files", sample.files);
        }
        (status, self.samples)
    }
}

/// That the memory and the open files did not grow in the second half of a read. Returns the median memory at its beginning
/// and at its end, in bytes.
pub(crate) fn assert_flat(samples: &[Sample]) -> (u64, u64) {
    let tenths: Vec<&[Sample]> = samples.chunks_exact((samples.len() / 10).max(1)).take(10).collect();
    assert_eq!(tenths.len(), 10, "{} samples are too few", samples.len());
    let memory: Vec<u64> = tenths.iter().map(|tenth| median(tenth.iter().map(|sample| sample.memory))).collect();
    let files: Vec<usize> = tenths.iter().map(|tenth| median(tenth.iter().map(|sample| sample.files))).collect();
    println!("By tenths of the read, memory in kB: {:?}", memory.iter().map(|bytes| bytes / 1000).collect::<Vec<_>>());
    println!("By tenths of the read, open files: {files:?}");
    let (middle, end) = (COMPARED_TENTH - 1, tenths.len() - 1);
    assert!(memory[end] <= memory[middle] + MEMORY_GROWTH, "the memory grew during a read");
    assert!(files[end] <= files[middle] + FILES_GROWTH, "the open files grew during a read");
    (memory[middle], memory[end])
}

fn median<T: Ord + Copy>(figures: impl Iterator<Item = T>) -> T {
    let mut figures: Vec<T> = figures.collect();
    figures.sort_unstable();
    figures[figures.len() / 2]
}
