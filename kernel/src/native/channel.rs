//! The calls on channels: arguments, user memory, descriptors' numbers. What they do is in `object::{channel, call}`.

use crate::fs::file::OpenFile;
use crate::fs::table::{FdTable, Passed, Reserved, ReservedOne};
use crate::linux::{Call, CallResult, Restart, Stop};
use crate::object::call::{Answer, Brought, Reply, Request};
use crate::object::channel::{ChannelEnd, Next, Sending};
use crate::object::end::pair;
use crate::object::message::{Message, UNREAD_WORDS, Words};
use crate::object::short::{Got, ShortReply, has_short_room, is_short, read_words, write_words};
use crate::task::limits;
use abi::{ChanCall, ChanCreate, ChanInfo, ChanPart, ChanRecv, ChanReplyRecv, ChanRoom, ChanSend, Errno, chan_flag, nr};
use alloc::boxed::Box;
use core::mem::{MaybeUninit, offset_of};
use logic_channel::{CallId, Delivery, Limits, MAX_BYTES, MAX_FDS, Received, Size};
use mem::{Ref, user};
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// Reads a struct that may have grown since: more bytes than are known must be zero (clone3(2), openat2(2)).
#[inline(always)]
pub(super) fn read_sized<T: FromBytes + IntoBytes>(addr: usize, size: usize) -> Result<T, Errno> {
    if size != size_of::<T>() {
        check_tail(addr, size, size_of::<T>())?;
    }
    user::read(addr).map_err(fault)
}

/// The same, into a place that holds none yet.
#[inline(always)]
fn read_sized_new<T: FromBytes>(place: &mut MaybeUninit<T>, addr: usize, size: usize) -> Result<&T, Errno> {
    if size != size_of::<T>() {
        check_tail(addr, size, size_of::<T>())?;
    }
    match user::read_new(place, addr) {
        Ok(args) => Ok(args),
        Err(e) => Err(fault(e)),
    }
}

#[cold]
fn check_tail(addr: usize, size: usize, known: usize) -> Result<(), Errno> {
    if size < known {
        return Err(Errno::EINVAL);
    }
    if size > mem::PAGE {
        return Err(Errno::E2BIG);
    }
    for at in known..size {
        if user::read::<u8>(addr.wrapping_add(at)).map_err(fault)? != 0 {
            return Err(Errno::E2BIG);
        }
    }
    Ok(())
}

/// Information to be filled in. No two neighbouring words are alike, so that they are written one by one in their places: clearing
/// them by a call costs several times as much.
const fn unread_info() -> ChanInfo {
    ChanInfo { bytes_len: 1, fds_len: 2, call: 0, process: 1, budget: 0, reply_bytes: 1, reply_fds: 2 }
}

fn fault(_: user::Fault) -> Errno {
    Errno::EFAULT
}

fn deadline(ns: u64) -> Option<u64> {
    (ns != 0).then_some(ns)
}

pub(super) fn check_flags(flags: u32, known: u32) -> Result<(), Errno> {
    if flags & !known != 0 { Err(Errno::EINVAL) } else { Ok(()) }
}

/// The end of a channel behind a descriptor. Other descriptors are EINVAL.
fn end_of(of: &Ref<OpenFile>) -> Result<ChannelEnd<'_>, Errno> {
    of.file.as_channel().ok_or(Errno::EINVAL)
}

fn size_of_part(part: &ChanPart) -> Result<Size, Errno> {
    let size = Size { bytes: part.bytes_len, fds: part.fds_len };
    if size.fits(Size { bytes: MAX_BYTES, fds: MAX_FDS }) { Ok(size) } else { Err(Errno::EMSGSIZE) }
}

/// What fits there; more than a message can have is as good as that.
fn size_of_room(room: &ChanRoom) -> Size {
    Size { bytes: room.bytes_cap.min(MAX_BYTES), fds: room.fds_cap.min(MAX_FDS) }
}

/// The number of the one descriptor of a part.
#[inline(always)]
fn read_fd(part: &ChanPart) -> Result<i32, Errno> {
    user::read_word(part.fds as usize).map(|fd| fd as i32).map_err(fault)
}

/// The numbers of the descriptors of a part, in `list`.
#[inline]
fn read_fds<'a>(part: &ChanPart, list: &'a mut [i32; MAX_FDS as usize]) -> Result<&'a [i32], Errno> {
    let list = list.get_mut(..part.fds_len as usize).unwrap_or_default();
    user::copy_in(list.as_mut_bytes(), part.fds as usize).map_err(fault)?;
    Ok(list)
}

