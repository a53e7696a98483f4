//! Where lines go: never a place to wait at. A reader of the pod's log that stalls must not keep a VM from
//! starting, so what cannot be written waits, and what is too much is counted and dropped.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileTypeExt;

/// How many bytes wait at most.
const WAITING: usize = 64 * 1024;

/// A sink with a bounded queue of whole lines in front.
pub(super) struct Outlet {
    sink: Box<dyn Write + Send>,
    waiting: Vec<u8>,
    /// How many lines were dropped and not yet told of.
    lost: u64,
    /// How many calls want lines to wait.
    pub(super) holds: usize,
}

impl Outlet {
    pub(super) fn new(sink: impl Write + Send + 'static) -> Self {
        Self { sink: Box::new(sink), waiting: Vec::new(), lost: 0, holds: 0 }
    }

    /// Standard error. Where it is a pipe, as in a pod, writing to it does not block from here on.
    pub(super) fn stderr() -> Self {
        let stderr = std::io::stderr();
        match stderr.as_fd().try_clone_to_owned().ok().and_then(without_blocking) {
            Some(pipe) => Self::new(pipe),
            None => Self::new(stderr),
        }
    }

    /// Queues a line, or counts it as lost.
    pub(super) fn push(&mut self, line: &str) {
        if !self.has_room(line.len()) {
            self.write();
        }
        if self.has_room(line.len()) {
            self.waiting.extend_from_slice(line.as_bytes());
        } else {
            self.lost += 1;
        }
    }

    /// How many lines were lost, once, and when there is room to say so.
    pub(super) fn take_lost(&mut self) -> Option<u64> {
        (self.lost > 0 && self.waiting.is_empty()).then(|| std::mem::take(&mut self.lost))
    }

    /// Writes what waits, as far as the sink takes it. A log that cannot be written is no reason to fail a
    /// VM, so errors are passed over.
    pub(super) fn write(&mut self) {
        // Taken out, so that what a sink panics over is not tried again.
        let mut waiting = std::mem::take(&mut self.waiting);
        let mut written = 0;
        while written < waiting.len() {
            match self.sink.write(&waiting[written..]) {
                Ok(length) if length > 0 => written += length,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Ok(_) | Err(_) => written = waiting.len(),
            }
        }
        waiting.drain(..written);
        self.waiting = waiting;
    }

    fn has_room(&self, length: usize) -> bool {
        self.waiting.len() + length <= WAITING
    }
}

/// A pipe whose writes return at once. Other kinds of files stay as they are: a terminal is shared with the
/// shell that started this, and a regular file does not block.
fn without_blocking(fd: OwnedFd) -> Option<mio::unix::pipe::Sender> {
    let file = File::from(fd);
    if !file.metadata().is_ok_and(|metadata| metadata.file_type().is_fifo()) {
        return None;
    }
    let pipe = mio::unix::pipe::Sender::from(OwnedFd::from(file));
    pipe.set_nonblocking(true).ok()?;
    Some(pipe)
}
