//! Records of the trace rings as JSON in the Chrome trace event format.
//!
//! Three groups of tracks: the harts (which thread runs when), the threads' calls and page faults, and marks. Every `B` has
//! its `E`: what was under way when the trace began or ended is cut there.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use logic_trace::{Event, Record};

/// The process ids that stand for the groups.
const HARTS: u32 = 1_000_000;
const THREADS: u32 = 1_000_001;

/// Sorts records by time; those of one moment stay in the order in which a hart noted them.
pub fn order(records: &mut [Record]) {
    records.sort_by_key(|r| r.time_ns);
}

/// Spans of one track that have begun.
type Stack = Vec<String>;

struct Timeline {
    out: String,
    names: BTreeMap<u32, String>,
    /// What runs on each hart.
    harts: BTreeMap<u8, u32>,
    /// Calls and faults under way, by thread.
    spans: BTreeMap<u32, Stack>,
    /// The wake-up that a thread has not run after yet: its number.
    woken: BTreeMap<u32, u64>,
    wakes: u64,
    any: bool,
}

/// The JSON of records in the order of [`order`]. `names` are the threads that are known from elsewhere.
#[must_use]
pub fn timeline(records: &[Record], names: impl IntoIterator<Item = (u32, String)>) -> String {
    let mut t = Timeline {
        out: String::from("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n"),
        names: names.into_iter().collect(),
        harts: BTreeMap::new(),
        spans: BTreeMap::new(),
        woken: BTreeMap::new(),
        wakes: 0,
        any: false,
    };
    for record in records {
        if Event::from_number(record.event) == Some(Event::Name) {
            t.names.insert(record.tid, name_of(record));
        }
    }
    for record in records {
        t.record(record);
    }
    t.finish(records.last().map_or(0, |r| r.time_ns));
    t.out
}

