//! The ring against a plain `VecDeque`, and the rules of pipe(7) one by one.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

extern crate std;

use crate::*;
use proptest::prelude::*;
use std::collections::VecDeque;
use std::vec::Vec;

/// A pipe with a real chunk table, as the kernel has it, that checks who owns which chunk.
struct Shell {
    pipe: Pipe,
    chunks: Vec<Option<Vec<u8>>>,
}

impl Shell {
    fn new() -> Self {
        let pipe = Pipe::new(Ends::pair());
        let slots = pipe.ring().slots() as usize;
        Shell { pipe, chunks: std::vec![None; slots] }
    }

    fn put(&mut self, plan: &Plan, data: &[u8]) {
        for slot in plan.slots() {
            self.chunks[slot as usize].get_or_insert_with(|| std::vec![0xEE; CHUNK_BYTES as usize]);
        }
        let mut done = 0;
        for span in plan.spans() {
            let end = (done + span.len as usize).min(data.len());
            let part = &data[done.min(end)..end];
            let at = span.offset as usize;
            self.chunks[span.slot as usize].as_mut().unwrap()[at..at + part.len()].copy_from_slice(part);
            done += span.len as usize;
        }
        assert_eq!(done, plan.len() as usize);
    }

    fn get(&self, plan: &Plan) -> Vec<u8> {
        let mut out = Vec::new();
        for span in plan.spans() {
            assert!(span.len > 0 && span.offset + span.len <= CHUNK_BYTES);
            let at = span.offset as usize;
            out.extend_from_slice(&self.chunks[span.slot as usize].as_ref().unwrap()[at..at + span.len as usize]);
        }
        out
    }

    fn release(&mut self, slots: SlotRange) {
        for slot in slots {
            assert!(self.chunks[slot as usize].take().is_some(), "slot {slot} had no chunk to give back");
        }
    }

    fn held(&self) -> usize {
        self.chunks.iter().flatten().count()
    }

    /// Writes as write(2) does without waiting; `short` cuts the copy as a page fault would.
    fn write(&mut self, data: &[u8], short: usize) -> Option<usize> {
        match self.pipe.plan_write(data.len(), data.len()) {
            WriteVerdict::Copy(plan) => {
                let n = (plan.len() as usize).saturating_sub(short);
                self.put(&plan, &data[..n]);
                let done = self.pipe.commit_write(n as u32);
                self.release(done.released);
                Some(n)
            }
            WriteVerdict::Nothing => Some(0),
            WriteVerdict::Full | WriteVerdict::Broken => None,
        }
    }

    fn read(&mut self, want: usize, short: usize) -> Vec<u8> {
        match self.pipe.plan_read(want) {
            ReadVerdict::Copy(plan) => {
                let mut out = self.get(&plan);
                out.truncate(out.len().saturating_sub(short));
                let done = self.pipe.commit_read(out.len() as u32);
                self.release(done.released);
                out
            }
            _ => Vec::new(),
        }
    }

    fn resize(&mut self, bytes: u32) -> Result<(), ResizeError> {
        let moved = self.pipe.resize(bytes)?;
        let mut old = core::mem::take(&mut self.chunks);
        self.chunks = std::vec![None; self.pipe.ring().slots() as usize];
        for i in 0..moved.count {
            self.chunks[i as usize] = old[((moved.first + i) % moved.old_slots) as usize].take();
        }
        Ok(())
    }
}

#[derive(Clone, Debug)]
enum Step {
    Write(usize, usize),
    Read(usize, usize),
    /// A write and a read whose plans overlap in time, the commits in either order.
    Both(usize, usize, bool),
    Resize(u32),
}

fn sizes() -> impl Strategy<Value = usize> {
    prop_oneof![0usize..20, 4080usize..4110, 0usize..9000, 60_000usize..70_000, Just(0)]
}

fn steps() -> impl Strategy<Value = Step> {
    let short = prop_oneof![4 => Just(0usize), 1 => 0usize..6000];
    prop_oneof![
        4 => (sizes(), short.clone()).prop_map(|(n, s)| Step::Write(n, s)),
        4 => (sizes(), short).prop_map(|(n, s)| Step::Read(n, s)),
        2 => (sizes(), sizes(), any::<bool>()).prop_map(|(w, r, o)| Step::Both(w, r, o)),
        1 => (0u32..9).prop_map(|p| Step::Resize(4096 << p)),
    ]
}

/// Plain queue plus the one fact that the ring adds: how far the reader is into its page.
struct Model {
    bytes: VecDeque<u8>,
    passed: usize,
    capacity: usize,
    counter: u8,
}

