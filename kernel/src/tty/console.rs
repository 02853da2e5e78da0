//! The terminal at the UART, and the thread that sends its signals.
//!
//! The UART's interrupt is handled with preemption off and must be short; a signal goes to every process of a group.

use super::{Tty, control};
use crate::see::{On, Waits};
use crate::task::sched;
use crate::task::thread::{Thread, ThreadSpec, with_current};
use crate::task::wait::{self, Interrupt};
use logic_tty::{ControlFlags, TtySignal};
use mem::{NoMemory, Ref};
use sync::Once;

/// `ttyS0`: major 4, minor 64 (Linux's devices.txt).
const NUMBER: u32 = 4 << 8 | 64;
/// A serial console's `c_cflag` on Linux: 9600 baud, no modem control.
const B9600: u32 = 0o15;
const CLOCAL: u32 = 0o4000;

static CONSOLE: Once<Ref<Tty>> = Once::new();
static SENDER: Once<Ref<Thread>> = Once::new();

/// Makes the console terminal.
pub(crate) fn init() -> Result<(), NoMemory> {
    let size = crate::boot::machine::machine().arg("rvos.winsize").and_then(parse_size).unwrap_or_default();
    let tty = Tty::try_new(NUMBER, size, None)?;
    {
        let mut s = tty.state.lock();
        let mut termios = *s.logic.termios();
        let flags = ControlFlags::CS8 | ControlFlags::CREAD | ControlFlags::HUPCL;
        termios.cflag = flags | ControlFlags::from_bits_retain(B9600 | CLOCAL);
        s.logic.set_termios(termios);
    }
    let sender = Thread::try_new(ThreadSpec::of_kernel(), sender_code, |_| {})?;
    let _ = CONSOLE.set(tty);
    sched::start(&sender);
    let _ = SENDER.set(sender);
    Ok(())
}

/// `ROWSxCOLUMNS`.
fn parse_size(text: &str) -> Option<[u16; 4]> {
    let (rows, columns) = text.split_once('x')?;
    Some([rows.parse().ok()?, columns.parse().ok()?, 0, 0])
}

/// The console.
pub(super) fn console() -> Option<&'static Ref<Tty>> {
    CONSOLE.get()
}

/// Takes input from the UART; returns how much of it fitted. One caller at a time, preemption off.
pub(crate) fn input(bytes: &[u8]) -> usize {
    let Some(tty) = console() else { return bytes.len() };
    let n = tty.state.lock().staged.accept(bytes);
    on_input(tty.take_in());
    n
}

/// Bytes that [`input`] would take.
pub(crate) fn input_room() -> usize {
    console().map_or(0, |t| t.state.lock().staged.room())
}

/// Input raised a signal.
pub(super) fn on_input(due: Option<TtySignal>) {
    if due.is_some()
        && let Some(t) = SENDER.get()
    {
        t.wake();
    }
}

/// The thread that sends signals.
fn sender_code(prev: Ref<Thread>) -> ! {
    sched::arrive(prev);
    let Some(tty) = console() else { panic!("the console's thread started without it") };
    loop {
        let due = with_current(|me| {
            let due = || Ok(tty.state.lock().signal_due);
            wait::sleep_on(me, On::plain(Waits::TerminalWrite), None, Interrupt::Kill, due)
        });
        if let Ok(signal) = due {
            control::signal_foreground(tty, signal);
            tty.signal_sent();
            // If that raises another one, it is seen before the thread sleeps.
            let _ = tty.take_in();
            crate::boot::devices::input_drained();
        }
    }
}
