//! Being the first process of a container.
//!
//! Everywhere else, SIGTERM and SIGINT end the program by themselves, or are ignored where whoever started it wanted so, as
//! a shell does with SIGINT for what runs in the background. For a first process the kernel ignores signals
//! that nobody handles, so that the container could only be killed.

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag::register_conditional_shutdown,
};
use std::{
    io, process,
    sync::{Arc, atomic::AtomicBool},
};

/// Lets SIGTERM and SIGINT end this process with 143 and 130, as a shell would tell of them, if it is a first process.
/// They do so at once, also while it waits for stdout: what counts are the STATEs that have gone out.
///
/// # Errors
///
/// When the system takes no handlers.
pub(crate) fn end_a_first_process() -> io::Result<()> {
    if process::id() == 1 {
        let always = Arc::new(AtomicBool::new(true));
        for signal in [SIGTERM, SIGINT] {
            register_conditional_shutdown(signal, 128 + signal, Arc::clone(&always))?;
        }
    }
    Ok(())
}
