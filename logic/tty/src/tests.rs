//! Cases of termios(3) one by one, and invariants under random use. The comparison with a real
//! terminal is in `tests/host_pty.rs`.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

extern crate std;

use crate::*;
use proptest::prelude::*;
use std::vec::Vec;

fn tty() -> Tty {
    Tty::try_new(Wire::Serial).unwrap()
}

fn raw() -> Termios {
    Termios { iflag: InputFlags::empty(), oflag: OutputFlags::empty(), lflag: LocalFlags::empty(), ..Termios::new() }
}

fn feed(tty: &mut Tty, bytes: &[u8]) -> Vec<TtySignal> {
    let mut rest = bytes;
    let mut signals = Vec::new();
    while !rest.is_empty() {
        let got = tty.receive(rest);
        signals.extend(got.signal);
        if got.consumed == 0 {
            break;
        }
        rest = &rest[got.consumed..];
    }
    signals
}

fn sent(tty: &mut Tty) -> Vec<u8> {
    let (a, b) = tty.output_slices();
    let out = [a, b].concat();
    tty.consume_output(out.len());
    out
}

/// A whole read(2) of up to `want` bytes, in pieces of 7; `None` if it would wait.
fn read(tty: &mut Tty, want: usize) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut piece = [0u8; 7];
    loop {
        let Some(plan) = tty.plan_read(want - out.len(), &mut piece) else {
            return (!out.is_empty()).then_some(out);
        };
        out.extend_from_slice(&piece[..plan.copied]);
        tty.commit_read(&plan);
        if !plan.more || out.len() == want {
            return Some(out);
        }
    }
}

#[test]
fn a_line_is_read_when_it_ends() {
    let mut tty = tty();
    feed(&mut tty, b"hel");
    assert!(!tty.can_read());
    feed(&mut tty, b"lo\rworld");
    assert_eq!(sent(&mut tty), b"hello\r\nworld");
    assert_eq!(tty.readable_bytes(), 6);
    assert_eq!(read(&mut tty, 100).unwrap(), b"hello\n");
    assert_eq!(read(&mut tty, 100), None);
}

#[test]
fn editing_wipes_the_screen() {
    let mut tty = tty();
    feed(&mut tty, b"ab c\x7f\x17\x17");
    assert_eq!(sent(&mut tty), b"ab c\x08 \x08\x08 \x08\x08 \x08\x08 \x08");
    feed(&mut tty, b"xy\x15z\x16\x03\n");
    assert_eq!(sent(&mut tty), b"xy\x08 \x08\x08 \x08z^\x08^C\r\n");
    assert_eq!(read(&mut tty, 100).unwrap(), b"z\x03\n");
}

#[test]
fn end_of_file() {
    let mut tty = tty();
    feed(&mut tty, b"abc\x04");
    assert_eq!(tty.readable_bytes(), 3);
    assert_eq!(read(&mut tty, 3).unwrap(), b"abc");
    assert_eq!(read(&mut tty, 3), None, "the mark went with the bytes before it");
    feed(&mut tty, b"\x04");
    assert_eq!(read(&mut tty, 3).unwrap(), b"");
    assert_eq!(read(&mut tty, 3), None);
}

#[test]
fn signals_flush() {
    let mut tty = tty();
    assert_eq!(feed(&mut tty, b"abc\n\x03x\x1c\x1a"), [TtySignal::Interrupt, TtySignal::Quit, TtySignal::Suspend]);
    assert_eq!(sent(&mut tty), b"^Z");
    assert!(!tty.can_read());
    let keep = Termios { lflag: tty.termios().lflag | LocalFlags::NOFLSH, ..*tty.termios() };
    tty.set_termios(keep);
    assert_eq!(feed(&mut tty, b"abc\n\x03"), [TtySignal::Interrupt]);
    assert_eq!(sent(&mut tty), b"abc\r\n^C");
    assert_eq!(read(&mut tty, 9).unwrap(), b"abc\n");
}

#[test]
fn flow_control() {
    let mut tty = tty();
    feed(&mut tty, b"\x13");
    assert!(tty.is_stopped());
    assert_eq!(tty.write(b"hi"), 2);
    assert_eq!(sent(&mut tty), b"");
    feed(&mut tty, b"\x11");
    assert_eq!(sent(&mut tty), b"hi");
    tty.flow(FlowAction::StopOutput);
    feed(&mut tty, b"\x11");
    assert!(tty.is_stopped(), "only TCOON ends what TCOOFF began");
    tty.flow(FlowAction::StartOutput);
    assert!(!tty.is_stopped());
}

