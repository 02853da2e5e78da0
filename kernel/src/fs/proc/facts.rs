//! Facts that do not change while the system runs.

use super::text::{Made, Text};
use crate::boot::machine::machine;
use crate::task::sched;
use crate::world::uts;
use core::fmt::Write;

/// proc_version(5).
pub(super) fn version(t: &mut Text) -> Made {
    Ok(writeln!(t, "{} version {} (rvOS) (rustc) {}", uts::SYSNAME, uts::RELEASE, uts::VERSION)?)
}

/// The kernel's command line.
pub(super) fn command_line(t: &mut Text) -> Made {
    let args = &machine().bootargs;
    let len = args.iter().position(|b| *b == 0).unwrap_or(args.len());
    t.put(args.get(..len).unwrap_or_default())?;
    Ok(t.put(b"\n")?)
}

/// A block for each hart that schedules. The extensions are those that programs may count on (AT_HWCAP).
pub(super) fn cpuinfo(t: &mut Text) -> Made {
    for index in 0..arch::MAX_HARTS {
        if sched::online() >> index & 1 == 0 {
            continue;
        }
        let hart = arch::hart_block(index).map_or(0, |b| b.hart_id.load(core::sync::atomic::Ordering::Relaxed));
        writeln!(t, "processor\t: {index}\nhart\t\t: {hart}\nisa\t\t: rv64imafdc\nmmu\t\t: sv39\n")?;
    }
    Ok(())
}

/// What mount(2) can mount; none needs a device.
pub(super) fn filesystems(t: &mut Text) -> Made {
    Ok(t.put(
        b"nodev\tsysfs\nnodev\ttmpfs\nnodev\tramfs\nnodev\tdevtmpfs\nnodev\tdevpts\nnodev\tproc\nnodev\tcgroup2\nnodev\tsvc\n",
    )?)
}

/// Major numbers.
pub(super) fn devices(t: &mut Text) -> Made {
    Ok(t.put(
        b"Character devices:\n  1 mem\n  4 ttyS\n  5 /dev/tty\n  5 /dev/console\n  5 /dev/ptmx\n136 pts\n\nBlock devices:\n",
    )?)
}

/// proc_swaps(5): there is none.
pub(super) fn swaps(t: &mut Text) -> Made {
    Ok(t.put(b"Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n")?)
}

/// proc_partitions(5): there are none; the heading is there only with entries.
pub(super) fn partitions(_: &mut Text) -> Made {
    Ok(())
}
