//! Waiting for several descriptors: ppoll(2), pselect6(2).

use super::signal::relative_time;
use super::{Call, CallResult, Restart, Stop};
use crate::clock;
use crate::fs::file::OpenFile;
use crate::fs::table::FdTable;
use crate::see::{On, Waits};
use crate::task::Thread;
use crate::task::wait::{self, Ended, Interrupt, Observer};
use abi::{Errno, Rights};
use alloc::vec::Vec;
use logic_signal::SigSet;
use logic_waits::{Events, Key, Mode};
use mem::{Ref, user};
use zerocopy::IntoBytes;

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

/// Looks at all of them; gives how many are ready.
fn check(items: &mut [Item]) -> usize {
    items.iter_mut().map(Item::check).filter(|r| *r).count()
}

/// Waits until one of the items is ready, of which none was; gives how many are.
fn wait_for(me: &Thread, items: &mut [Item], deadline: Option<u64>) -> Result<usize, Ended> {
    let result = wait::sleep_on(me, On::plain(Waits::Poll), deadline, Interrupt::AnySignal, || {
        for i in items.iter_mut() {
            i.register(me)?;
        }
        let ready = check(items);
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

/// When a wait with this time-out ends; 0, which has passed, if it does not wait at all.
fn deadline(addr: usize) -> Result<Option<u64>, Errno> {
    Ok(relative_time(addr)?.map(|ns| if ns == 0 { 0 } else { clock::monotonic_ns().saturating_add(ns) }))
}

/// Writes what is left of a time-out back, as Linux does for ppoll and pselect6.
fn write_rest(addr: usize, deadline: Option<u64>) {
    if let Some(d) = deadline
        && d != 0
    {
        let left = d.saturating_sub(clock::monotonic_ns());
        let _ = user::write(addr, &[(left / clock::SECOND_NS) as i64, (left % clock::SECOND_NS) as i64]);
    }
}

/// An entry of the array of ppoll(2): the number; the events asked for, and in the upper half those that hold.
type Entry = [u32; 2];
/// Entries that need no memory.
const NEAR: usize = 64;
/// Entries that are looked up under one lock of the table.
const TOGETHER: usize = 8;

fn wanted(entry: Entry) -> Events {
    Events::from_bits_truncate(entry[1] & 0xffff)
}

fn set_got(entry: &mut Entry, got: Events) {
    entry[1] = entry[1] & 0xffff | got.bits() << 16;
}

/// What is behind the number of an entry; otherwise what poll(2) says of such a number.
fn behind(entry: Entry, file: Option<Ref<OpenFile>>) -> Result<Ref<OpenFile>, Events> {
    file.ok_or(if (entry[0] as i32) < 0 { Events::empty() } else { Events::NVAL })
}

/// Looks at all of them without waiting; gives how many are ready.
fn look(files: &FdTable, entries: &mut [Entry]) -> usize {
    let mut ready = 0usize;
    for part in entries.chunks_mut(TOGETHER) {
        let mut found = [const { None }; TOGETHER];
        files.get_each(part.iter().zip(&mut found).map(|(e, found)| (e[0] as i32, Rights::WAIT, found)));
        for (entry, file) in part.iter_mut().zip(&mut found) {
            let got = match behind(*entry, file.take()) {
                Ok(file) => file.poll().intersection(wanted(*entry) | Events::ERR | Events::HUP),
                Err(got) => got,
            };
            set_got(entry, got);
            ready = ready.wrapping_add(usize::from(!got.is_empty()));
        }
    }
    ready
}

/// Waits until one of the entries is ready, of which none was; gives how many are.
#[inline(never)]
fn wait_for_entries(me: &Thread, entries: &mut [Entry], deadline: Option<u64>) -> Result<usize, Ended> {
    if deadline == Some(0) {
        return if me.signal_pending() { Err(Ended::Signal) } else { Ok(0) };
    }
    let files = me.files();
    let mut items: Vec<Item> = Vec::new();
    items.try_reserve_exact(entries.len()).map_err(|_| Ended::NoMemory)?;
    for entry in entries.iter() {
        let (file, got) = match behind(*entry, files.get(entry[0] as i32, Rights::WAIT).ok()) {
            Ok(file) => (Some(file), Events::empty()),
            Err(got) => (None, got),
        };
        items.push(Item { file, wanted: wanted(*entry), got, key: None });
    }
    let result = wait_for(me, &mut items, deadline);
    for (entry, item) in entries.iter_mut().zip(&items) {
        set_got(entry, item.got);
    }
    result
}

/// ppoll(2).
pub(super) fn ppoll(c: &mut Call<'_>) -> CallResult {
    let (fds, count) = (c.arg(0), c.uint(1) as usize);
    if count as u64 > c.me.process().limit(crate::task::limits::NOFILE) {
        return Err(Errno::EINVAL.into());
    }
    let deadline = deadline(c.arg(2))?;
    if c.arg(3) != 0 && c.arg(4) != 8 {
        return Err(Errno::EINVAL.into());
    }
    let mask = if c.arg(3) != 0 { Some(SigSet(user::read::<u64>(c.arg(3))?)) } else { None };
    let (mut near, mut far) = ([[0; 2]; NEAR], Vec::new());
    let entries = match near.get_mut(..count) {
        Some(near) => near,
        None => {
            far.try_reserve_exact(count).map_err(|_| Errno::ENOMEM)?;
            far.resize(count, [0; 2]);
            far.as_mut_slice()
        }
    };
    if count != 0 {
        user::copy_in(entries.as_mut_bytes(), fds)?;
    }
    let mut result = Ok(look(&c.me.files(), entries));
    if result == Ok(0) {
        if let Some(m) = mask {
            c.me.set_mask_for_call(m);
        }
        result = wait_for_entries(c.me, entries, deadline);
    }
    write_rest(c.arg(2), deadline);
    let ready = finish(c.me, mask.is_some(), result)?;
    for (i, entry) in entries.iter().enumerate() {
        user::write(fds.wrapping_add(i.wrapping_mul(8)).wrapping_add(6), &((entry[1] >> 16) as u16))?;
    }
    Ok(ready)
}

/// One of the three sets of pselect6(2), by 64-bit words.
fn read_set(addr: usize, words: usize) -> Result<Vec<u64>, Errno> {
    let mut set = Vec::new();
    set.try_reserve_exact(words).map_err(|_| Errno::ENOMEM)?;
    for i in 0..words {
        set.push(if addr == 0 {
            0
        } else {
            user::read::<u64>(addr.wrapping_add(i.wrapping_mul(8))).map_err(|_| Errno::EFAULT)?
        });
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
    let deadline = deadline(c.arg(4))?;
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
    let result = match check(&mut items) {
        0 => wait_for(c.me, &mut items, deadline),
        ready => Ok(ready),
    };
    write_rest(c.arg(4), deadline);
    finish(c.me, mask.is_some(), result)?;
    let mut total = 0usize;
    for (set, (addr, interest)) in sets.iter().zip([(c.arg(1), READ), (c.arg(2), WRITE), (c.arg(3), Events::PRI)]) {
        if addr == 0 {
            continue;
        }
        for word in 0..words {
            let mut out = 0u64;
            for (fd, item) in numbers.iter().zip(items.iter()).filter(|(fd, _)| **fd / 64 == word) {
                if bit(set, *fd) && item.got.intersects(interest) {
                    out |= 1 << (fd % 64);
                    total = total.wrapping_add(1);
                }
            }
            user::write(addr.wrapping_add(word.wrapping_mul(8)), &out)?;
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