/// chan_create(ends, args, size).
pub(super) fn chan_create(c: &mut Call<'_>) -> CallResult {
    let args = if c.arg(1) == 0 { ChanCreate::default() } else { read_sized::<ChanCreate>(c.arg(1), c.arg(2))? };
    check_flags(args.flags, 0)?;
    let limits = Limits::new(args.messages, args.bytes).ok_or(Errno::EINVAL)?;
    let (a, b) = pair(c.me, limits)?;
    c.install_pair(a, b, true, c.arg(0))
}

/// chan_send(fd, args, size).
pub(super) fn chan_send(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let end = end_of(&of)?;
    let mut place = MaybeUninit::uninit();
    let args: &ChanSend = read_sized_new(&mut place, c.arg(1), c.arg(2))?;
    check_flags(args.flags | args._reserved, chan_flag::NONBLOCK)?;
    let size = size_of_part(&args.part)?;
    let nonblock = args.flags & chan_flag::NONBLOCK != 0 || of.nonblock();
    let how = Sending { fds: &[], nonblock, deadline_ns: deadline(args.deadline_ns) };
    if size.fds == 0 {
        return send(c, end, &args.part, size, &how);
    }
    send_with_fds(c, end, &args.part, size, how)
}

fn send(c: &Call<'_>, end: ChannelEnd<'_>, part: &ChanPart, size: Size, how: &Sending<'_>) -> CallResult {
    end.send(c.me, size, how, &mut |m| m.copy_in(part.bytes as usize, part.bytes_len as usize))?;
    Ok(0)
}

#[inline(never)]
fn send_with_fds(c: &Call<'_>, end: ChannelEnd<'_>, part: &ChanPart, size: Size, how: Sending<'_>) -> CallResult {
    if size.fds == 1 {
        return send(c, end, part, size, &Sending { fds: &[read_fd(part)?], ..how });
    }
    let mut list = [0; MAX_FDS as usize];
    let fds = read_fds(part, &mut list)?;
    send(c, end, part, size, &Sending { fds, ..how })
}

/// chan_recv(fd, args, size).
pub(super) fn chan_recv(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let end = end_of(&of)?;
    let mut place = MaybeUninit::uninit();
    let args: &ChanRecv = read_sized_new(&mut place, c.arg(1), c.arg(2))?;
    check_flags(args.flags | args._reserved, chan_flag::NONBLOCK)?;
    let nonblock = args.flags & chan_flag::NONBLOCK != 0 || of.nonblock();
    let out = c.arg(1).wrapping_add(offset_of!(ChanRecv, info));
    receive(c, end, &args.room, nonblock, deadline(args.deadline_ns), &mut Reply::none(), |_, info| {
        user::write(out, info).map_err(fault)
    })
}

/// Receives into `room` and tells by `write` what came.
#[inline]
fn receive(
    c: &Call<'_>,
    end: ChannelEnd<'_>,
    room: &ChanRoom,
    nonblock: bool,
    deadline_ns: Option<u64>,
    reply: &mut Reply,
    tell: impl Fn(&Reply, &ChanInfo) -> Result<(), Errno>,
) -> CallResult {
    let received = end.receive(c.me, size_of_room(room), nonblock, deadline_ns, reply);
    let write = |info: &ChanInfo| tell(reply, info);
    if !matches!(received, Ok(Received::Message(_))) {
        end.pass_on();
    }
    match received? {
        Received::Message(d) => deliver(c, end, d, room, write),
        Received::TooLarge(size) => {
            write(&ChanInfo { bytes_len: size.bytes, fds_len: size.fds, ..ChanInfo::default() })?;
            Err(Errno::EMSGSIZE.into())
        }
        Received::Closed => Err(Errno::EPIPE.into()),
        Received::Empty => Err(Errno::EAGAIN.into()),
    }
}

