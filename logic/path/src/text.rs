//! The text of a walk: the path itself, and on top of it the targets of links in the midst of it.
//!
//! Key type: [`Text`]. A target takes the place of a text that is walked to its end, so texts below
//! the top one still have components, and whether a component is the last is known at once.

use crate::WalkError;
use alloc::vec::Vec;

/// The path and the stack of pending link targets.
#[derive(Debug)]
pub(crate) struct Text<'p, T> {
    path: &'p [u8],
    /// First byte of the path not yet walked.
    path_pos: usize,
    links: Vec<(T, usize)>,
    /// The component last taken, in the top text.
    start: usize,
    end: usize,
}

/// What follows a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// Another component, here or in a text below.
    More,
    /// Nothing.
    End,
    /// Slashes and nothing else.
    Slashes,
}

impl<'p, T: AsRef<[u8]>> Text<'p, T> {
    pub(crate) fn new(path: &'p [u8]) -> Self {
        Text { path, path_pos: 0, links: Vec::new(), start: 0, end: 0 }
    }

    /// Whether the top text begins with a slash.
    pub(crate) fn is_absolute(&self) -> bool {
        self.top().0.first() == Some(&b'/')
    }

    /// Takes the next component; `None` if there is none at all.
    pub(crate) fn advance(&mut self) -> Option<After> {
        loop {
            self.drop_finished();
            let (bytes, pos) = self.top();
            let start = skip(bytes, pos, |c| c == b'/');
            let end = skip(bytes, start, |c| c != b'/');
            let next = skip(bytes, end, |c| c == b'/');
            let after = if next < bytes.len() || self.has_more_below() {
                After::More
            } else if next > end {
                After::Slashes
            } else {
                After::End
            };
            self.set_pos(next);
            if start < end {
                self.start = start;
                self.end = end;
                return Some(after);
            }
            // Slashes alone: a link to the root. Go on with what is below it.
            if after != After::More {
                return None;
            }
        }
    }

    /// The component last taken.
    pub(crate) fn component(&self) -> &[u8] {
        self.top().0.get(self.start..self.end).unwrap_or(&[])
    }

    /// Puts a link's target before the rest.
    pub(crate) fn push(&mut self, target: T) -> Result<(), WalkError> {
        self.drop_finished();
        self.links.try_reserve(1).map_err(|_| WalkError::NoMemory)?;
        self.links.push((target, 0));
        Ok(())
    }

    /// Pops link targets that are walked to their end.
    fn drop_finished(&mut self) {
        while self.links.last().is_some_and(|(bytes, pos)| *pos >= bytes.as_ref().len()) {
            self.links.pop();
        }
    }

    /// Texts below the top one are unfinished, the path possibly aside.
    fn has_more_below(&self) -> bool {
        match self.links.len() {
            0 => false,
            1 => self.path_pos < self.path.len(),
            _ => true,
        }
    }

    fn top(&self) -> (&[u8], usize) {
        match self.links.last() {
            Some((bytes, pos)) => (bytes.as_ref(), *pos),
            None => (self.path, self.path_pos),
        }
    }

    fn set_pos(&mut self, to: usize) {
        match self.links.last_mut() {
            Some((_, pos)) => *pos = to,
            None => self.path_pos = to,
        }
    }
}

/// The first position from `from` on where `run` no longer holds.
fn skip(bytes: &[u8], from: usize, run: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(from..).unwrap_or(&[]);
    let count = rest.iter().take_while(|c| run(**c)).count();
    from.saturating_add(count)
}