impl Model {
    fn fresh(&mut self, n: usize) -> Vec<u8> {
        (0..n)
            .map(|_| {
                self.counter = self.counter.wrapping_add(7);
                self.counter
            })
            .collect()
    }

    fn free(&self) -> usize {
        self.capacity - self.passed - self.bytes.len()
    }

    fn accepts(&self, n: usize) -> Option<usize> {
        match n {
            0 => Some(0),
            1..=4096 => (n <= self.free()).then_some(n),
            _ => (self.free() > 0).then(|| n.min(self.free())),
        }
    }

    fn consume(&mut self, n: usize) -> Vec<u8> {
        self.passed = (self.passed + n) % 4096;
        let out = self.bytes.drain(..n).collect();
        self.settle();
        out
    }

    fn settle(&mut self) {
        if self.bytes.is_empty() {
            self.passed = 0;
        }
    }

    fn pages(&self) -> usize {
        (self.passed + self.bytes.len()).div_ceil(4096).max(1)
    }
}

fn run_both(shell: &mut Shell, model: &mut Model, w: usize, r: usize, read_first: bool) {
    let data = model.fresh(w);
    let accepted = model.accepts(w);
    let wplan = shell.pipe.plan_write(w, w);
    let rplan = shell.pipe.plan_read(r);
    if let WriteVerdict::Copy(plan) = wplan {
        assert_eq!(Some(plan.len() as usize), accepted);
        shell.put(&plan, &data);
    }
    let finish_read = |shell: &mut Shell, model: &mut Model| {
        if let ReadVerdict::Copy(plan) = rplan {
            let got = shell.get(&plan);
            let n = got.len();
            let expect: Vec<u8> = model.bytes.drain(..n).collect();
            model.passed = (model.passed + n) % 4096;
            assert_eq!(got, expect);
            let done = shell.pipe.commit_read(n as u32);
            shell.release(done.released);
        }
    };
    if read_first {
        finish_read(shell, model);
    }
    if let WriteVerdict::Copy(plan) = wplan {
        let done = shell.pipe.commit_write(plan.len());
        shell.release(done.released);
        model.bytes.extend(&data[..plan.len() as usize]);
    }
    if !read_first {
        finish_read(shell, model);
    }
    model.settle();
}

fn check_step(shell: &mut Shell, model: &mut Model, step: &Step) {
    match *step {
        Step::Write(n, short) => {
            let data = model.fresh(n);
            let expect = model.accepts(n).map(|k| if n == 0 { 0 } else { k.saturating_sub(short) });
            assert_eq!(shell.write(&data, short), expect);
            model.bytes.extend(&data[..expect.unwrap_or(0)]);
            model.settle();
        }
        Step::Read(n, short) => {
            let k = n.min(model.bytes.len()).saturating_sub(short);
            let expect = model.consume(k);
            assert_eq!(shell.read(n, short), expect);
        }
        Step::Both(w, r, read_first) => run_both(shell, model, w, r, read_first),
        Step::Resize(bytes) => {
            let fits = model.pages() <= bytes as usize / 4096;
            assert_eq!(shell.resize(bytes), if fits { Ok(()) } else { Err(ResizeError::Busy) });
            if fits {
                model.capacity = bytes as usize;
            }
        }
    }
    assert_eq!(shell.pipe.ring().len() as usize, model.bytes.len());
    assert_eq!(shell.pipe.ring().free() as usize, model.free());
    assert_eq!(shell.pipe.poll_read(None).contains(Ready::IN), !model.bytes.is_empty());
    assert_eq!(shell.pipe.poll_write().contains(Ready::OUT), model.free() >= 4096);
    assert!(shell.held() <= model.pages(), "{} chunks held for {}", shell.held(), model.pages());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// F25: the ring hands out what a plain queue hands out, chunks are neither lost nor kept.
    #[test]
    fn ring_model(steps in proptest::collection::vec(steps(), 1..60)) {
        let mut shell = Shell::new();
        let mut model = Model { bytes: VecDeque::new(), passed: 0, capacity: 65_536, counter: 0 };
        for step in &steps {
            check_step(&mut shell, &mut model, step);
        }
        while !model.bytes.is_empty() {
            check_step(&mut shell, &mut model, &Step::Read(5000, 0));
        }
        prop_assert!(shell.held() <= 1);
    }
}