/// Gives a message in hand to the caller, or puts it back as if nothing had happened.
#[inline]
fn deliver(
    c: &Call<'_>,
    end: ChannelEnd<'_>,
    d: Delivery<Box<Message>>,
    room: &ChanRoom,
    write: impl Fn(&ChanInfo) -> Result<(), Errno>,
) -> CallResult {
    let info = ChanInfo {
        bytes_len: d.size.bytes,
        fds_len: d.size.fds,
        call: d.call.map_or(0, CallId::number),
        process: d.message.process,
        budget: d.message.budget,
        reply_bytes: d.reply_room.bytes,
        reply_fds: d.reply_room.fds,
    };
    let staged = stage(c, &d.message, d.size, room).and_then(|numbers| write(&info).map(|()| numbers));
    let numbers = match staged {
        Ok(numbers) => numbers,
        Err(e) => {
            end.put_back(d);
            return Err(e.into());
        }
    };
    // Point of no return.
    let mut message = d.message;
    if let Some(numbers) = numbers {
        numbers.install(&mut message.fds);
    }
    end.finish(message, d.size, d.call);
    Ok(d.size.bytes as usize)
}

/// Copies a message to where it is wanted, and reserves the numbers of its descriptors.
#[inline]
fn stage(c: &Call<'_>, message: &Message, size: Size, room: &ChanRoom) -> Result<Option<Reserved>, Errno> {
    let numbers = if size.fds == 0 { None } else { Some(reserve(c, size.fds as usize, room)?) };
    message.copy_out(room.bytes as usize, size.bytes as usize)?;
    Ok(numbers)
}

/// Reserves numbers, and tells the caller which.
#[inline(never)]
fn reserve(c: &Call<'_>, count: usize, room: &ChanRoom) -> Result<Reserved, Errno> {
    let numbers = FdTable::reserve(&c.me.files(), count, c.me.process().limit(limits::NOFILE))?;
    write_numbers(&numbers, count, room)?;
    Ok(numbers)
}

#[inline(always)]
fn write_numbers(numbers: &Reserved, count: usize, room: &ChanRoom) -> Result<(), Errno> {
    match numbers.first() {
        Some(first) if count == 1 => user::write(room.fds as usize, &first).map_err(fault),
        _ => write_all_numbers(numbers, count, room),
    }
}

#[inline(never)]
fn write_all_numbers(numbers: &Reserved, count: usize, room: &ChanRoom) -> Result<(), Errno> {
    let mut list = [0i32; MAX_FDS as usize];
    for (place, number) in list.iter_mut().zip(numbers.numbers()) {
        *place = number;
    }
    let list = list.get(..count).unwrap_or_default();
    user::copy_out(room.fds as usize, list.as_bytes()).map_err(fault)
}

/// What chan_call tells at its end.
#[derive(IntoBytes, Immutable)]
#[repr(C)]
struct CallOut {
    call: u64,
    bytes_len: u32,
    fds_len: u32,
}

const _: () = assert!(offset_of!(ChanCall, call) + size_of::<CallOut>() == size_of::<ChanCall>());

/// chan_call(fd, args, size).
pub(super) fn chan_call(c: &mut Call<'_>) -> CallResult {
    let of = c.used_file_of::<{ nr::chan_call }>()?;
    let end = end_of(&of)?;
    let mut place = MaybeUninit::uninit();
    let args: &ChanCall = read_sized_new(&mut place, c.arg(1), c.arg(2))?;
    check_flags(args.flags | args._reserved, chan_flag::NONBLOCK | chan_flag::NO_CYCLE)?;
    let size = size_of_part(&args.part)?;
    let room = size_of_room(&args.room);
    let mut short = Brought { words: UNREAD_WORDS, size, passed: None };
    let (mut number, mut numbers, mut begun) = (None, None, None);
    if args.call | u64::from(args.flags) == 0 && is_short(size) && has_short_room(room) {
        // Room for the reply's descriptor is found before anybody works for it.
        number = if room.fds == 0 { None } else { ReservedOne::new(c.me) };
        if room.fds == 0 || number.is_some() {
            let fd = if size.fds == 0 { -1 } else { read_fd(&args.part)? };
            read_words(&mut short.words, args.part.bytes as usize, size.bytes as usize)?;
            begun = end.begin_short(c.me, (size, room), &short.words, fd);
        }
    }
    let mut armed = true;
    let (id, next) = match begun {
        Some(begun) => begun,
        None => {
            number = None;
            begin_long(c, &of, end, args, (size, room), &mut armed, &mut numbers)?
        }
    };
    match end.end_call(c.me, id, deadline(args.deadline_ns), armed, next, &mut short) {
        Ok(Answer::Short) => {
            if short.passed.is_some() {
                let number = numbers.map(|n| n.into_one(c.me)).or(number);
                return take_short_with_one(c, &args.room, &mut short, number).map_err(|e| with_number(c, id, e));
            }
            take_short(c, &args.room, &short).map_err(|e| with_number(c, id, e))
        }
        Ok(Answer::Reply(message, size)) => {
            let numbers = numbers.or_else(|| number.map(ReservedOne::into_many));
            take_reply(c, end, message, size, &args.room, numbers).map_err(|e| with_number(c, id, e))
        }
        Ok(Answer::Interrupted) => interrupted(c, end, id),
        Err(e) => Err(with_number(c, id, e)),
    }
}