#[test]
fn input_pauses_the_other_end() {
    let mut tty = tty();
    tty.set_termios(Termios { iflag: InputFlags::IXOFF, ..raw() });
    assert_eq!(feed(&mut tty, &[b'x'; 5000]), []);
    assert_eq!(tty.take_urgent(), Some(0x13));
    assert_eq!(tty.readable_bytes(), 4095);
    assert_eq!(read(&mut tty, 3900).unwrap().len(), 3900);
    assert_eq!(tty.take_urgent(), None);
    assert_eq!(read(&mut tty, 100).unwrap().len(), 100);
    assert_eq!(tty.take_urgent(), Some(0x11));
}

#[test]
fn too_long_a_line_can_still_be_ended() {
    let mut tty = tty();
    let quiet = Termios { lflag: LocalFlags::ICANON, ..*tty.termios() };
    tty.set_termios(quiet);
    feed(&mut tty, &[b'x'; 6000]);
    feed(&mut tty, b"yz\n");
    let line = read(&mut tty, 9000).unwrap();
    assert_eq!((line.len(), line[4094], line[4095]), (4096, b'x', b'\n'));
}

#[test]
fn a_change_of_mode_keeps_bytes() {
    let mut tty = tty();
    let canonical = *tty.termios();
    feed(&mut tty, b"one\ntwo");
    tty.set_termios(raw());
    assert_eq!(read(&mut tty, 5).unwrap(), b"one\nt");
    tty.set_termios(canonical);
    assert_eq!(read(&mut tty, 5).unwrap(), b"wo");
    assert_eq!(read(&mut tty, 5), None);
}

#[test]
fn read_rules() {
    let mut tty = tty();
    assert_eq!(tty.read_rule(), ReadRule::Line);
    let mut settings = raw();
    tty.set_termios(settings);
    assert_eq!(tty.read_rule(), ReadRule::Count { min: 1, between_ds: None });
    settings.cc[Cc::Min as usize] = 3;
    tty.set_termios(settings);
    feed(&mut tty, b"ab");
    assert!(tty.can_read() && !tty.poll_readable());
    settings.cc[Cc::Time as usize] = 5;
    tty.set_termios(settings);
    assert_eq!(tty.read_rule(), ReadRule::Count { min: 3, between_ds: Some(5) });
    assert!(tty.poll_readable());
    settings.cc[Cc::Min as usize] = 0;
    tty.set_termios(settings);
    assert_eq!(tty.read_rule(), ReadRule::Timed { total_ds: 5 });
}

#[test]
fn flush_between_plan_and_commit() {
    let mut tty = tty();
    feed(&mut tty, b"abc\n");
    let mut buffer = [0; 8];
    let plan = tty.plan_read(8, &mut buffer).unwrap();
    tty.flush(Queue::Input);
    feed(&mut tty, b"de\n");
    tty.commit_read(&plan);
    assert_eq!(read(&mut tty, 8).unwrap(), b"de\n");
}

#[test]
fn breaks_and_parity() {
    let mut tty = tty();
    tty.set_termios(Termios { iflag: InputFlags::PARMRK | InputFlags::INPCK, ..raw() });
    assert_eq!(tty.receive_break(), None);
    tty.receive_bad_byte(b'x');
    feed(&mut tty, b"\xff");
    assert_eq!(read(&mut tty, 20).unwrap(), b"\xff\0\0\xff\0x\xff\xff");
    tty.set_termios(Termios { iflag: InputFlags::BRKINT, ..raw() });
    assert_eq!(tty.receive_break(), Some(TtySignal::Interrupt));
}

#[test]
fn termios_bytes_round_trip() {
    let termios = Termios::new();
    let bytes = termios.to_bytes();
    assert_eq!((bytes[0], bytes[1], bytes[17], bytes[19]), (0, 5, 3, 127));
    assert_eq!(Termios::from_bytes(&bytes), termios);
}

#[test]
fn packet_mode_is_told() {
    let mut tty = Tty::try_new(Wire::Pty).unwrap();
    feed(&mut tty, b"\x13");
    assert_eq!(take_packet_status(&mut tty), PacketStatus::STOP);
    tty.set_termios(raw());
    assert_eq!(take_packet_status(&mut tty), PacketStatus::START | PacketStatus::NOSTOP);
    tty.flush(Queue::Both);
    assert_eq!(take_packet_status(&mut tty), PacketStatus::FLUSHREAD | PacketStatus::FLUSHWRITE);
}

#[test]
fn background_processes() {
    let own = Background { immune: false, orphaned: false };
    assert_eq!(check_background(Access::Read, own), JobVerdict::Signal);
    assert_eq!(check_background(Access::Change, Background { orphaned: true, ..own }), JobVerdict::IoError);
    assert_eq!(check_background(Access::Read, Background { immune: true, ..own }), JobVerdict::IoError);
    assert_eq!(check_background(Access::Change, Background { immune: true, orphaned: true }), JobVerdict::Proceed);
}

