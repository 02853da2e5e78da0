//! loom models of the steps, each with mutations: a model that leaves a step out must fail.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p logic-lastclose models`
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a model may panic")]

use std::sync::Arc;

use logic_shim::{Atomics, Loom, Ordering};
use loom::cell::UnsafeCell;
use loom::sync::{Condvar, Mutex};
use loom::thread;

use crate::mutation::{Step, leave_out, left_out};
use crate::{Close, Handles};

/// An object with what its use consists of.
struct Object {
    handles: Handles<Loom>,
    /// Each holder writes its own; the one that ends the use reads all.
    used: [UnsafeCell<u32>; 3],
    ends: <Loom as Atomics>::U32,
    ended: Mutex<bool>,
    wake: Condvar,
}

impl Object {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            handles: Handles::new(),
            used: [UnsafeCell::new(0), UnsafeCell::new(0), UnsafeCell::new(0)],
            ends: <Loom as Atomics>::U32::new(0),
            ended: Mutex::new(false),
            wake: Condvar::new(),
        })
    }

    /// Uses the object through a handle and drops that.
    fn use_and_close(&self, holder: usize) {
        assert_eq!(self.ends.load(Ordering::Relaxed), 0, "used after its end");
        // The pointers are not followed: their being there is the access.
        self.used[holder].with_mut(|_| ());
        if self.handles.close() == Close::Last {
            self.end();
        }
    }

    /// (4)
    fn end(&self) {
        let before = self.ends.fetch_add(1, Ordering::Relaxed);
        assert_eq!(before, 0, "ended twice");
        for cell in &self.used {
            cell.with_mut(|_| ());
        }
        if left_out(Step::MarkUnderLock) {
            self.wake.notify_all();
            *self.ended.lock().unwrap() = true;
            return;
        }
        *self.ended.lock().unwrap() = true;
        self.wake.notify_all();
    }
}

fn model(step: Option<Step>, body: impl Fn() + Sync + Send + 'static) {
    leave_out(step);
    loom::model(body);
}

/// Two holders close, and someone with a reference tries for a handle.
fn close_and_try_dup(step: Option<Step>) {
    model(step, || {
        let object = Object::new();
        assert_eq!(object.handles.dup(), Ok(()));
        let closer = {
            let object = object.clone();
            thread::spawn(move || object.use_and_close(0))
        };
        let reopener = {
            let object = object.clone();
            thread::spawn(move || {
                if object.handles.try_dup().is_ok() {
                    object.use_and_close(1);
                }
            })
        };
        object.use_and_close(2);
        closer.join().unwrap();
        reopener.join().unwrap();
        assert_eq!(object.ends.load(Ordering::Relaxed), 1, "never ended");
        assert!(object.handles.try_dup().is_err());
    });
}

/// A call waits at the object with a reference while the last handle goes.
fn close_wakes(step: Option<Step>) {
    model(step, || {
        let object = Object::new();
        let waiter = {
            let object = object.clone();
            thread::spawn(move || {
                let mut ended = object.ended.lock().unwrap();
                while !*ended {
                    ended = object.wake.wait(ended).unwrap();
                }
            })
        };
        object.use_and_close(0);
        assert!(!object.handles.is_open());
        waiter.join().unwrap();
    });
}

#[test]
fn ends_once() {
    close_and_try_dup(None);
}

#[test]
#[should_panic]
fn ends_once_without_comparing() {
    close_and_try_dup(Some(Step::TryDupCompares));
}

#[test]
#[should_panic]
fn ends_once_without_subtracting() {
    close_and_try_dup(Some(Step::CloseSubtracts));
}

#[test]
#[should_panic(expected = "Causality violation")]
fn ends_once_without_publishing() {
    close_and_try_dup(Some(Step::ClosePublishes));
}

#[test]
fn end_wakes() {
    close_wakes(None);
}

#[test]
#[should_panic(expected = "deadlock")]
fn end_wakes_without_lock() {
    close_wakes(Some(Step::MarkUnderLock));
}