/// The error of a call whose request has left, and its number told: so the caller knows that the request's descriptors have left too.
#[cold]
#[inline(never)]
fn with_number(c: &Call<'_>, id: CallId, e: Stop) -> Stop {
    let _ = tell_number(c, id);
    e
}

fn tell_number(c: &Call<'_>, id: CallId) -> Result<(), Errno> {
    user::write(c.arg(1).wrapping_add(offset_of!(ChanCall, call)), &id.number()).map_err(fault)
}

/// Delivers a short reply.
#[inline(always)]
fn take_short(c: &Call<'_>, room: &ChanRoom, short: &Brought) -> CallResult {
    let (out, size) = (c.arg(1).wrapping_add(offset_of!(ChanCall, call)), short.size);
    write_words(&short.words, room.bytes as usize, size.bytes as usize)?;
    user::write_here(out, &CallOut { call: 0, bytes_len: size.bytes, fds_len: size.fds })?;
    Ok(size.bytes as usize)
}

/// The same with a descriptor. What cannot be delivered is destroyed.
#[inline(never)]
fn take_short_with_one(c: &Call<'_>, room: &ChanRoom, short: &mut Brought, number: Option<ReservedOne<'_>>) -> CallResult {
    let passed = short.passed.take();
    if let Some(number) = &number {
        user::write_word(room.fds as usize, number.number() as u32).map_err(fault)?;
    }
    let taken = take_short(c, room, short)?;
    // Point of no return.
    if let (Some(passed), Some(number)) = (passed, number) {
        number.install(passed);
    }
    Ok(taken)
}

/// Begins a call that goes the long way; `armed` becomes false if the call was begun before.
#[inline(never)]
fn begin_long(
    c: &Call<'_>,
    of: &OpenFile,
    end: ChannelEnd<'_>,
    args: &ChanCall,
    (size, room): (Size, Size),
    armed: &mut bool,
    numbers: &mut Option<Reserved>,
) -> Result<(CallId, Next), Stop> {
    // Room for the reply's descriptors is found before anybody works for it.
    if room.fds != 0 {
        *numbers = Some(FdTable::reserve(&c.me.files(), room.fds as usize, c.me.process().limit(limits::NOFILE))?);
    }
    match CallId::from_number(args.call) {
        Some(id) => {
            end.resume_call(c.me, id, room)?;
            *armed = false;
            Ok((id, None))
        }
        None => {
            if args.flags & chan_flag::NO_CYCLE != 0 && end.closes_circle(c.me.process()) {
                return Err(Errno::EDEADLK.into());
            }
            let nonblock = args.flags & chan_flag::NONBLOCK != 0 || of.nonblock();
            let (bytes, deadline_ns) = (args.part.bytes as usize, deadline(args.deadline_ns));
            begin(c, end, &args.part, Request { size, bytes, fds: &[], room, nonblock, deadline_ns })
        }
    }
}

/// A signal's handler is to run: the call's number is told, so that the wait can go on.
#[inline(never)]
fn interrupted(c: &Call<'_>, end: ChannelEnd<'_>, id: CallId) -> CallResult {
    match tell_number(c, id) {
        Ok(()) => Err(Stop::Restart(Restart::Always)),
        Err(e) => {
            end.give_up_call(c.me, id);
            Err(e.into())
        }
    }
}

#[inline]
fn begin(c: &Call<'_>, end: ChannelEnd<'_>, part: &ChanPart, request: Request<'_>) -> Result<(CallId, Next), Stop> {
    if part.fds_len == 0 { end.begin_call(c.me, &request) } else { begin_with_fds(c, end, part, request) }
}

#[inline(never)]
fn begin_with_fds(c: &Call<'_>, end: ChannelEnd<'_>, part: &ChanPart, request: Request<'_>) -> Result<(CallId, Next), Stop> {
    if part.fds_len == 1 {
        return end.begin_call(c.me, &Request { fds: &[read_fd(part)?], ..request });
    }
    begin_with_list(c, end, part, request)
}

