//! Waiting for several descriptors: ppoll(2), pselect6(2).

use super::signal::relative_deadline;
use super::{Call, CallResult, Restart, Stop};
use crate::clock;
use crate::fs::file::OpenFile;
use crate::see::{On, Waits};
use crate::task::Thread;
use crate::task::wait::{self, Ended, Interrupt, Observer};
use abi::{Errno, Rights};
use alloc::vec::Vec;
use logic_signal::SigSet;
use logic_waits::{Events, Key, Mode};
use mem::{Ref, user};

/// One descriptor that is waited for.
struct Item {
    file: Option<Ref<OpenFile>>,
    wanted: Events,
    got: Events,
    key: Option<Key>,
}

impl Item {
    fn check(&mut self) -> bool {
        let Some(of) = &self.file else {
            return !self.got.is_empty();
        };
        self.got = of.poll().intersection(self.wanted | Events::ERR | Events::HUP);
        !self.got.is_empty()
    }
    fn register(&mut self, me: &Thread) -> Result<(), Ended> {
        let Some(watch) = self.file.as_ref().and_then(|f| f.file.watch()) else { return Ok(()) };
        let mut result = Ok(());
        let (key, wanted) = (&mut self.key, self.wanted);
        watch.with_observers(&mut |list| {
            if key.is_some_and(|k| list.contains(k)) {
                return;
            }
            match list.add(Observer::Thread(me.to_ref()), wanted | Events::ERR | Events::HUP, Mode::All) {
                Ok(k) => *key = Some(k),
                Err(_) => result = Err(Ended::NoMemory),
            }
        });
        result
    }
    fn leave(&mut self) {
        if let (Some(key), Some(watch)) = (self.key.take(), self.file.as_ref().and_then(|f| f.file.watch())) {
            watch.with_observers(&mut |list| {
                let _ = list.remove(key);
            });
        }
    }
}

/// Waits until one of the items is ready; gives how many are.
fn wait_for(me: &Thread, items: &mut [Item], deadline: Option<u64>) -> Result<usize, Ended> {
    let ready = items.iter_mut().map(Item::check).filter(|r| *r).count();
    if ready != 0 {
        return Ok(ready);
    }
    let result = wait::sleep_on(me, On::plain(Waits::Poll), deadline, Interrupt::AnySignal, || {
        for i in items.iter_mut() {
            i.register(me)?;
        }
        let ready = items.iter_mut().map(Item::check).filter(|r| *r).count();
        Ok((ready != 0).then_some(ready))
    });
    for i in items.iter_mut() {
        i.leave();
    }
    match result {
        Err(Ended::Deadline) => Ok(0),
        other => other,
    }
}

fn finish(me: &Thread, masked: bool, result: Result<usize, Ended>) -> Result<usize, Stop> {
    match result {
        Ok(n) => {
            if masked {
                me.restore_mask();
            }
            Ok(n)
        }
        Err(Ended::Signal) => Err(Stop::Restart(Restart::NoHandler)),
        Err(_) => {
            if masked {
                me.restore_mask();
            }
            Err(Errno::ENOMEM.into())
        }
    }
}

/// Writes what is left of a time-out back, as Linux does for ppoll and pselect6.
fn write_rest(addr: usize, deadline: Option<u64>) {
    if let Some(d) = deadline {
        let left = d.saturating_sub(clock::monotonic_ns());
        let _ = user::write(addr, &[(left / clock::SECOND_NS) as i64, (left % clock::SECOND_NS) as i64]);
    }
}

/// ppoll(2).
pub(super) fn ppoll(c: &mut Call<'_>) -> CallResult {
    let (fds, count) = (c.arg(0), c.uint(1) as usize);
    if count as u64 > c.me.process().limit(crate::task::limits::NOFILE) {
        return Err(Errno::EINVAL.into());
    }
    let deadline = relative_deadline(c.arg(2))?;
    if c.arg(3) != 0 && c.arg(4) != 8 {
        return Err(Errno::EINVAL.into());
    }
    let mask = if c.arg(3) != 0 { Some(SigSet(user::read::<u64>(c.arg(3))?)) } else { None };
    let files = c.me.files();
    let mut items: Vec<Item> = Vec::new();
    items.try_reserve_exact(count).map_err(|_| Errno::ENOMEM)?;
    for i in 0..count {
        let [fd, events] = user::read::<[u32; 2]>(fds + i * 8)?;
        let wanted = Events::from_bits_truncate(events & 0xffff);
        let (file, got) = match fd as i32 {
            n if n < 0 => (None, Events::empty()),
            n => match files.get(n, Rights::WAIT) {
                Ok(f) => (Some(f), Events::empty()),
                Err(_) => (None, Events::NVAL),
            },
        };
        items.push(Item { file, wanted, got, key: None });
    }
    if let Some(m) = mask {
        c.me.set_mask_for_call(m);
    }
    let result = wait_for(c.me, &mut items, deadline);
    if c.arg(2) != 0 {
        write_rest(c.arg(2), deadline);
    }
    let ready = finish(c.me, mask.is_some(), result)?;
    for (i, item) in items.iter().enumerate() {
        user::write(fds + i * 8 + 6, &(item.got.bits() as u16))?;
    }
    Ok(ready)
}

