//! The walk: what to do next, and what a report means for it.
//!
//! Key types: [`Walk`], [`Step`] (what the kernel does), [`Found`] and [`Crossing`] (what it
//! reports), [`Move`] (what a report asks for).

use crate::{
    MAX_LINKS, NAME_MAX, PATH_MAX, WalkError,
    text::{After, Text},
};

/// How far a walk goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// To the object that the path names.
    Resolve,
    /// To the directory of the last component, for calls that make, remove or rename it.
    Parent,
}

/// Whether a link at the very end is followed (in [`Mode::Resolve`]; a slash after it always does).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinalLink {
    /// Followed.
    Follow,
    /// `O_NOFOLLOW`, `AT_SYMLINK_NOFOLLOW`: the link itself is the result.
    Stay,
}

bitflags::bitflags! {
    /// Restrictions of a walk: openat2(2)'s `RESOLVE_*`, with its numbers, and `AT_EMPTY_PATH`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Rules: u32 {
        /// `RESOLVE_NO_XDEV`: cross no mount.
        const NO_XDEV = 0x01;
        /// `RESOLVE_NO_MAGICLINKS`: no links of procfs that jump.
        const NO_MAGICLINKS = 0x02;
        /// `RESOLVE_NO_SYMLINKS`: no links at all.
        const NO_SYMLINKS = 0x04;
        /// `RESOLVE_BENEATH`: stay below the start. Also a start that lacks the right `WALK_UP`.
        const BENEATH = 0x08;
        /// `RESOLVE_IN_ROOT`: the start is the root.
        const IN_ROOT = 0x10;
        /// `AT_EMPTY_PATH`: an empty path names the start.
        const EMPTY_PATH = 0x1000;
    }
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Go to the root: the process's, or the start under [`Rules::IN_ROOT`]. Answer with
    /// [`Walk::went_to_root`].
    ToRoot,
    /// A `.`: check the right to search the directory, no more; no answer.
    Here,
    /// A `..`: check the right to search; answer with [`Walk::went_up`] or [`Walk::at_top`].
    Up,
    /// Check the right to search, look the name up, answer with [`Walk::found`].
    Lookup(&'a [u8]),
    /// [`Mode::Parent`]: the kernel stands in the directory, and this is the last component. If it
    /// is a link to be followed after all (open(2) with `O_CREAT`), go on by [`Walk::found`].
    Last(Last<'a>, Slash),
    /// [`Mode::Resolve`]: the kernel stands on the object; a slash demanded a directory, which has
    /// been checked.
    Done(Slash),
}

/// The last component in [`Mode::Parent`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Last<'a> {
    /// A name.
    Name(&'a [u8]),
    /// `.`; the kernel stands in it.
    Dot,
    /// `..`; the kernel stands in the directory below, not in it.
    DotDot,
    /// The root, or the start of an empty path; the kernel stands in it.
    Root,
}

/// Whether slashes followed the last component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slash {
    /// No.
    Without,
    /// Yes: it must be a directory.
    Trailing,
}

/// What a lookup found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A directory, maybe the root of another mount.
    Directory(Crossing),
    /// Neither directory nor link.
    Other(Crossing),
    /// A symbolic link.
    Link,
    /// A link of procfs that jumps to an object (proc(5), symlinks(7)).
    MagicLink,
}

/// Whether a move went into another mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crossing {
    /// Same mount.
    Same,
    /// Another one.
    Mount,
}

/// What a report asks of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Move {
    /// Stand on what was found; then the next step.
    Enter,
    /// Stay; read the link and hand its target to [`Walk::link`].
    ReadLink,
    /// Jump to the magic link's object and report it with [`Walk::jumped`].
    Jump,
}

/// A walk under way. `T` holds a link's target; the kernel may hand in a reference to its inode's.
#[derive(Debug)]
pub struct Walk<'p, T> {
    text: Text<'p, T>,
    mode: Mode,
    final_link: FinalLink,
    rules: Rules,
    links: u32,
    expect: Expect,
    /// What follows the component last taken.
    after: After,
    slash: Slash,
}

