//! What a pty's master reads: output, and in packet mode (ioctl_tty(2), `TIOCPKT`) what has changed.
//!
//! Key types: [`MasterNews`], [`MasterPlan`]. As with [`crate::ReadPlan`], a piece is copied under the lock, given to the user
//! without it, and then consumed.

use crate::{PacketStatus, Tty};

/// What a master finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MasterNews {
    /// Nothing.
    None,
    /// Output.
    Output,
    /// A change that packet mode tells of, before any output.
    Status,
}

/// A piece of a master's read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MasterPlan {
    /// What the first byte tells; empty for output.
    status: PacketStatus,
    /// Bytes of packet mode, of flow control, of output.
    head: usize,
    urgent: usize,
    output: usize,
    /// Where the output was.
    start: u32,
}

impl MasterPlan {
    /// Bytes in the shell's buffer.
    #[must_use]
    pub fn copied(&self) -> usize {
        self.head.saturating_add(self.urgent).saturating_add(self.output)
    }

    /// Whether another piece may follow in the same read.
    #[must_use]
    pub fn more(&self) -> bool {
        self.status.is_empty()
    }
}

impl Tty {
    /// Turns packet mode on or off; what was before it is on is not told.
    pub fn set_packet_mode(&mut self, on: bool) {
        if !self.packet_mode {
            self.packet = PacketStatus::empty();
        }
        self.packet_mode = on;
    }

    /// Whether packet mode is on.
    #[must_use]
    pub fn packet_mode(&self) -> bool {
        self.packet_mode
    }

    /// What a read of the master finds.
    #[must_use]
    pub fn master_news(&self) -> MasterNews {
        if self.packet_mode && !self.packet.is_empty() {
            MasterNews::Status
        } else if self.visible() != 0 || self.send_now.is_some() {
            MasterNews::Output
        } else {
            MasterNews::None
        }
    }

    /// Copies the next piece of a read into `buffer`, `first` being the first of it; `None` if there is none. A status comes
    /// alone, at the beginning of a read.
    #[must_use]
    pub fn plan_master_read(&self, first: bool, buffer: &mut [u8]) -> Option<MasterPlan> {
        let news = self.master_news();
        let start = self.output_span().0;
        let mut plan = MasterPlan { status: PacketStatus::empty(), head: 0, urgent: 0, output: 0, start };
        let mut slots = buffer.iter_mut();
        let mut put = |c: u8| slots.next().map(|slot| *slot = c).is_some();
        match news {
            MasterNews::None => return None,
            MasterNews::Status if !first => return None,
            MasterNews::Status => {
                plan.status = self.packet;
                plan.head = usize::from(put(self.packet.bits()));
            }
            MasterNews::Output => {
                plan.head = usize::from(first && self.packet_mode && put(0));
                plan.urgent = usize::from(self.send_now.is_some_and(&mut put));
                let (a, b) = self.output_slices();
                plan.output = a.iter().chain(b).take_while(|c| put(**c)).count();
            }
        }
        Some(plan)
    }

    /// The user has the first `moved` bytes of a piece.
    pub fn commit_master_read(&mut self, plan: &MasterPlan, moved: usize) {
        let Some(moved) = moved.checked_sub(plan.head) else { return };
        self.packet.remove(plan.status);
        let Some(moved) = moved.checked_sub(plan.urgent) else { return };
        if plan.urgent != 0 {
            let _ = self.take_urgent();
        }
        // Unless it was flushed meanwhile.
        if self.output_span().0 == plan.start {
            self.consume_output(moved.min(plan.output));
        }
    }
}
