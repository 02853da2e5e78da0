//! loom models of how news travels, each with mutations: a model that leaves a step out must fail. Sets, observer lists and
//! watchers are the kernel's; what stands around them here is what the kernel does around them.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p logic-epoll models`
#![allow(clippy::unwrap_used, reason = "a model may panic")]

use crate::mutation::{Step, leave_out, left_out};
use crate::{Key, Node, Outcome, Set, Spare, Token, Wanted, Watchers};
use logic_waits::{Batch, Events, Mode, More, ObserverList};
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::sync::{Condvar, Mutex};
use loom::thread;
use std::boxed::Box;
// std's `Arc`: loom's own panics again while a failed model unwinds.
use std::sync::Arc;
use std::vec::Vec;

const IN: u32 = 1;
const ET: u32 = 1 << 31;
const ONESHOT: u32 = 1 << 30;

/// A thread that sleeps until it is woken; `logic-waits` has the model of how.
#[derive(Default)]
struct Sleeper {
    woken: Mutex<bool>,
    told: Condvar,
}

impl Sleeper {
    fn wake(&self) {
        *self.woken.lock().unwrap() = true;
        self.told.notify_one();
    }
    fn sleep(&self) {
        let mut woken = self.woken.lock().unwrap();
        while !*woken {
            woken = self.told.wait(woken).unwrap();
        }
        *woken = false;
    }
}

#[derive(Clone)]
enum Observer {
    Thread(Arc<Sleeper>),
    Interest(Arc<EpollSet>, Token),
}

#[derive(Clone)]
enum File {
    Units(Arc<Units>),
    Set(Arc<EpollSet>),
}

/// An object that is readable while it has units.
#[derive(Default)]
struct Units {
    state: Mutex<(u32, ObserverList<Observer>)>,
}

#[derive(Default)]
struct EpollSet {
    state: Mutex<(Set<File, ()>, ObserverList<Observer>)>,
}

fn notify(fire: impl Fn(&mut Batch<Observer>) -> More) {
    let mut batch = Batch::new();
    loop {
        let more = fire(&mut batch);
        for observer in batch.drain().collect::<Vec<_>>() {
            match observer {
                Observer::Thread(t) => t.wake(),
                Observer::Interest(set, token) => set.told(token),
            }
        }
        if more == More::Done {
            return;
        }
    }
}

impl Units {
    fn put(&self) {
        self.state.lock().unwrap().0 += 1;
        notify(|batch| self.state.lock().unwrap().1.fire(Events::IN, batch));
    }
    fn take_all(&self) -> u32 {
        core::mem::take(&mut self.state.lock().unwrap().0)
    }
}

impl File {
    fn ready(&self) -> bool {
        match self {
            File::Units(units) => units.state.lock().unwrap().0 != 0,
            File::Set(set) => loop {
                let Some(peeked) = set.state.lock().unwrap().0.peek() else { return false };
                if peeked.taken.file().ready() {
                    return true;
                }
                set.state.lock().unwrap().0.dismiss(&peeked.taken);
            },
        }
    }
    fn register(&self, observer: Observer) {
        match self {
            File::Units(units) => units.state.lock().unwrap().1.add(observer, Events::IN, Mode::All).map(drop).unwrap(),
            File::Set(set) => set.state.lock().unwrap().1.add(observer, Events::IN, Mode::All).map(drop).unwrap(),
        }
    }
}

fn insert(set: &mut Set<File, ()>, file: File, bits: u32) -> Token {
    if let Some(shortage) = set.shortage().unwrap() {
        drop(set.supply(Spare::new(shortage).unwrap()));
    }
    let key = Key::new(1, 1, matches!(file, File::Set(_)));
    set.add(Box::new(Node::new(key, 0)), key, file, Wanted::for_add(bits, false).unwrap(), 0).map_err(|(e, ..)| e).unwrap()
}

impl EpollSet {
    fn add(self: &Arc<Self>, file: File, bits: u32) -> Token {
        let token = insert(&mut self.state.lock().unwrap().0, file.clone(), bits);
        let observer = Observer::Interest(self.clone(), token);
        // (6)
        if left_out(Step::RegisterBeforeAsking) {
            let ready = file.ready();
            file.register(observer);
            if ready {
                self.told(token);
            }
            return token;
        }
        file.register(observer);
        if file.ready() {
            self.told(token);
        }
        token
    }

    /// (1)
    fn told(&self, token: Token) {
        if !self.state.lock().unwrap().0.fire(token) || left_out(Step::SetFires) {
            return;
        }
        notify(|batch| self.state.lock().unwrap().1.fire(Events::IN, batch));
    }

    /// (2) to (5); with `fault` the event cannot be copied.
    fn gather(&self, fault: bool) -> bool {
        let mut taken = Vec::new();
        let _ = self.state.lock().unwrap().0.take(&mut None, 1, |t, _, _| taken.push(t));
        let Some(t) = taken.pop() else { return false };
        let ready = t.file().ready();
        if !ready || fault {
            let outcome = if ready { Outcome::NotDelivered } else { Outcome::NotReady };
            self.state.lock().unwrap().0.settle(&t, outcome);
        }
        ready
    }

    /// Waits until something is reported.
    fn wait(&self, fault: bool) {
        let me = Arc::new(Sleeper::default());
        while !self.gather(fault) {
            let mut key = None;
            loop {
                let mut state = self.state.lock().unwrap();
                if key.is_none_or(|k| !state.1.contains(k)) {
                    key = state.1.add(Observer::Thread(me.clone()), Events::IN, Mode::One).ok();
                }
                let ready = state.0.has_ready();
                drop(state);
                if ready {
                    break;
                }
                me.sleep();
            }
            if let Some(key) = key {
                self.state.lock().unwrap().1.remove(key);
            }
        }
    }
}

