//! Carriers that wait in carriers (ends of channels, sockets, listen queues): how many of a carrier's descriptors do, and
//! whether anybody can still reach it.
//!
//! `logic-inflight` finds what is out of reach. It is asked about one of which no descriptor is left but such that wait:
//! after the last other one was closed or sent, on the way to user mode ([`release::look_at`]). If meanwhile descriptors were put into
//! a carrier that it came to, or taken out of it ([`Flight::changes`]), what it found counts for nothing, and it begins anew. The letters
//! are the steps of `logic-inflight`.

use super::end::Side;
use super::message::Message;
use crate::fs::file::{Descriptor, OpenFile};
use crate::fs::release;
use core::sync::atomic::AtomicU64;
use logic_inflight::{Carriers, Found, Graph, Mark, Place};
use mem::Ref;
use sync::{Mutex, SpinLock, levels};

/// The marks are one search's.
static SEARCH: Mutex<(), levels::LeafMutex> = Mutex::new(());
static GRAPH: Graph = Graph::new(AtomicU64::new(0), AtomicU64::new(0));

/// What descriptors may wait in.
pub(crate) trait Carrier {
    /// What is noted at it.
    fn flight(&self) -> &Flight;
    /// What waits at a place in it.
    fn waits_at(&self, place: Place) -> Found<Ref<OpenFile>>;
}

/// What is noted at a carrier.
pub(crate) struct Flight {
    counts: logic_inflight::Flight,
    mark: SpinLock<Mark<Ref<OpenFile>>, levels::ReleaseList>,
}

impl Flight {
    /// None waits.
    pub(crate) fn new() -> Self {
        Flight { counts: logic_inflight::Flight::new(), mark: SpinLock::new(Mark::new()) }
    }
    /// (b) Descriptors go into this carrier or out of it; its lock is held.
    #[inline]
    pub(crate) fn changes(&self) {
        GRAPH.changes(&self.counts);
    }
}

/// A descriptor in a message.
pub(crate) enum InFlight {
    /// Of a carrier.
    Carrier(Waiting),
    /// Of something else.
    Plain(Descriptor),
}

/// One of a carrier, counted there until this is dropped.
pub(crate) struct Waiting(Option<Descriptor>);

impl InFlight {
    /// It goes into a message; whoever puts that where nobody may look says so ([`lost_holders`]).
    pub(crate) fn new(file: Descriptor) -> Self {
        if !file.is_carrier() {
            return InFlight::Plain(file);
        }
        let Some(carrier) = file.file.carrier() else { return InFlight::Plain(file) };
        GRAPH.enter(&carrier.flight().counts);
        InFlight::Carrier(Waiting(Some(file)))
    }
    /// It has been received. `None` is never the case before that.
    #[inline(always)]
    pub(crate) fn arrived(self) -> Option<Descriptor> {
        match self {
            InFlight::Plain(file) => Some(file),
            InFlight::Carrier(mut waiting) => waiting.take(),
        }
    }
    /// The descriptor, while it waits.
    pub(crate) fn waits(&self) -> Option<&Descriptor> {
        match self {
            InFlight::Plain(file) => Some(file),
            InFlight::Carrier(waiting) => waiting.0.as_ref(),
        }
    }
    /// The description.
    pub(crate) fn file(&self) -> Option<&Ref<OpenFile>> {
        self.waits().map(Descriptor::open_file)
    }
}

impl Waiting {
    #[inline(never)]
    fn take(&mut self) -> Option<Descriptor> {
        let file = self.0.take()?;
        if let Some(carrier) = file.file.carrier() {
            GRAPH.leave(&carrier.flight().counts);
        }
        Some(file)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        drop(self.take());
    }
}

/// (c) Whether a carrier waits anywhere; asked after a descriptor was closed.
#[inline]
pub(crate) fn any() -> bool {
    GRAPH.any()
}

fn only_waits(of: &OpenFile) -> bool {
    of.file.carrier().is_some_and(|carrier| carrier.flight().counts.only_waits(|| of.holders()))
}

/// A description has one holder less outside of messages.
#[cold]
pub(crate) fn lost_holder(of: &Ref<OpenFile>) {
    if only_waits(of) {
        release::look_at(of);
    }
}

/// Gives to `dead` what nobody can reach any more, if `of` is among that. False: queues changed meanwhile, so that what was
/// seen of them may never have been so at one time.
pub(crate) fn check(of: &Ref<OpenFile>, dead: &mut dyn FnMut(&Ref<OpenFile>)) -> bool {
    let one_at_a_time = SEARCH.lock();
    let certain = GRAPH.check(&Kernel, of, dead);
    drop(one_at_a_time);
    certain
}

/// The carriers of this kernel.
struct Kernel;

impl Carriers for Kernel {
    type Node = Ref<OpenFile>;
    fn holders(&self, node: &Ref<OpenFile>) -> u32 {
        node.holders()
    }
    fn flight<R>(&self, node: &Ref<OpenFile>, f: impl FnOnce(&logic_inflight::Flight) -> R) -> R {
        match node.file.carrier() {
            Some(carrier) => f(&carrier.flight().counts),
            // Only carriers are nodes.
            None => f(&logic_inflight::Flight::new()),
        }
    }
    fn next(&self, node: &Ref<OpenFile>, place: Place) -> Found<Ref<OpenFile>> {
        node.file.carrier().map_or(Found::End, |carrier| carrier.waits_at(place))
    }
    fn mark<R>(&self, node: &Ref<OpenFile>, f: impl FnOnce(&mut Mark<Ref<OpenFile>>) -> R) -> R {
        match node.file.carrier() {
            Some(carrier) => f(&mut carrier.flight().mark.lock()),
            // Only carriers are nodes.
            None => f(&mut Mark::new()),
        }
    }
}

impl<const B: bool> Carrier for Side<B> {
    fn flight(&self) -> &Flight {
        self.channel().flight(self.end())
    }
    fn waits_at(&self, place: Place) -> Found<Ref<OpenFile>> {
        let state = self.channel().state.lock();
        let message = state.logic.queued(self.end(), place.message as usize);
        message.map_or(Found::End, |m| waits_in(m, place))
    }
}

/// What waits at a place that is in this message.
pub(crate) fn waits_in(message: &Message, place: Place) -> Found<Ref<OpenFile>> {
    let Some(passed) = message.fds.get(place.descriptor as usize) else {
        return Found::Other(Place { message: place.message.saturating_add(1), descriptor: 0 });
    };
    let on = Place { descriptor: place.descriptor.saturating_add(1), ..place };
    found(&passed.file, on)
}

/// A descriptor that waits, as a search sees it; and where it goes on.
pub(crate) fn found(waits: &InFlight, on: Place) -> Found<Ref<OpenFile>> {
    match waits.file() {
        Some(of) if of.is_carrier() => Found::Carrier(of.clone(), on),
        _ => Found::Other(on),
    }
}

/// Descriptors have come to wait in a carrier, whose lock is held; others may let go of them meanwhile.
pub(crate) fn waits_again(message: &Message, carrier: &Flight) {
    if message.fds.is_empty() {
        return;
    }
    carrier.changes();
    lost_holders(message);
}

/// What a message carries has one holder less outside of messages, and perhaps nobody who can reach it.
pub(crate) fn lost_holders(message: &Message) {
    for of in message.fds.iter().filter_map(|passed| passed.file.file()) {
        lost_holder(of);
    }
}

/// Whether an end has a descriptor outside of messages.
pub(super) fn is_held(of: &OpenFile) -> bool {
    of.is_open() && !only_waits(of)
}
