//! SIGTERM and SIGINT for the first process of a container.
//!
//! Any other process is ended by these signals, unless its parent made it ignore them, as a shell does with SIGINT for
//! background jobs. For a first process, the kernel ignores signals without a handler, so the container could only be
//! killed.

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag::register_conditional_shutdown,
};
use std::{
    io, process,
    sync::{Arc, atomic::AtomicBool},
};

/// If this is a first process, lets SIGTERM and SIGINT end it with exit code 143 and 130, as a shell reports them. They do
/// so at once, even while it waits for stdout: only the STATEs that have been written count.
pub(crate) fn handle_as_first_process() -> io::Result<()> {
    if process::id() == 1 {
        let is_on = Arc::new(AtomicBool::new(true));
        for signal in [SIGTERM, SIGINT] {
            register_conditional_shutdown(signal, 128 + signal, Arc::clone(&is_on))?;
        }
    }
    Ok(())
}