#[inline(never)]
fn begin_with_list(c: &Call<'_>, end: ChannelEnd<'_>, part: &ChanPart, request: Request<'_>) -> Result<(CallId, Next), Stop> {
    let mut list = [0; MAX_FDS as usize];
    let fds = read_fds(part, &mut list)?;
    end.begin_call(c.me, &Request { fds, ..request })
}

/// Delivers a reply; one that cannot be delivered is destroyed.
#[inline(never)]
fn take_reply(
    c: &Call<'_>,
    end: ChannelEnd<'_>,
    mut message: Box<Message>,
    size: Size,
    room: &ChanRoom,
    numbers: Option<Reserved>,
) -> CallResult {
    let out = c.arg(1).wrapping_add(offset_of!(ChanCall, call));
    let copied = message.copy_out(room.bytes as usize, size.bytes as usize);
    let told = copied.and_then(|()| match &numbers {
        Some(n) if size.fds != 0 => write_numbers(n, size.fds as usize, room),
        _ => Ok(()),
    });
    let told =
        told.and_then(|()| user::write(out, &CallOut { call: 0, bytes_len: size.bytes, fds_len: size.fds }).map_err(fault));
    // Point of no return.
    if let (Ok(()), Some(numbers)) = (told, numbers) {
        numbers.install(&mut message.fds);
    }
    end.discard(message);
    told?;
    Ok(size.bytes as usize)
}

/// What chan_reply_recv tells.
#[derive(IntoBytes, Immutable)]
#[repr(C)]
struct ReplyOut {
    flags: u32,
    replied: u32,
    info: ChanInfo,
}

const _: () = assert!(offset_of!(ChanReplyRecv, flags) + size_of::<ReplyOut>() == size_of::<ChanReplyRecv>());

/// chan_reply_recv(fd, args, size).
pub(super) fn chan_reply_recv(c: &mut Call<'_>) -> CallResult {
    let of = c.used_file_of::<{ nr::chan_reply_recv }>()?;
    let end = end_of(&of)?;
    let mut place = MaybeUninit::uninit();
    let args: &ChanReplyRecv = read_sized_new(&mut place, c.arg(1), c.arg(2))?;
    check_flags(args.flags, chan_flag::NONBLOCK | chan_flag::REPLY_ONLY)?;
    let size = size_of_part(&args.part)?;
    let nonblock = args.flags & chan_flag::NONBLOCK != 0 || of.nonblock();
    if !nonblock && args.flags & chan_flag::REPLY_ONLY == 0 && is_short(size) {
        return reply_recv_short(c, end, args, size);
    }
    reply_recv_long(c, end, args, size, nonblock)
}

/// Replies and receives by the short way, as long as everything is short.
#[inline(always)]
fn reply_recv_short(c: &Call<'_>, end: ChannelEnd<'_>, args: &ChanReplyRecv, size: Size) -> CallResult {
    let mut words = UNREAD_WORDS;
    read_words(&mut words, args.part.bytes as usize, size.bytes as usize)?;
    let mut reply = ShortReply { id: CallId::from_number(args.call), size, arrived: false, caller: None };
    if size.fds != 0
        && let Some(id) = reply.id
    {
        reply.caller = end.answer_with_one(c.me, id, size, &words, read_fd(&args.part)?);
        if reply.caller.is_none() {
            return reply_recv_long(c, end, args, size, false);
        }
        (reply.id, reply.arrived) = (None, true);
    }
    let mut out = ReplyOut { flags: args.flags, replied: 0, info: unread_info() };
    let deadline_ns = deadline(args.deadline_ns);
    let room = size_of_room(&args.room);
    let result = match end.receive_short(c.me, room, deadline_ns, &mut reply, &mut words, &mut out.info) {
        Ok(Got::Request(taken, mut passed)) => {
            out.replied = u32::from(reply.arrived);
            let told = match passed {
                None => tell_request(c, args, &out, taken.size, &words),
                Some(_) => tell_request_with_one(c, args, &out, taken.size, &words, &mut passed),
            };
            match told {
                Ok(()) => return Ok(taken.size.bytes as usize),
                Err(e) => {
                    end.put_request_back(&taken, passed);
                    Err(e.into())
                }
            }
        }
        Ok(Got::TooLarge) => return Err(Errno::EMSGSIZE.into()),
        Ok(Got::Other) => return receive_after(c, end, args, false, &mut Reply::sent(reply.arrived)),
        Err(e) => Err(e),
    };
    note_replied(c, args, reply.arrived, result)
}