/// One of the three sets of pselect6(2), by 64-bit words.
fn read_set(addr: usize, words: usize) -> Result<Vec<u64>, Errno> {
    let mut set = Vec::new();
    set.try_reserve_exact(words).map_err(|_| Errno::ENOMEM)?;
    for i in 0..words {
        set.push(if addr == 0 { 0 } else { user::read::<u64>(addr + i * 8).map_err(|_| Errno::EFAULT)? });
    }
    Ok(set)
}

/// pselect6(2).
pub(super) fn pselect6(c: &mut Call<'_>) -> CallResult {
    const READ: Events = Events::IN.union(Events::RDNORM).union(Events::RDBAND).union(Events::HUP).union(Events::ERR);
    const WRITE: Events = Events::OUT.union(Events::WRNORM).union(Events::WRBAND).union(Events::ERR);
    let n = c.int(0);
    if n < 0 {
        return Err(Errno::EINVAL.into());
    }
    let n = (n as u64).min(c.me.process().limit(crate::task::limits::NOFILE)) as usize;
    let words = n.div_ceil(64);
    let deadline = relative_deadline(c.arg(4))?;
    let mut mask = None;
    if c.arg(5) != 0 {
        let [at, size] = user::read::<[u64; 2]>(c.arg(5))?;
        if at != 0 {
            if size != 8 {
                return Err(Errno::EINVAL.into());
            }
            mask = Some(SigSet(user::read::<u64>(at as usize)?));
        }
    }
    let sets = [read_set(c.arg(1), words)?, read_set(c.arg(2), words)?, read_set(c.arg(3), words)?];
    let bit = |set: &[u64], fd: usize| set.get(fd / 64).is_some_and(|w| w >> (fd % 64) & 1 != 0);
    let files = c.me.files();
    let mut items: Vec<(usize, Item)> = Vec::new();
    let [r, w, x] = &sets;
    for fd in 0..n {
        let mut wanted = Events::empty();
        wanted.set(READ, bit(r, fd));
        if bit(w, fd) {
            wanted |= WRITE;
        }
        if bit(x, fd) {
            wanted |= Events::PRI;
        }
        if !wanted.is_empty() {
            items.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
            let file = Some(files.get(fd as i32, Rights::WAIT)?);
            items.push((fd, Item { file, wanted, got: Events::empty(), key: None }));
        }
    }
    if let Some(m) = mask {
        c.me.set_mask_for_call(m);
    }
    let (numbers, mut items) = split(items)?;
    let result = wait_for(c.me, &mut items, deadline);
    if c.arg(4) != 0 {
        write_rest(c.arg(4), deadline);
    }
    finish(c.me, mask.is_some(), result)?;
    let mut total = 0;
    for (set, (addr, interest)) in sets.iter().zip([(c.arg(1), READ), (c.arg(2), WRITE), (c.arg(3), Events::PRI)]) {
        if addr == 0 {
            continue;
        }
        for word in 0..words {
            let mut out = 0u64;
            for (fd, item) in numbers.iter().zip(items.iter()).filter(|(fd, _)| **fd / 64 == word) {
                if bit(set, *fd) && item.got.intersects(interest) {
                    out |= 1 << (fd % 64);
                    total += 1;
                }
            }
            user::write(addr + word * 8, &out)?;
        }
    }
    Ok(total)
}

fn split(items: Vec<(usize, Item)>) -> Result<(Vec<usize>, Vec<Item>), Errno> {
    let mut numbers = Vec::new();
    let mut rest = Vec::new();
    numbers.try_reserve_exact(items.len()).map_err(|_| Errno::ENOMEM)?;
    rest.try_reserve_exact(items.len()).map_err(|_| Errno::ENOMEM)?;
    for (fd, item) in items {
        numbers.push(fd);
        rest.push(item);
    }
    Ok((numbers, rest))
}
