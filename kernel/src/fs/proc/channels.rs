//! `/proc/rvos/channels` and `/proc/rvos/calls`: who holds which end of a channel, what waits there, and who waits for whom.
//!
//! There is no table of channels: their ends are found in the processes' tables of descriptors.

use super::rvos::each_visible;
use super::text::{Made, Text};
use crate::object::call::waits_for;
use crate::task::ids;
use core::fmt::Write;

/// A line for each descriptor of an end: what waits to be received there, what ever came and went, whether the peer is open,
/// which process received there and at the peer last.
pub(super) fn channels(t: &mut Text) -> Made {
    writeln!(
        t,
        "channel end pid fd holders queued queued_bytes in_messages in_bytes out_messages out_bytes peer receiver peer_receiver calls"
    )?;
    each_visible(|pid, process| {
        let first = process.state.lock().first_thread();
        let Some(files) = first.and_then(|thread| thread.refs()).map(|r| r.files) else {
            return Ok(());
        };
        let mut from = 0;
        while let Some(fd) = files.next_used(from) {
            from = fd as usize + 1;
            let Ok(of) = files.get(fd, abi::Rights::NONE) else { continue };
            let Some(end) = of.file.as_channel() else { continue };
            let f = end.figures();
            let (i, o) = (f.inward, f.outward);
            writeln!(
                t,
                "{} {} {} {fd} {} {} {} {} {} {} {} {} {} {} {}",
                f.channel,
                f.end,
                pid,
                of.holders(),
                i.queued,
                i.queued_bytes,
                i.messages,
                i.bytes,
                o.messages,
                o.bytes,
                if o.open { "open" } else { "closed" },
                visible(i.receiver),
                visible(o.receiver),
                f.calls
            )?;
        }
        Ok(())
    })
}

/// A line for each thread that waits for an answer: its process by number and by the id that messages carry, and the process
/// that is to answer, 0 while nobody ever received at the other end.
pub(super) fn calls(t: &mut Text) -> Made {
    writeln!(t, "pid tid process channel call waits_for circle")?;
    each_visible(|pid, process| {
        let mut made = Ok(());
        process.each_thread(|thread| {
            if let (Some(e), Ok(())) = (thread.calling.edge(), made) {
                let (tid, id) = (ids::seen_by_caller(thread.tid()), process.id());
                let circle = if waits_for(e.to, id) { "yes" } else { "no" };
                made = writeln!(t, "{pid} {tid} {id} {} {:#x} {} {circle}", e.channel, e.number, visible(e.to));
            }
        });
        Ok(made?)
    })
}

/// The id of a process if it exists for the caller, 0 otherwise.
fn visible(id: u64) -> u64 {
    let mut from = if id == 0 { u32::MAX } else { 0 };
    while let Some((pid, process)) = ids::next_visible(from) {
        from = pid.saturating_add(1);
        if process.id() == id {
            return id;
        }
    }
    0
}