fn model(step: Option<Step>, preemptions: Option<usize>, body: impl Fn() + Sync + Send + 'static) {
    leave_out(step);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.check(body);
}

/// One puts twice, one takes what an interest with these options reports until it has both.
fn two_units(step: Option<Step>, bits: u32, fault: bool) {
    model(step, None, move || {
        let (units, set) = (Arc::new(Units::default()), Arc::new(EpollSet::default()));
        let token = set.add(File::Units(units.clone()), bits);
        let putter = {
            let units = units.clone();
            thread::spawn(move || {
                units.put();
                units.put();
            })
        };
        let mut got = 0;
        while got < 2 {
            if fault {
                set.wait(true);
            }
            set.wait(false);
            got += units.take_all();
            if bits & ONESHOT != 0 {
                let wanted = Wanted::for_change(bits).unwrap();
                let _ = set.state.lock().unwrap().0.change(token, wanted, 0).unwrap();
                if File::Units(units.clone()).ready() {
                    set.told(token);
                }
            }
        }
        putter.join().unwrap();
    });
}

/// One puts while another adds the interest and waits; with a set in a set if `nested`.
fn added_meanwhile(step: Option<Step>, bits: u32, nested: bool) {
    model(step, None, move || {
        let (units, set) = (Arc::new(Units::default()), Arc::new(EpollSet::default()));
        let putter = {
            let units = units.clone();
            thread::spawn(move || units.put())
        };
        if nested {
            let inner = Arc::new(EpollSet::default());
            set.add(File::Set(inner.clone()), bits);
            inner.add(File::Units(units), bits);
        } else {
            set.add(File::Units(units), bits);
        }
        set.wait(false);
        putter.join().unwrap();
    });
}

/// Two put, one at the outer set takes both from the inner one.
fn nested_by_three(step: Option<Step>) {
    model(step, Some(3), || {
        let (units, set, inner) = (Arc::new(Units::default()), Arc::new(EpollSet::default()), Arc::new(EpollSet::default()));
        inner.add(File::Units(units.clone()), IN | ET);
        set.add(File::Set(inner.clone()), IN);
        let putters: Vec<_> = (0..2)
            .map(|_| {
                let units = units.clone();
                thread::spawn(move || units.put())
            })
            .collect();
        let mut got = 0;
        while got < 2 {
            set.wait(false);
            inner.gather(false);
            got += units.take_all();
        }
        for putter in putters {
            putter.join().unwrap();
        }
    });
}

/// The last descriptor goes while an interest is added: whoever comes second ends it.
fn closed_meanwhile(step: Option<Step>) {
    model(step, None, || {
        let set = Arc::new(Mutex::new(Set::<File, ()>::new()));
        let watchers = Arc::new(Mutex::new(Watchers::<Token>::new()));
        let (ever, handles) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(1)));
        let closer = {
            let (set, watchers, ever, handles) = (set.clone(), watchers.clone(), ever.clone(), handles.clone());
            thread::spawn(move || {
                handles.fetch_sub(1, Ordering::SeqCst);
                loom::sync::atomic::fence(Ordering::SeqCst);
                if ever.load(Ordering::SeqCst) != 0 {
                    let (first, _) = watchers.lock().unwrap().drain(&mut Batch::new());
                    if let Some(token) = first {
                        set.lock().unwrap().remove(token);
                    }
                }
            })
        };
        let token = insert(&mut set.lock().unwrap(), File::Units(Arc::new(Units::default())), IN);
        let early = left_out(Step::LookAfterNoting) && handles.load(Ordering::SeqCst) == 1;
        ever.store(1, Ordering::SeqCst);
        loom::sync::atomic::fence(Ordering::SeqCst);
        let place = watchers.lock().unwrap().add(token).unwrap();
        if !early && handles.load(Ordering::SeqCst) == 0 {
            watchers.lock().unwrap().remove(place);
            set.lock().unwrap().remove(token);
        }
        closer.join().unwrap();
        assert!(set.lock().unwrap().is_empty(), "an interest in what is closed");
    });
}

#[test]
fn edge() {
    two_units(None, IN | ET, false);
    two_units(None, IN | ET, true);
}

#[test]
fn level() {
    two_units(None, IN, false);
}

#[test]
fn once() {
    two_units(None, IN | ET | ONESHOT, false);
    two_units(None, IN | ONESHOT, true);
}

#[test]
#[should_panic(expected = "deadlock")]
fn edge_without_queueing_again() {
    two_units(Some(Step::FireQueues), IN | ET, false);
}

#[test]
#[should_panic(expected = "deadlock")]
fn edge_without_putting_back() {
    two_units(Some(Step::PutBack), IN | ET, true);
}

#[test]
#[should_panic(expected = "deadlock")]
fn level_without_counting() {
    two_units(Some(Step::FireCounts), IN, false);
}

#[test]
#[should_panic(expected = "deadlock")]
fn level_without_comparing() {
    two_units(Some(Step::SettleCompares), IN, false);
}

#[test]
fn adding() {
    added_meanwhile(None, IN | ET, false);
    added_meanwhile(None, IN, true);
}

#[test]
#[should_panic(expected = "deadlock")]
fn adding_and_asking_first() {
    added_meanwhile(Some(Step::RegisterBeforeAsking), IN | ET, false);
}

#[test]
#[should_panic(expected = "deadlock")]
fn nested_without_firing() {
    added_meanwhile(Some(Step::SetFires), IN, true);
}

#[test]
fn nested() {
    nested_by_three(None);
}

#[test]
fn closing() {
    closed_meanwhile(None);
}

#[test]
#[should_panic(expected = "what is closed")]
fn closing_and_looking_first() {
    closed_meanwhile(Some(Step::LookAfterNoting));
}