proptest! {
    /// Whatever arrives and is set, the ring keeps its bounds and nothing panics.
    #[test]
    fn bounds_hold(steps in proptest::collection::vec((any::<[u32; 3]>(), any::<[u8; 19]>(), proptest::collection::vec(any::<u8>(), 0..3000), 0usize..3000), 1..20)) {
        let mut tty = tty();
        for (flags, cc, bytes, n) in steps {
            tty.set_termios(Termios {
                iflag: InputFlags::from_bits_retain(flags[0]),
                oflag: OutputFlags::from_bits_retain(flags[1]),
                lflag: LocalFlags::from_bits_retain(flags[2]),
                cc,
                ..Termios::new()
            });
            feed(&mut tty, &bytes);
            tty.write(&bytes);
            prop_assert!(tty.readable_bytes() <= INPUT_BYTES && tty.queued_output() <= OUTPUT_BYTES);
            prop_assert_eq!(tty.lines.len(), tty.lines.head.wrapping_sub(tty.lines.tail));
            prop_assert!(tty.lines.canon.wrapping_sub(tty.lines.tail) <= tty.lines.len());
            let can = tty.can_read();
            prop_assert_eq!(read(&mut tty, n + 1).is_some(), can);
            tty.consume_output(n);
        }
    }
}

fn take_packet_status(tty: &mut Tty) -> PacketStatus {
    let mut byte = [0];
    tty.packet_mode = true;
    let plan = tty.plan_master_read(true, &mut byte).unwrap();
    assert!(tty.master_news() == MasterNews::Status && plan.copied() == 1 && !plan.more());
    tty.commit_master_read(&plan, 1);
    PacketStatus::from_bits_retain(byte[0])
}

#[test]
fn a_stopped_pty_shows_its_master_what_came_before() {
    let mut tty = Tty::try_new(Wire::Pty).unwrap();
    let shown = |tty: &Tty| [tty.output_slices().0, tty.output_slices().1].concat();
    assert_eq!(tty.write(b"abc"), 3);
    let before = tty.output_span();
    let _ = tty.receive(b"\x13x");
    assert_eq!((shown(&tty), tty.output_span()), (b"abc".to_vec(), before));
    assert_eq!(tty.write(b"d"), 0);
    tty.consume_output(2);
    assert_eq!(shown(&tty), b"c");
    tty.consume_output(9);
    assert_eq!(shown(&tty), b"");
    let _ = tty.receive(b"\x11");
    assert_eq!(shown(&tty), b"x");
    assert_ne!(tty.output_span().1, before.1);
}

#[test]
fn the_mark_moves_with_what_can_be_read() {
    let mut tty = Tty::try_new(Wire::Pty).unwrap();
    let start = tty.input_mark();
    let _ = tty.receive(b"ab");
    assert_eq!(tty.input_mark(), start);
    let _ = tty.receive(b"\n");
    assert_ne!(tty.input_mark(), start);
    let mut raw = *tty.termios();
    raw.lflag = LocalFlags::empty();
    tty.set_termios(raw);
    let start = tty.input_mark();
    let _ = tty.receive(b"c");
    assert_ne!(tty.input_mark(), start);
    while tty.input_room() {
        assert_eq!(tty.receive(b"d").consumed, 1);
    }
    assert_eq!(tty.receive(b"d").consumed, 0);
}

#[test]
fn a_master_reads_in_pieces() {
    let mut tty = Tty::try_new(Wire::Pty).unwrap();
    let mut buffer = [0; 4];
    assert_eq!(tty.plan_master_read(true, &mut buffer), None);
    assert_eq!(tty.write(b"abcdef"), 6);
    tty.flow(FlowAction::StopInput);
    tty.set_packet_mode(true);
    let plan = tty.plan_master_read(true, &mut buffer).unwrap();
    assert_eq!((plan.copied(), plan.more(), buffer), (4, true, *b"\0\x13ab"));
    tty.commit_master_read(&plan, 0);
    assert_eq!(tty.plan_master_read(true, &mut buffer), Some(plan));
    tty.commit_master_read(&plan, 3);
    let plan = tty.plan_master_read(false, &mut buffer).unwrap();
    assert_eq!(buffer, *b"bcde");
    // A status that comes meanwhile waits for another read.
    tty.flush(Queue::Input);
    assert_eq!(tty.plan_master_read(false, &mut buffer), None);
    tty.commit_master_read(&plan, 4);
    let plan = tty.plan_master_read(true, &mut buffer).unwrap();
    assert_eq!((plan.copied(), buffer[0]), (1, PacketStatus::FLUSHREAD.bits()));
    tty.commit_master_read(&plan, 1);
    let plan = tty.plan_master_read(true, &mut buffer).unwrap();
    assert_eq!((plan.copied(), buffer[..2].to_vec()), (2, b"\0f".to_vec()));
    tty.commit_master_read(&plan, 2);
    assert_eq!(tty.master_news(), MasterNews::None);
}