#[test]
fn zero_bytes_are_done_at_once() {
    let mut pipe = Pipe::new(Ends::pair());
    assert_eq!(pipe.plan_read(0), ReadVerdict::Nothing);
    assert_eq!(pipe.plan_write(0, 0), WriteVerdict::Nothing);
    pipe.ends.close(Access::Read);
    assert_eq!(pipe.plan_write(0, 0), WriteVerdict::Nothing);
    assert_eq!(pipe.plan_write(1, 1), WriteVerdict::Broken);
}

#[test]
fn full_then_one_page_makes_room() {
    let mut shell = Shell::new();
    assert_eq!(shell.write(&[1; 70_000], 0), Some(65_536));
    assert_eq!(shell.pipe.plan_write(1, 1), WriteVerdict::Full);
    assert_eq!(shell.read(4095, 0).len(), 4095);
    assert_eq!(shell.pipe.plan_write(1, 1), WriteVerdict::Full);
    let ReadVerdict::Copy(plan) = shell.pipe.plan_read(1) else { panic!("data is there") };
    assert_eq!(plan.len(), 1);
    let done = shell.pipe.commit_read(1);
    assert_eq!((done.released.len(), done.risen), (1, Ready::OUT));
    assert_eq!(shell.pipe.poll_write(), Ready::OUT);
}

#[test]
fn data_is_activity_and_room_only_after_none() {
    let mut pipe = Pipe::new(Ends::pair());
    for n in [3u32, 2] {
        assert!(matches!(pipe.plan_write(n as usize, n as usize), WriteVerdict::Copy(_)));
        let done = pipe.commit_write(n);
        assert_eq!(done.active, Ready::IN);
        assert_eq!(done.risen.is_empty(), n == 2);
    }
    assert!(matches!(pipe.plan_read(1), ReadVerdict::Copy(_)));
    assert_eq!(pipe.resize(8192), Err(ResizeError::Busy));
    let done = pipe.commit_read(1);
    assert_eq!((done.active, done.risen), (Ready::empty(), Ready::empty()));
    assert!(matches!(pipe.plan_read(1), ReadVerdict::Copy(_)));
    assert_eq!(pipe.commit_read(0).active, Ready::empty());
    while let WriteVerdict::Copy(plan) = pipe.plan_write(65536, 65536) {
        let n = plan.spans().map(|span| span.len).sum();
        let _ = pipe.commit_write(n);
    }
    assert!(matches!(pipe.plan_read(8192), ReadVerdict::Copy(_)));
    assert_eq!(pipe.commit_read(8192).active, Ready::OUT);
}

#[test]
fn hang_up_and_error() {
    let mut pipe = Pipe::new(Ends::pair());
    assert_eq!(pipe.poll_read(None), Ready::empty());
    pipe.ends.close(Access::Write);
    assert_eq!(pipe.poll_read(None), Ready::HUP);
    assert_eq!(pipe.plan_read(1), ReadVerdict::EndOfFile);
    pipe.ends.close(Access::Read);
    assert_eq!(pipe.poll_write(), Ready::OUT | Ready::ERR);
}

#[test]
fn fifo_opens_meet() {
    let mut ends = Ends::none();
    assert_eq!(ends.open(Access::Write, Patience::Nonblock), OpenVerdict::NoReader);
    let OpenVerdict::Wait(ticket) = ends.open(Access::Read, Patience::Block) else { panic!("waits") };
    assert!(!ends.has_met(ticket));
    assert_eq!(ends.open(Access::Write, Patience::Block), OpenVerdict::Opened);
    ends.close(Access::Write);
    assert!(ends.has_met(ticket), "a writer that came and went counts");
    assert_eq!(ends.open(Access::ReadWrite, Patience::Block), OpenVerdict::Opened);
}

#[test]
fn fifo_reader_before_any_writer_sees_no_hang_up() {
    let mut pipe = Pipe::new(Ends::none());
    assert_eq!(pipe.ends.open(Access::Read, Patience::Nonblock), OpenVerdict::Opened);
    let seen = Some(pipe.ends.write_opens());
    assert_eq!(pipe.poll_read(seen), Ready::empty());
    pipe.ends.open(Access::Write, Patience::Block);
    pipe.ends.close(Access::Write);
    assert_eq!(pipe.poll_read(seen), Ready::HUP);
}

#[test]
fn capacity_wishes() {
    assert_eq!(round_capacity(0), Some(4096));
    assert_eq!(round_capacity(4097), Some(8192));
    assert_eq!(round_capacity(1 << 20), Some(1 << 20));
    assert_eq!(round_capacity((1 << 20) + 1), None);
    assert_eq!(round_capacity(u64::MAX), None);
}
