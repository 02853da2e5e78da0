//! Who watches the ends of a channel, and is told of what happens there. Neighbour: `channel`.

use super::channel::{Channel, ChannelEnd, Next, State};
use crate::see::{On, Waits};
use crate::task::wait::{self, Observer, Observers, Watch};
use logic_channel::End;
use logic_waits::{Batch, Events, More};
use sync::{SpinGuard, levels};

/// Who looks at an end: its observer list, under the pair's lock.
pub(super) struct EndWatch<'a>(pub(super) &'a Channel, pub(super) End);

impl Watch for EndWatch<'_> {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        f(self.0.state.lock().observers(self.1));
    }
}

impl Watch for ChannelEnd<'_> {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        f(self.channel.state.lock().observers(self.end));
    }
    fn on(&self, events: Events) -> On {
        self.waits(if events.contains(Events::OUT) { Waits::ChannelSend } else { Waits::ChannelReceive })
    }
}

impl State {
    /// Tells of a message at an end where nobody watches, as [`Channel::tell`] does. `None`: somebody does, and is to be told by that.
    #[inline(always)]
    pub(super) fn tell_unobserved(&mut self, end: End) -> Option<Next> {
        let observers = self.observers(end);
        if !observers.is_empty() {
            return None;
        }
        Some(self.waiting(end).take())
    }
}

impl Channel {
    /// Tells those who watch an end of events, ending the lock hold under which these came to be. Of the threads that are to
    /// run, one is given back: the caller lets it run.
    #[inline(always)]
    pub(super) fn tell(&self, mut state: SpinGuard<'_, State, levels::ObjectState>, end: End, events: Events) -> Next {
        let first = if events.contains(Events::IN) { state.waiting(end).take() } else { None };
        let observers = state.observers(end);
        if observers.is_empty() {
            state.unlock();
            return first;
        }
        self.tell_observers(state, end, events, first)
    }

    #[inline(never)]
    fn tell_observers(
        &self,
        mut state: SpinGuard<'_, State, levels::ObjectState>,
        end: End,
        events: Events,
        mut next: Next,
    ) -> Next {
        let mut batch = Batch::new();
        let more = state.observers(end).fire(events, &mut batch);
        drop(state);
        for o in batch.drain() {
            match o {
                Observer::Thread(t) if next.is_none() => next = Some(t),
                o => _ = o.notify(events),
            }
        }
        if more == More::Yes {
            wait::notify(&EndWatch(self, end), events);
        }
        next
    }

    /// Tells, and wakes everyone.
    pub(super) fn tell_all(&self, end: End, events: Events) {
        if let Some(t) = self.tell(self.state.lock(), end, events) {
            t.wake();
        }
    }
}