fn name_of(record: &Record) -> String {
    let [a, b] = [record.a.to_le_bytes(), record.b.to_le_bytes()];
    let bytes: Vec<u8> = a.into_iter().chain(b).take_while(|b| *b != 0).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A number that was put into a word.
#[expect(clippy::cast_possible_truncation, reason = "the kernel put 32 bits there")]
const fn tid_of(word: u64) -> u32 {
    word as u32
}

impl Timeline {
    /// The name of a thread, with its number.
    fn thread(&self, tid: u32) -> String {
        let mut text = String::new();
        let _ = match self.names.get(&tid) {
            _ if tid == 0 => write!(text, "idle"),
            Some(name) => write!(text, "{name} {tid}"),
            None if tid & Event::KERNEL_THREAD != 0 => write!(text, "kernel {}", tid & !Event::KERNEL_THREAD),
            None => write!(text, "{tid}"),
        };
        text
    }

    /// One event; `more` are further members.
    fn put(&mut self, phase: char, name: &str, time_ns: u64, track: (u32, u32), more: &str) {
        let comma = if core::mem::replace(&mut self.any, true) { ",\n" } else { "" };
        let (micros, rest) = (time_ns / 1000, time_ns % 1000);
        let _ = write!(self.out, "{comma}{{\"ph\":\"{phase}\",\"name\":\"");
        escaped(&mut self.out, name);
        let (pid, tid) = track;
        let _ = write!(self.out, "\",\"ts\":{micros}.{rest:03},\"pid\":{pid},\"tid\":{tid}{more}}}");
    }

    fn record(&mut self, r: &Record) {
        let Some(event) = Event::from_number(r.event) else { return };
        match event {
            Event::Switch => self.switch(r),
            Event::Wake => self.wake(r),
            Event::CallBegin => {
                let name = usize::try_from(r.a).ok().and_then(abi::call_by_number).map_or("?", |c| c.name);
                self.begin(r, name);
            }
            Event::FaultBegin => self.begin(r, "page fault"),
            Event::CallEnd | Event::FaultEnd => self.end(r.tid, r.time_ns),
            Event::Interrupt => self.put('i', "interrupt", r.time_ns, (HARTS, u32::from(r.hart)), ",\"s\":\"t\""),
            Event::Fork => self.put('i', "fork", r.time_ns, (THREADS, r.tid), ",\"s\":\"t\""),
            Event::Exit => {
                while self.spans.get(&r.tid).is_some_and(|s| !s.is_empty()) {
                    self.end(r.tid, r.time_ns);
                }
                self.put('i', "exit", r.time_ns, (THREADS, r.tid), ",\"s\":\"t\"");
            }
            Event::Lost => {
                let mut text = String::new();
                let _ = write!(text, "{} records lost", r.a);
                self.put('i', &text, r.time_ns, (HARTS, u32::from(r.hart)), ",\"s\":\"t\"");
            }
            Event::Name => {}
        }
    }

    fn switch(&mut self, r: &Record) {
        let hart = (HARTS, u32::from(r.hart));
        if self.harts.contains_key(&r.hart) {
            let how = usize::try_from(r.b).ok().and_then(|b| Event::LEAVES.get(b)).unwrap_or(&"?");
            let mut more = String::new();
            let _ = write!(more, ",\"args\":{{\"left\":\"{how}\"}}");
            let name = self.thread(r.tid);
            self.put('E', &name, r.time_ns, hart, &more);
        }
        let next = tid_of(r.a);
        self.harts.insert(r.hart, next);
        let name = self.thread(next);
        self.put('B', &name, r.time_ns, hart, "");
        if let Some(id) = self.woken.remove(&next) {
            let mut more = String::new();
            let _ = write!(more, ",\"cat\":\"wake\",\"id\":{id},\"bp\":\"e\"");
            self.put('f', "wake", r.time_ns, hart, &more);
        }
    }

    fn wake(&mut self, r: &Record) {
        self.wakes = self.wakes.saturating_add(1);
        let id = self.wakes;
        self.woken.insert(tid_of(r.a), id);
        let mut more = String::new();
        let _ = write!(more, ",\"cat\":\"wake\",\"id\":{id}");
        self.put('s', "wake", r.time_ns, (HARTS, u32::from(r.hart)), &more);
    }

    fn begin(&mut self, r: &Record, name: &str) {
        self.spans.entry(r.tid).or_default().push(name.into());
        self.put('B', name, r.time_ns, (THREADS, r.tid), "");
    }

    /// Ends the innermost span of a thread. What began before the trace has none.
    fn end(&mut self, tid: u32, time_ns: u64) {
        if let Some(name) = self.spans.get_mut(&tid).and_then(Vec::pop) {
            self.put('E', &name, time_ns, (THREADS, tid), "");
        }
    }

    fn finish(&mut self, end_ns: u64) {
        let tids: Vec<u32> = self.spans.keys().copied().collect();
        for tid in &tids {
            while self.spans.get(tid).is_some_and(|s| !s.is_empty()) {
                self.end(*tid, end_ns);
            }
        }
        for (hart, tid) in core::mem::take(&mut self.harts) {
            let name = self.thread(tid);
            self.put('E', &name, end_ns, (HARTS, u32::from(hart)), "");
            let mut text = String::new();
            let _ = write!(text, "hart {hart}");
            self.label("thread_name", (HARTS, u32::from(hart)), &text);
        }
        self.label("process_name", (HARTS, 0), "harts");
        self.label("process_name", (THREADS, 0), "threads");
        for tid in tids {
            let name = self.thread(tid);
            self.label("thread_name", (THREADS, tid), &name);
        }
        self.out.push_str("\n]}\n");
    }

    fn label(&mut self, what: &str, track: (u32, u32), name: &str) {
        let mut more = String::from(",\"args\":{\"name\":\"");
        escaped(&mut more, name);
        more.push_str("\"}");
        self.put('M', what, 0, track, &more);
    }
}

/// Adds text as the inside of a JSON string.
fn escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if u32::from(c) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
}
