//! [`Calls`]: the calls of programs, a line each.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use abi::{ArgKind, Direction, call_by_number};
use logic_trace::{CallRecord, Phase};

use crate::values::{self, Part};

/// Makes lines of the records that come in, whole ones or pieces.
#[derive(Default)]
pub struct Calls {
    /// What is not a whole record yet.
    rest: Vec<u8>,
    /// Calls that have begun, by thread.
    begun: BTreeMap<u32, Begun>,
    /// The thread whose line is not finished on the screen.
    open: Option<u32>,
    /// The thread that the first record was of.
    first: Option<u32>,
    /// Whether lines say of which thread they are.
    many: bool,
}

/// A call that has begun.
struct Begun {
    /// `name(` and the arguments that are known before the call.
    text: String,
    record: CallRecord,
    /// Arguments that come with the end, from this one on.
    from: usize,
    parts: Vec<(usize, bool, Vec<u8>)>,
}

impl Calls {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes that the kernel wrote, and adds to `out` what they say.
    pub fn take(&mut self, bytes: &[u8], out: &mut String) {
        self.rest.extend_from_slice(bytes);
        let mut at = 0usize;
        let rest = core::mem::take(&mut self.rest);
        while let Some(tail) = rest.get(at..)
            && let Some(record) = CallRecord::from_bytes(tail)
            && let Some(whole) = tail.get(..usize::from(record.size))
        {
            self.record(record, whole, out);
            at = at.saturating_add(whole.len());
        }
        self.rest = rest.get(at..).unwrap_or_default().into();
    }

    fn record(&mut self, record: CallRecord, whole: &[u8], out: &mut String) {
        self.first.get_or_insert(record.tid);
        match record.phase {
            Phase::Begin => self.begin(record, whole, out),
            Phase::End => self.end(&record, whole, out),
            Phase::Gone => self.gone(&record, out),
        }
    }

    /// Begins a line.
    fn line(&mut self, tid: u32, out: &mut String) {
        if self.first != Some(tid) {
            self.many = true;
        }
        if self.many {
            let _ = write!(out, "[{tid}] ");
        }
    }

    /// The line of another thread that is on the screen stays unfinished.
    fn interrupt(&mut self, tid: u32, out: &mut String) {
        if self.open.is_some_and(|other| other != tid) {
            out.push_str(" <unfinished ...>\n");
            self.open = None;
        }
    }

    fn begin(&mut self, record: CallRecord, whole: &[u8], out: &mut String) {
        self.interrupt(record.tid, out);
        let parts: Vec<_> = CallRecord::parts(whole).map(|(i, cut, bytes)| (i, cut, bytes.to_vec())).collect();
        let mut text = String::new();
        let mut from = 0;
        match usize::try_from(record.number).ok().and_then(call_by_number) {
            Some(call) => {
                let _ = write!(text, "{}(", call.name);
                // Arguments up to the first that the call fills in.
                from = call.args.iter().position(|a| comes_out(a.kind)).unwrap_or(call.args.len());
                put_arguments(&mut text, &record, 0..from, &parts);
            }
            None => {
                let _ = write!(text, "call_{:#x}(", record.number);
            }
        }
        self.line(record.tid, out);
        out.push_str(&text);
        self.open = Some(record.tid);
        self.begun.insert(record.tid, Begun { text, record, from, parts });
    }

    fn end(&mut self, record: &CallRecord, whole: &[u8], out: &mut String) {
        self.interrupt(record.tid, out);
        let Some(mut begun) = self.begun.remove(&record.tid) else { return };
        let call = usize::try_from(record.number).ok().and_then(call_by_number);
        if self.open.take().is_none() {
            self.line(record.tid, out);
            let _ = write!(out, "<... {} resumed>", call.map_or("?", |c| c.name));
        }
        begun.parts.retain(|(i, ..)| call.is_none_or(|c| c.args.get(*i).is_none_or(|a| !comes_out(a.kind))));
        begun.parts.extend(CallRecord::parts(whole).map(|(i, cut, bytes)| (i, cut, bytes.to_vec())));
        let len = call.map_or(0, |c| c.args.len());
        let mut rest = String::new();
        put_arguments(&mut rest, &begun.record, begun.from..len, &begun.parts);
        out.push_str(&rest);
        out.push_str(") = ");
        values::result(out, call, record.result);
        out.push('\n');
    }

    fn gone(&mut self, record: &CallRecord, out: &mut String) {
        self.interrupt(record.tid, out);
        if self.open.take().is_some() {
            out.push_str(") = ?\n");
        }
        self.begun.remove(&record.tid);
        self.line(record.tid, out);
        let status = record.result;
        let _ = match status {
            -1 => writeln!(out, "+++ exited +++"),
            _ if status & 0x7f == 0 => writeln!(out, "+++ exited with {} +++", status >> 8 & 0xff),
            _ => match names_signal(status) {
                Some(name) => writeln!(out, "+++ killed by SIG{name} +++"),
                None => writeln!(out, "+++ killed by signal {} +++", status & 0x7f),
            },
        };
    }

    /// Calls that have begun and not ended, as they began.
    pub fn under_way(&self) -> impl Iterator<Item = (u32, &str)> {
        self.begun.iter().map(|(tid, begun)| (*tid, begun.text.as_str()))
    }
}

fn names_signal(status: i64) -> Option<&'static str> {
    crate::names::signal(status.unsigned_abs() & 0x7f)
}

/// Whether what an argument points to is the call's result.
fn comes_out(kind: ArgKind) -> bool {
    match kind {
        ArgKind::Bytes { direction, .. }
        | ArgKind::Struct { direction, .. }
        | ArgKind::SizedStruct { direction, .. }
        | ArgKind::Array { direction, .. } => direction == Direction::Out,
        _ => false,
    }
}

fn put_arguments(out: &mut String, record: &CallRecord, which: core::ops::Range<usize>, parts: &[(usize, bool, Vec<u8>)]) {
    let Some(call) = usize::try_from(record.number).ok().and_then(call_by_number) else { return };
    for (i, value) in record.args.iter().enumerate().take(which.end).skip(which.start) {
        if i != 0 {
            out.push_str(", ");
        }
        let part = parts.iter().rfind(|(index, ..)| *index == i);
        let part = part.map(|(_, cut, bytes)| Part { cut: *cut, bytes });
        values::argument(out, call, i, *value, part);
    }
}
