//! One frame's [`Node`]: list links and block state in 8 bytes. Neighbour: the allocator in
//! `lib.rs`.

/// Bits of a link. 2^26 frames are 256 GiB, far above what the direct map of Sv39 reaches.
const LINK_BITS: u32 = 26;
/// Frame numbers are below this; it is also the link that means "none", and no node has it.
pub(crate) const LIMIT: u32 = (1 << LINK_BITS) - 1;
/// The link that leads nowhere.
pub(crate) const NONE: u32 = LIMIT;

/// What the allocator knows of one frame.
#[derive(Clone, Copy, Debug, Default)]
pub struct Node {
    /// State in the upper 6 bits, previous block of the list below.
    state_prev: u32,
    next: u32,
}

/// What starts at a frame: 0 nothing, `FREE | order`, or `USED | order`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State(u32);

impl Node {
    /// A frame that the allocator does not have; all bytes are zero.
    pub const ABSENT: Node = Node { state_prev: 0, next: 0 };

    #[inline]
    pub(crate) fn new(state: State, prev: u32, next: u32) -> Node {
        Node { state_prev: state.0 | prev, next }
    }

    #[inline]
    pub(crate) fn state(self) -> State {
        State(self.state_prev & !LIMIT)
    }

    #[inline]
    pub(crate) fn set_state(&mut self, state: State) {
        self.state_prev = state.0 | (self.state_prev & LIMIT);
    }

    #[inline]
    pub(crate) fn prev(self) -> u32 {
        self.state_prev & LIMIT
    }

    #[inline]
    pub(crate) fn set_prev(&mut self, prev: u32) {
        self.state_prev = (self.state_prev & !LIMIT) | prev;
    }

    #[inline]
    pub(crate) fn next(self) -> u32 {
        self.next
    }

    #[inline]
    pub(crate) fn set_next(&mut self, next: u32) {
        self.next = next;
    }
}

impl State {
    /// No block starts here.
    pub(crate) const NONE: State = State(0);
    const FREE: u32 = 0x10 << LINK_BITS;
    const USED: u32 = 0x20 << LINK_BITS;

    /// A free block; `order` is at most `MAX_ORDER`, below 16.
    #[inline]
    pub(crate) fn free(order: u8) -> State {
        State(Self::FREE | (u32::from(order) << LINK_BITS))
    }

    /// An allocated block; `order` is at most `MAX_ORDER`, below 16.
    #[inline]
    pub(crate) fn used(order: u8) -> State {
        State(Self::USED | (u32::from(order) << LINK_BITS))
    }

    #[inline]
    pub(crate) fn is_used(self) -> bool {
        self.0 & Self::USED != 0
    }
}
