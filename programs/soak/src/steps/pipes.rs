//! Pipes: chains of processes, and many writers of whole records.

use std::io::{self, Read, Write};

use fastrand::Rng;

use super::{Outcome, at, bytes, digest, expect_exit, fork_child, same};
use crate::worker::Context;

/// Writes of so many bytes are not interleaved (PIPE_BUF, pipe(7)).
const ATOMIC_BYTES: usize = 4096;

/// Bytes pass through a chain of processes, each reading and writing as it likes.
pub(super) fn chain(rng: &mut Rng, _: &Context) -> Outcome {
    let len = rng.usize(1..150_000);
    let text = bytes(rng, len);
    let (mut reader, first) = io::pipe().map_err(at("pipe"))?;
    let mut first = Some(first);
    let mut children = Vec::new();
    for _ in 0..rng.usize(1..6) {
        let (next_reader, mut writer) = io::pipe().map_err(at("pipe"))?;
        let seed = rng.u64(..);
        let (mut source, head) = (reader, &mut first);
        let pass_on = move || {
            // This process's copy of the head must go, or the chain never ends.
            *head = None;
            let mut text = Vec::new();
            let read = source.read_to_end(&mut text);
            u8::from(read.and_then(|_| write_in_pieces(&mut writer, &text, seed)).is_err())
        };
        children.push(fork_child(pass_on)?);
        reader = next_reader;
    }
    let (seed, head) = (rng.u64(..), first.take());
    let write = || head.map_or(1, |mut head| u8::from(write_in_pieces(&mut head, &text, seed).is_err()));
    children.push(fork_child(write)?);
    let mut received = Vec::new();
    reader.read_to_end(&mut received).map_err(at("read"))?;
    for pid in children {
        expect_exit(pid, 0)?;
    }
    same("length", received.len(), text.len())?;
    same("digest", digest(&received), digest(&text))
}

fn write_in_pieces(writer: &mut impl Write, mut text: &[u8], seed: u64) -> io::Result<()> {
    let mut rng = Rng::with_seed(seed);
    while !text.is_empty() {
        let (piece, rest) = text.split_at(rng.usize(1..=text.len().min(70_000)));
        writer.write_all(piece)?;
        text = rest;
    }
    Ok(())
}

/// Processes write records into one pipe; each must arrive whole.
pub(super) fn records(rng: &mut Rng, _: &Context) -> Outcome {
    let (mut reader, writer) = io::pipe().map_err(at("pipe"))?;
    let mut writer = Some(writer);
    let (mut children, mut wanted) = (Vec::new(), [0usize; 256]);
    for id in 1..=rng.u8(2..7) {
        let count = rng.usize(1..60);
        wanted[usize::from(id)] = count;
        let seed = rng.u64(..);
        children.push(fork_child(|| u8::from(write_records(writer.as_mut(), id, count, seed).is_err()))?);
    }
    writer = None;
    let mut found = [0usize; 256];
    let mut header = [0; 3];
    while reader.read_exact(&mut header).is_ok() {
        let [id, low, high] = header;
        let mut body = vec![0; usize::from(u16::from_le_bytes([low, high]))];
        reader.read_exact(&mut body).map_err(at("read"))?;
        same("a record is whole", body.iter().all(|byte| *byte == id), true)?;
        found[usize::from(id)] += 1;
    }
    drop(writer);
    for pid in children {
        expect_exit(pid, 0)?;
    }
    same("records by writer", found == wanted, true)
}

/// A record: the writer's number, a length, and the number again so often.
fn write_records(writer: Option<&mut io::PipeWriter>, id: u8, count: usize, seed: u64) -> io::Result<()> {
    let mut rng = Rng::with_seed(seed);
    let writer = writer.ok_or(io::ErrorKind::BrokenPipe)?;
    for _ in 0..count {
        let len = rng.u16(..=(ATOMIC_BYTES - 3) as u16);
        let [low, high] = len.to_le_bytes();
        let mut record = vec![id, low, high];
        record.resize(3 + usize::from(len), id);
        // One write(2): `write_all` would hide a short one.
        if writer.write(&record)? != record.len() {
            return Err(io::ErrorKind::WriteZero.into());
        }
    }
    Ok(())
}