/// Writes a short request, and what is told about it, to user memory.
#[inline(always)]
fn tell_request(c: &Call<'_>, args: &ChanReplyRecv, out: &ReplyOut, size: Size, words: &Words) -> Result<(), Errno> {
    write_words(words, args.room.bytes as usize, size.bytes as usize)?;
    user::write_here(c.arg(1).wrapping_add(offset_of!(ChanReplyRecv, flags)), out).map_err(fault)
}

/// The same with a descriptor, for which there is a number then. It stays if there is none, or no memory to write to.
#[inline(never)]
fn tell_request_with_one(
    c: &Call<'_>,
    args: &ChanReplyRecv,
    out: &ReplyOut,
    size: Size,
    words: &Words,
    passed: &mut Option<Passed>,
) -> Result<(), Errno> {
    let number = match ReservedOne::new(c.me) {
        Some(number) => number,
        // Said why by the way that reserves any number of them.
        None => reserve(c, 1, &args.room)?.into_one(c.me),
    };
    user::write_word(args.room.fds as usize, number.number() as u32).map_err(fault)?;
    tell_request(c, args, out, size, words)?;
    // Point of no return.
    if let Some(passed) = passed.take() {
        number.install(passed);
    }
    Ok(())
}

/// The long way of both.
#[inline(never)]
fn reply_recv_long(c: &Call<'_>, end: ChannelEnd<'_>, args: &ChanReplyRecv, size: Size, nonblock: bool) -> CallResult {
    let mut answer = match CallId::from_number(args.call) {
        Some(id) => reply(c, end, id, &args.part, size)?,
        None => Reply::none(),
    };
    receive_after(c, end, args, nonblock, &mut answer)
}

/// Receives after a reply, of which it tells.
#[inline(never)]
fn receive_after(c: &Call<'_>, end: ChannelEnd<'_>, args: &ChanReplyRecv, nonblock: bool, answer: &mut Reply) -> CallResult {
    let out = c.arg(1).wrapping_add(offset_of!(ChanReplyRecv, flags));
    let tell = |answer: &Reply, info: &ChanInfo| {
        let replied = u32::from(answer.arrived());
        user::write(out, &ReplyOut { flags: args.flags, replied, info: *info }).map_err(fault)
    };
    let result = if args.flags & chan_flag::REPLY_ONLY != 0 {
        end.send_reply(answer);
        tell(answer, &ChanInfo::default()).map(|()| 0).map_err(Stop::from)
    } else {
        receive(c, end, &args.room, nonblock, deadline(args.deadline_ns), answer, tell)
    };
    note_replied(c, args, answer.arrived(), result)
}

/// Of a call that failed after it replied: when it is made again, by the kernel or the program, only the receiving is left.
#[inline]
fn note_replied(c: &Call<'_>, args: &ChanReplyRecv, arrived: bool, result: CallResult) -> CallResult {
    if result.is_err() && args.call != 0 {
        user::write(c.arg(1).wrapping_add(offset_of!(ChanReplyRecv, call)), &0u64)?;
        user::write(c.arg(1).wrapping_add(offset_of!(ChanReplyRecv, replied)), &u32::from(arrived))?;
    }
    result
}

#[inline]
fn reply(c: &Call<'_>, end: ChannelEnd<'_>, id: CallId, part: &ChanPart, size: Size) -> Result<Reply, Errno> {
    if size.fds == 0 {
        return end.reply(c.me, id, size, part.bytes as usize, &[]);
    }
    reply_with_fds(c, end, id, part, size)
}

#[inline(never)]
fn reply_with_fds(c: &Call<'_>, end: ChannelEnd<'_>, id: CallId, part: &ChanPart, size: Size) -> Result<Reply, Errno> {
    if size.fds == 1 {
        return end.reply(c.me, id, size, part.bytes as usize, &[read_fd(part)?]);
    }
    reply_with_list(c, end, id, part, size)
}

#[inline(never)]
fn reply_with_list(c: &Call<'_>, end: ChannelEnd<'_>, id: CallId, part: &ChanPart, size: Size) -> Result<Reply, Errno> {
    let mut list = [0; MAX_FDS as usize];
    let fds = read_fds(part, &mut list)?;
    end.reply(c.me, id, size, part.bytes as usize, fds)
}
