//! The kernel's random numbers: ChaCha20 (RFC 8439) keyed from the firmware's seed and stirred by times of events.

use core::sync::atomic::{AtomicU64, Ordering};
use sync::{SpinLock, levels};

struct Pool {
    key: [u32; 8],
    counter: u64,
}

static POOL: SpinLock<Pool, levels::RandomPool> = SpinLock::new(Pool { key: [0; 8], counter: 0 });
/// Event times, folded in at the next draw.
static STIR: AtomicU64 = AtomicU64::new(0);

/// Adds seed bytes to the pool (`/chosen/rng-seed`, writes to /dev/random).
pub(crate) fn add_seed(seed: &[u8]) {
    let mut pool = POOL.lock();
    for (i, b) in seed.iter().enumerate() {
        if let Some(word) = pool.key.get_mut(i / 4 % 8) {
            *word ^= u32::from(*b) << (i % 4 * 8);
        }
    }
    let block = block(&pool.key, u64::MAX);
    rekey(&mut pool, &block);
}

/// Notes that something outside happened now.
pub(crate) fn stir(event: u64) {
    STIR.fetch_xor(event.rotate_left((event & 63) as u32), Ordering::Relaxed);
}

/// Fills `out` with random bytes. The key is replaced afterwards, so earlier output cannot be found from it: half a block is
/// the next key, the other half the output, or the key of a stream for one that is longer ("fast key erasure").
pub(crate) fn fill(out: &mut [u8]) {
    let mut key = [0; 8];
    {
        let mut pool = POOL.lock();
        let stir = STIR.swap(0, Ordering::Relaxed);
        let [a, b, ..] = &mut pool.key;
        *a ^= stir as u32;
        *b ^= (stir >> 32) as u32;
        pool.counter = pool.counter.wrapping_add(1);
        let first = block(&pool.key, pool.counter);
        rekey(&mut pool, &first);
        for (k, w) in key.iter_mut().zip(first.iter().skip(8)) {
            *k = *w;
        }
    }
    if out.len() <= size_of_val(&key) {
        put(out, &key);
        return;
    }
    for (n, chunk) in out.chunks_mut(64).enumerate() {
        put(chunk, &block(&key, n as u64));
    }
}

/// As many bytes of `words` as there is room for.
fn put(out: &mut [u8], words: &[u32]) {
    for (bytes, word) in out.chunks_mut(4).zip(words) {
        let (from, room) = (word.to_le_bytes(), bytes.len());
        bytes.copy_from_slice(from.get(..room).unwrap_or_default());
    }
}

/// A random word.
pub(crate) fn next_u64() -> u64 {
    let mut b = [0; 8];
    fill(&mut b);
    u64::from_le_bytes(b)
}

fn rekey(pool: &mut Pool, block: &[u32; 16]) {
    for (k, w) in pool.key.iter_mut().zip(block.iter()) {
        *k = *w;
    }
}

/// One ChaCha20 block with a zero nonce (RFC 8439, 2.3).
fn block(key: &[u32; 8], counter: u64) -> [u32; 16] {
    let [k0, k1, k2, k3, k4, k5, k6, k7] = *key;
    let start = [
        0x6170_7865,
        0x3320_646e,
        0x7962_2d32,
        0x6b20_6574,
        k0,
        k1,
        k2,
        k3,
        k4,
        k5,
        k6,
        k7,
        counter as u32,
        (counter >> 32) as u32,
        0,
        0,
    ];
    let [
        mut x0,
        mut x1,
        mut x2,
        mut x3,
        mut x4,
        mut x5,
        mut x6,
        mut x7,
        mut x8,
        mut x9,
        mut xa,
        mut xb,
        mut xc,
        mut xd,
        mut xe,
        mut xf,
    ] = start;
    for _ in 0..10 {
        quarter(&mut x0, &mut x4, &mut x8, &mut xc);
        quarter(&mut x1, &mut x5, &mut x9, &mut xd);
        quarter(&mut x2, &mut x6, &mut xa, &mut xe);
        quarter(&mut x3, &mut x7, &mut xb, &mut xf);
        quarter(&mut x0, &mut x5, &mut xa, &mut xf);
        quarter(&mut x1, &mut x6, &mut xb, &mut xc);
        quarter(&mut x2, &mut x7, &mut x8, &mut xd);
        quarter(&mut x3, &mut x4, &mut x9, &mut xe);
    }
    let mut out = [x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, xa, xb, xc, xd, xe, xf];
    for (o, s) in out.iter_mut().zip(start) {
        *o = o.wrapping_add(s);
    }
    out
}

fn quarter(a: &mut u32, b: &mut u32, c: &mut u32, d: &mut u32) {
    *a = a.wrapping_add(*b);
    *d = (*d ^ *a).rotate_left(16);
    *c = c.wrapping_add(*d);
    *b = (*b ^ *c).rotate_left(12);
    *a = a.wrapping_add(*b);
    *d = (*d ^ *a).rotate_left(8);
    *c = c.wrapping_add(*d);
    *b = (*b ^ *c).rotate_left(7);
}
