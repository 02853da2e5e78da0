//! Bringing the machine up, from the firmware's hand-over to process 1.
//!
//! Order: facts from the device tree → frames and the kernel's page table → the boot context becomes a thread → traps and
//! scheduler → the other harts → the root file system → process 1.

pub(crate) mod devices;
mod first_process;
pub(crate) mod machine;
pub(crate) mod power;
pub(crate) mod symbols;

use crate::klog::info;
use crate::task::sched;
use crate::task::thread::{Thread, ThreadSpec};
use crate::task::{exit, futex, idle, timers};
use crate::{clock, linux, trap};
use arch::{BootInfo, HartBlock, hart_block};
use core::sync::atomic::Ordering;
use mem::{KernelStack, NoMemory, Paddr, Ref};

/// The kernel's main function, on the boot hart.
#[cold]
pub(crate) fn main(info: BootInfo) -> ! {
    let machine = machine::discover(info);
    clock::init(machine.timebase_hz);
    if let Some(level) = machine.arg("loglevel").and_then(|l| l.parse().ok()) {
        crate::klog::set_console_level(level);
    }
    for (word, what) in [("rvos.trace", linux::TRACE), ("rvos.test=panic", linux::PANIC)] {
        if machine.args().any(|a| a == word) {
            linux::AT_EVERY_CALL.fetch_or(what, Ordering::Relaxed);
        }
    }
    if machine.args().any(|a| a == "quiet") {
        crate::klog::set_console_level(4);
    }
    crate::random::add_seed(&machine.seed);
    info!("rvOS on {} harts, {} MiB", machine.harts().len(), machine.memory_bytes() >> 20);
    if memory(machine).is_err() {
        panic!("not enough memory to boot");
    }
    symbols::init();
    futex::init();
    timers::init();
    trap::init();
    arch::trap_init_hart();
    if start_scheduler(machine).is_err() {
        panic!("not enough memory for the first threads");
    }
    idle::run()
}

/// Frames and the kernel's page table.
fn memory(machine: &machine::Machine) -> Result<(), NoMemory> {
    let [_, _, _, image_end] = arch::kernel_image();
    let (start, end) = machine.memory;
    let mut usable = [(Paddr(0), Paddr(0)); 24];
    let n = machine.usable(&mut usable);
    let usable = usable.get(..n).unwrap_or_default();
    // The frame table goes to the beginning of the largest free range.
    let largest = usable.iter().max_by_key(|(from, to)| to.0 - from.0).map_or(Paddr(image_end), |r| r.0);
    mem::init_frames(Paddr(start), Paddr(end), largest, usable);
    mem::init_kernel_table(Paddr(end))
}

/// Makes this context the boot hart's idle thread, starts the other harts, and the thread that goes on booting.
fn start_scheduler(machine: &'static machine::Machine) -> Result<(), NoMemory> {
    let idle = Thread::try_new_idle(None, never)?;
    sched::init_hart(0, idle.clone())?;
    if let Some(block) = hart_block(0) {
        mem::start_on_idle(idle, block);
    }
    sched::set_online(0);
    arch::irq_enable();
    // The boot context had preemption off until here.
    drop(sync::adopt_initial_guard());
    arch::set_kernel_main(secondary);
    for (n, hart_id) in machine.harts().iter().filter(|h| **h != machine.boot_hart).enumerate() {
        start_hart(n + 1, *hart_id)?;
    }
    let boot = Thread::try_new(ThreadSpec::of_kernel(), boot_thread, |_| {})?;
    // This context goes on when nothing else runs: it keeps no reference until then.
    let guard = sync::preempt_off();
    sched::start(&boot);
    drop(boot);
    drop(guard);
    Ok(())
}

fn start_hart(index: usize, hart_id: u64) -> Result<(), NoMemory> {
    let idle = Thread::try_new_idle(Some(KernelStack::try_new()?), never)?;
    sched::init_hart(index, idle.clone())?;
    let Some(block) = hart_block(index) else { return Ok(()) };
    if let Err(e) = mem::start_hart(idle, block, hart_id) {
        crate::klog::warn_log!("hart {hart_id} does not start: SBI error {}", e.0);
    }
    Ok(())
}

/// First code of a further hart, on its idle thread.
fn secondary(block: &'static HartBlock) -> ! {
    mem::init_hart();
    sched::set_online(block.index as usize);
    arch::irq_enable();
    drop(sync::adopt_initial_guard());
    idle::run()
}

/// Idle threads are the boot contexts themselves; they never begin anywhere.
fn never(_prev: Ref<Thread>) -> ! {
    panic!("an idle thread was started");
}

/// The rest of booting, as a thread that may sleep.
#[cold]
fn boot_thread(prev: Ref<Thread>) -> ! {
    sched::arrive(prev);
    let machine = machine::machine();
    machine.start_devices();
    match first_process::make(machine) {
        Ok(first) => {
            exit::kernel_thread_ends();
            sched::start(&first);
        }
        Err(e) => panic!("cannot start process 1: {e}"),
    }
    sched::leave_for_ever()
}