/// What the walk waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    /// The caller asks for the next step.
    Step,
    /// As `Step`, and a slash at the beginning of the text leads to the root.
    Start,
    Root,
    Up,
    Lookup,
    /// As `Lookup`, after [`Step::Last`].
    Last,
    Target,
    Jump,
}

impl<'p, T: AsRef<[u8]>> Walk<'p, T> {
    /// A walk of `path` from a start that the kernel knows.
    ///
    /// # Errors
    /// [`WalkError::Empty`], [`WalkError::TooLong`]; [`WalkError::Outside`] comes with the first step.
    pub fn new(path: &'p [u8], mode: Mode, final_link: FinalLink, rules: Rules) -> Result<Self, WalkError> {
        if path.is_empty() && !rules.contains(Rules::EMPTY_PATH) {
            return Err(WalkError::Empty);
        }
        if path.len() >= PATH_MAX {
            return Err(WalkError::TooLong);
        }
        Ok(Walk {
            text: Text::new(path),
            mode,
            final_link,
            rules,
            links: 0,
            expect: Expect::Start,
            after: After::End,
            slash: Slash::Without,
        })
    }

    /// The next step.
    ///
    /// # Errors
    /// See [`WalkError`].
    pub fn step(&mut self) -> Result<Step<'_>, WalkError> {
        match self.expect {
            Expect::Start if self.text.is_absolute() => {
                if self.rules.contains(Rules::BENEATH) {
                    return Err(WalkError::Outside);
                }
                self.expect = Expect::Root;
                return Ok(Step::ToRoot);
            }
            Expect::Start | Expect::Step => {}
            _ => return Err(WalkError::Protocol),
        }
        self.expect = Expect::Step;
        let Some(after) = self.text.advance() else {
            return Ok(match self.mode {
                Mode::Resolve => Step::Done(self.slash),
                Mode::Parent => Step::Last(Last::Root, self.slash),
            });
        };
        self.after = after;
        if after == After::Slashes {
            self.slash = Slash::Trailing;
        }
        self.take_component()
    }

    /// The kernel stands at the root. `crossing`: whether it was in another mount before; at the
    /// very start of a path it was nowhere, and says [`Crossing::Same`].
    ///
    /// # Errors
    /// [`WalkError::Outside`].
    pub fn went_to_root(&mut self, crossing: Crossing) -> Result<(), WalkError> {
        self.answer(Expect::Root)?;
        self.check_mount(crossing)
    }

    /// The kernel stands in the directory above.
    ///
    /// # Errors
    /// [`WalkError::Outside`].
    pub fn went_up(&mut self, crossing: Crossing) -> Result<(), WalkError> {
        self.answer(Expect::Up)?;
        self.check_mount(crossing)
    }

    /// The kernel stands at the root (under [`Rules::BENEATH`] and [`Rules::IN_ROOT`]: the start)
    /// already, and stays.
    ///
    /// # Errors
    /// [`WalkError::Outside`] under [`Rules::BENEATH`].
    pub fn at_top(&mut self) -> Result<(), WalkError> {
        self.answer(Expect::Up)?;
        if self.rules.contains(Rules::BENEATH) { Err(WalkError::Outside) } else { Ok(()) }
    }

    /// What [`Step::Lookup`] found; or, after [`Step::Last`], a link that is to be followed.
    ///
    /// # Errors
    /// See [`WalkError`].
    pub fn found(&mut self, what: Found) -> Result<Move, WalkError> {
        let follow_last = self.expect == Expect::Last;
        if !follow_last {
            self.answer(Expect::Lookup)?;
        }
        match what {
            Found::Directory(crossing) => {
                self.expect = Expect::Step;
                self.check_mount(crossing)?;
                Ok(Move::Enter)
            }
            Found::Other(crossing) => {
                self.expect = Expect::Step;
                self.check_mount(crossing)?;
                self.check_directory()?;
                Ok(Move::Enter)
            }
            Found::Link | Found::MagicLink if !follow_last && !self.follows() => Ok(Move::Enter),
            Found::Link => {
                self.count_link(Rules::NO_SYMLINKS)?;
                self.expect = Expect::Target;
                Ok(Move::ReadLink)
            }
            Found::MagicLink => {
                self.count_link(Rules::NO_SYMLINKS | Rules::NO_MAGICLINKS)?;
                if self.rules.intersects(Rules::BENEATH | Rules::IN_ROOT) {
                    return Err(WalkError::Outside);
                }
                self.expect = Expect::Jump;
                Ok(Move::Jump)
            }
        }
    }

    /// The target of the link after [`Move::ReadLink`]; the kernel still stands in its directory.
    ///
    /// # Errors
    /// [`WalkError::Empty`], [`WalkError::TooLong`], [`WalkError::NoMemory`].
    pub fn link(&mut self, target: T) -> Result<(), WalkError> {
        self.answer(Expect::Target)?;
        match target.as_ref().len() {
            0 => return Err(WalkError::Empty),
            PATH_MAX.. => return Err(WalkError::TooLong),
            _ => {}
        }
        self.text.push(target)?;
        self.expect = Expect::Start;
        Ok(())
    }

    /// What the magic link led to after [`Move::Jump`]: a directory or not, never a link.
    ///
    /// # Errors
    /// [`WalkError::Outside`], [`WalkError::NotDirectory`].
    pub fn jumped(&mut self, to: Found) -> Result<(), WalkError> {
        self.answer(Expect::Jump)?;
        match to {
            Found::Directory(crossing) => self.check_mount(crossing),
            Found::Other(crossing) => {
                self.check_mount(crossing)?;
                self.check_directory()
            }
            Found::Link | Found::MagicLink => Err(WalkError::Protocol),
        }
    }

    fn take_component(&mut self) -> Result<Step<'_>, WalkError> {
        let is_last = self.after != After::More;
        let stops = is_last && self.mode == Mode::Parent;
        let (step, last, expect) = match self.text.component() {
            b"." => (Step::Here, Last::Dot, Expect::Step),
            b".." => (Step::Up, Last::DotDot, Expect::Up),
            name if name.len() > NAME_MAX => return Err(WalkError::TooLong),
            name => (Step::Lookup(name), Last::Name(name), Expect::Lookup),
        };
        self.expect = match (stops, last) {
            (true, Last::Name(_)) => Expect::Last,
            (true, _) => Expect::Step,
            (false, _) => expect,
        };
        Ok(if stops { Step::Last(last, self.slash) } else { step })
    }

    fn answer(&mut self, expected: Expect) -> Result<(), WalkError> {
        if self.expect != expected {
            return Err(WalkError::Protocol);
        }
        self.expect = Expect::Step;
        Ok(())
    }

    /// Whether a link found now is followed: not at the very end, or asked for, or before a slash.
    fn follows(&self) -> bool {
        self.after == After::More || self.slash == Slash::Trailing || self.final_link == FinalLink::Follow
    }

    fn count_link(&mut self, forbidden_by: Rules) -> Result<(), WalkError> {
        if self.links >= MAX_LINKS || self.rules.intersects(forbidden_by) {
            return Err(WalkError::Loop);
        }
        self.links = self.links.wrapping_add(1);
        Ok(())
    }

    fn check_mount(&self, crossing: Crossing) -> Result<(), WalkError> {
        let barred = crossing == Crossing::Mount && self.rules.contains(Rules::NO_XDEV);
        if barred { Err(WalkError::Outside) } else { Ok(()) }
    }

    fn check_directory(&self) -> Result<(), WalkError> {
        let needed = self.after == After::More || self.slash == Slash::Trailing;
        if needed { Err(WalkError::NotDirectory) } else { Ok(()) }
    }
}
