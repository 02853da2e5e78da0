//! The few devices that the kernel drives itself: PLIC, UART, RTC.

use arch::Mmio;
use core::sync::atomic::{AtomicU32, Ordering};
use sync::{Once, PreemptGuard, SpinLock, levels, preempt_off};

/// The UART (ns16550, PC16550D data sheet) and the interrupt controller (SiFive PLIC specification 1.0).
struct Devices {
    uart: Mmio,
    uart_irq: u32,
    plic: Mmio,
    context: u32,
}

static DEVICES: Once<Devices> = Once::new();
static OUTPUT: SpinLock<(), levels::Console> = SpinLock::new(());
/// 1 while input waits in the UART because the terminal's buffer is full. Changed by whoever moves input.
static HELD_BACK: AtomicU32 = AtomicU32::new(0);
/// Requests to move input; whoever makes the first one does it for all.
static REQUESTS: AtomicU32 = AtomicU32::new(0);

const RBR: usize = 0;
const THR: usize = 0;
const IER: usize = 1;
const FCR: usize = 2;
const FCR_ON: u8 = 1;
const FCR_TRIGGER_14: u8 = 0xc0;
const LCR: usize = 3;
const LCR_8N1: u8 = 3;
/// The first two registers are the divisor.
const LCR_DIVISOR: u8 = 0x80;
const LSR: usize = 5;
const LSR_DATA: u8 = 1;
const LSR_EMPTY: u8 = 0x20;

/// Takes the devices into use; interrupts go to PLIC context `context`.
pub(crate) fn init(uart: Mmio, uart_irq: u32, plic: Mmio, context: u32) {
    let d = Devices { uart, uart_irq, plic, context };
    d.plic.write32(4 * uart_irq as usize, 1);
    let enable = 0x2000 + 0x80 * context as usize + 4 * (uart_irq as usize / 32);
    d.plic.write32(enable, 1 << (uart_irq % 32));
    d.plic.write32(0x20_0000 + 0x1000 * context as usize, 0);
    // The fastest line: its speed is only the time after which less than the FIFO's trigger level interrupts as well.
    d.uart.write8(LCR, LCR_DIVISOR | LCR_8N1);
    d.uart.write8(RBR, 1);
    d.uart.write8(IER, 0);
    d.uart.write8(LCR, LCR_8N1);
    d.uart.write8(FCR, FCR_ON | FCR_TRIGGER_14);
    d.uart.write8(IER, 1);
    let _ = DEVICES.set(d);
}

/// An external interrupt waits at the PLIC.
pub(crate) fn on_external(_guard: &PreemptGuard) {
    let Some(d) = DEVICES.get() else { return };
    let claim = 0x20_0004 + 0x1000 * d.context as usize;
    let irq = d.plic.read32(claim);
    if irq == d.uart_irq {
        receive(d);
    }
    if irq != 0 {
        d.plic.write32(claim, irq);
    }
}

/// Moves what the UART has into the terminal. Whoever comes while somebody does so leaves it to them.
fn receive(d: &Devices) {
    let _guard = preempt_off();
    if REQUESTS.fetch_add(1, Ordering::SeqCst) != 0 {
        return;
    }
    loop {
        let seen = REQUESTS.load(Ordering::SeqCst);
        move_input(d);
        if REQUESTS.compare_exchange(seen, 0, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            return;
        }
    }
}

/// Moves input as far as there is room; the rest holds the sender up. What is left after some rounds interrupts again.
fn move_input(d: &Devices) {
    const ROUNDS: usize = 16;
    for _ in 0..ROUNDS {
        let room = crate::tty::input_room();
        if room == 0 {
            // Left in the UART, interrupt off, until a reader has made room. One who did so before this note was there
            // is seen below.
            d.uart.write8(IER, 0);
            HELD_BACK.store(1, Ordering::SeqCst);
            if crate::tty::input_room() == 0 {
                return;
            }
        }
        if HELD_BACK.swap(0, Ordering::SeqCst) != 0 {
            d.uart.write8(IER, 1);
        }
        let mut chunk = [0u8; 16];
        let mut n = 0;
        for slot in chunk.iter_mut().take(room) {
            if d.uart.read8(LSR) & LSR_DATA == 0 {
                break;
            }
            *slot = d.uart.read8(RBR);
            n += 1;
        }
        if n == 0 && room != 0 {
            return;
        }
        crate::tty::input(chunk.get(..n).unwrap_or_default());
    }
}

/// A reader took input: what was held back may come.
pub(crate) fn input_drained() {
    if HELD_BACK.load(Ordering::SeqCst) != 0
        && let Some(d) = DEVICES.get()
    {
        receive(d);
    }
}

/// Writes to the console; `cooked` adds a carriage return before each line feed.
pub(crate) fn console_write(bytes: &[u8], cooked: bool) {
    let _guard = OUTPUT.lock();
    for b in bytes {
        if cooked && *b == b'\n' {
            put(b'\r');
        }
        put(*b);
    }
}

fn put(byte: u8) {
    match DEVICES.get() {
        Some(d) => {
            while d.uart.read8(LSR) & LSR_EMPTY == 0 {
                core::hint::spin_loop();
            }
            d.uart.write8(THR, byte);
        }
        None => arch::sbi::console_putchar(byte),
    }
}
