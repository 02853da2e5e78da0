//! Lines for whoever watches the console while nothing else owns it.

use std::fs::OpenOptions;
use std::io::Write;

/// Writes `init: MESSAGE` on the console, or on stderr while there is none.
///
/// Errors are dropped: process 1 must not end because nobody listens.
pub(crate) fn line(message: &str) {
    let text = format!("init: {message}\n");
    let sent = OpenOptions::new().write(true).open(crate::console::PATH).and_then(|mut console| {
        console.write_all(text.as_bytes())?;
        // It may be the last line before the power goes.
        Ok(rustix::termios::tcdrain(&console)?)
    });
    if sent.is_err() {
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
}
