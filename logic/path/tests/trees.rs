//! Walks through random trees: the state machine against a naive recursive resolver, and against
//! openat2(2) of the Linux that runs the tests.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use logic_path::{Crossing, FinalLink, Found, Last, Mode, Move, Rules, Slash, Step, Walk, WalkError};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Failure {
    Walk(WalkError),
    NoEntry,
}

impl From<WalkError> for Failure {
    fn from(error: WalkError) -> Failure {
        Failure::Walk(error)
    }
}

#[derive(Debug, Clone)]
enum Node {
    Dir { parent: usize, entries: BTreeMap<Vec<u8>, usize> },
    File,
    Link(Vec<u8>),
}

/// Node 0 is the root.
#[derive(Debug, Clone)]
struct Tree(Vec<Node>);

impl Tree {
    fn build(plan: &[(usize, u8, u8, Vec<u8>)]) -> Tree {
        let mut nodes = vec![Node::Dir { parent: 0, entries: BTreeMap::new() }];
        for (at, name, kind, target) in plan {
            let dirs: Vec<usize> = (0..nodes.len()).filter(|i| matches!(nodes[*i], Node::Dir { .. })).collect();
            let parent = dirs[at % dirs.len()];
            let id = nodes.len();
            let Node::Dir { entries, .. } = &mut nodes[parent] else { unreachable!() };
            if entries.contains_key([*name].as_slice()) {
                continue;
            }
            entries.insert(vec![*name], id);
            nodes.push(match kind {
                0..3 => Node::Dir { parent, entries: BTreeMap::new() },
                3 => Node::File,
                _ => Node::Link(target.clone()),
            });
        }
        Tree(nodes)
    }

    fn child(&self, dir: usize, name: &[u8]) -> Result<usize, Failure> {
        match &self.0[dir] {
            Node::Dir { entries, .. } => entries.get(name).copied().ok_or(Failure::NoEntry),
            _ => panic!("lookup in what is no directory"),
        }
    }

    fn kind(&self, id: usize) -> Found {
        match self.0[id] {
            Node::Dir { .. } => Found::Directory(Crossing::Same),
            Node::File => Found::Other(Crossing::Same),
            Node::Link(_) => Found::Link,
        }
    }

    fn target(&self, id: usize) -> &Vec<u8> {
        match &self.0[id] {
            Node::Link(target) => target,
            _ => panic!("no link"),
        }
    }

    fn parent(&self, id: usize) -> usize {
        match self.0[id] {
            Node::Dir { parent, .. } => parent,
            _ => panic!("above what is no directory"),
        }
    }
}

/// The kernel's part.
struct Shell<'t> {
    tree: &'t Tree,
    root: usize,
    at: usize,
}

impl<'t> Shell<'t> {
    fn run(&mut self, walk: &mut Walk<'_, &'t [u8]>) -> Result<usize, Failure> {
        loop {
            match walk.step()? {
                Step::ToRoot => {
                    self.at = self.root;
                    walk.went_to_root(Crossing::Same)?;
                }
                Step::Here => assert!(matches!(self.tree.0[self.at], Node::Dir { .. })),
                Step::Up if self.at == self.root => walk.at_top()?,
                Step::Up => {
                    self.at = self.tree.parent(self.at);
                    walk.went_up(Crossing::Same)?;
                }
                Step::Lookup(name) => {
                    let child = self.tree.child(self.at, name)?;
                    self.report(walk, child)?;
                }
                Step::Last(last, slash) => {
                    let child = match last {
                        Last::Name(name) => self.tree.child(self.at, name)?,
                        Last::Dot | Last::Root => return Ok(self.at),
                        Last::DotDot => {
                            return Ok(if self.at == self.root { self.at } else { self.tree.parent(self.at) });
                        }
                    };
                    match (self.tree.kind(child), slash) {
                        (Found::Link, _) => self.report(walk, child)?,
                        (Found::Other(_), Slash::Trailing) => {
                            return Err(WalkError::NotDirectory.into());
                        }
                        _ => return Ok(child),
                    }
                }
                Step::Done(_) => return Ok(self.at),
            }
        }
    }

    fn report(&mut self, walk: &mut Walk<'_, &'t [u8]>, child: usize) -> Result<(), Failure> {
        match walk.found(self.tree.kind(child))? {
            Move::Enter => self.at = child,
            Move::ReadLink => walk.link(self.tree.target(child))?,
            Move::Jump => panic!("no magic here"),
        }
        Ok(())
    }
}

fn by_walk(tree: &Tree, start: usize, path: &[u8], mode: Mode, link: FinalLink, rules: Rules) -> Result<usize, Failure> {
    let scoped = rules.intersects(Rules::BENEATH | Rules::IN_ROOT);
    let mut shell = Shell { tree, root: if scoped { start } else { 0 }, at: start };
    shell.run(&mut Walk::new(path, mode, link, rules)?)
}

/// What path_resolution(7) says, written down with recursion.
struct Naive<'t> {
    tree: &'t Tree,
    root: usize,
    rules: Rules,
    links: u32,
}

impl Naive<'_> {
    fn resolve(&mut self, from: usize, path: &[u8], link: FinalLink) -> Result<usize, Failure> {
        if path.is_empty() {
            return Err(WalkError::Empty.into());
        }
        let mut at = from;
        if path[0] == b'/' {
            if self.rules.contains(Rules::BENEATH) {
                return Err(WalkError::Outside.into());
            }
            at = self.root;
        }
        let names: Vec<&[u8]> = path.split(|c| *c == b'/').filter(|n| !n.is_empty()).collect();
        let slash = path.ends_with(b"/");
        for (i, name) in names.iter().enumerate() {
            self.need_dir(at)?;
            let follow = i + 1 < names.len() || slash || link == FinalLink::Follow;
            at = match *name {
                b"." => at,
                b".." => self.up(at)?,
                name => self.enter(at, name, follow)?,
            };
        }
        if slash {
            self.need_dir(at)?;
        }
        Ok(at)
    }

    fn up(&self, at: usize) -> Result<usize, Failure> {
        if at != self.root {
            return Ok(self.tree.parent(at));
        }
        if self.rules.contains(Rules::BENEATH) { Err(WalkError::Outside.into()) } else { Ok(at) }
    }

    fn enter(&mut self, at: usize, name: &[u8], follow: bool) -> Result<usize, Failure> {
        let child = self.tree.child(at, name)?;
        if !follow || !matches!(self.tree.0[child], Node::Link(_)) {
            return Ok(child);
        }
        self.links += 1;
        if self.links > 40 || self.rules.contains(Rules::NO_SYMLINKS) {
            return Err(WalkError::Loop.into());
        }
        self.resolve(at, self.tree.target(child), FinalLink::Follow)
    }

    fn need_dir(&self, at: usize) -> Result<(), Failure> {
        match self.tree.0[at] {
            Node::Dir { .. } => Ok(()),
            _ => Err(WalkError::NotDirectory.into()),
        }
    }
}

fn paths() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        6 => prop_oneof![Just("a"), Just("b"), Just("c"), Just("d")],
        1 => Just("."),
        2 => Just(".."),
        1 => Just(""),
    ];
    (any::<[bool; 2]>(), proptest::collection::vec(part, 1..6)).prop_map(|(ends, parts)| {
        let text = parts.join("/");
        let text = format!("{}{text}{}", if ends[0] && ends[1] { "/" } else { "" }, if ends[1] { "" } else { "/" });
        if text.is_empty() { vec![b'.'] } else { text.into_bytes() }
    })
}

fn trees() -> impl Strategy<Value = Tree> {
    let entry = (any::<usize>(), b'a'..=b'd', 0u8..7, paths());
    proptest::collection::vec(entry, 1..30).prop_map(|plan| Tree::build(&plan))
}

fn rules() -> impl Strategy<Value = Rules> {
    let all = Rules::BENEATH | Rules::IN_ROOT | Rules::NO_SYMLINKS;
    any::<[u32; 2]>().prop_map(move |b| match Rules::from_bits_truncate(b[0] & b[1]) & all {
        both if both.contains(Rules::BENEATH | Rules::IN_ROOT) => Rules::BENEATH,
        other => other,
    })
}

fn dirs(tree: &Tree) -> Vec<usize> {
    (0..tree.0.len()).filter(|i| matches!(tree.0[*i], Node::Dir { .. })).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn same_as_recursion(tree in trees(), tests in proptest::collection::vec((any::<usize>(), paths(), any::<bool>(), rules()), 1..30)) {
        for (start, path, follow, rules) in tests {
            let dirs = dirs(&tree);
            let start = dirs[start % dirs.len()];
            let link = if follow { FinalLink::Follow } else { FinalLink::Stay };
            let scoped = rules.intersects(Rules::BENEATH | Rules::IN_ROOT);
            let mut naive = Naive { tree: &tree, root: if scoped { start } else { 0 }, rules, links: 0 };
            let expect = naive.resolve(start, &path, link);
            let show = || format!("{} from {start} under {rules:?}", path.escape_ascii());
            prop_assert_eq!(by_walk(&tree, start, &path, Mode::Resolve, link, rules), expect, "{}", show());
            // What open(2) with O_CREAT does comes to the same, where the kernel leaves `..` alone.
            if follow && !rules.contains(Rules::BENEATH) {
                prop_assert_eq!(by_walk(&tree, start, &path, Mode::Parent, link, rules), expect, "{}", show());
            }
        }
    }
}

#[cfg(target_os = "linux")]
mod host {
    use super::*;
    use rustix::fs::{Mode as Bits, OFlags, ResolveFlags, fstat, openat2};
    use rustix::io::Errno;
    use std::ffi::OsStr;
    use std::os::unix::{ffi::OsStrExt, fs::MetadataExt, fs::symlink};
    use std::path::{Path, PathBuf};

    /// Makes the tree on disk; says where each node is.
    fn make(tree: &Tree, at: &Path) -> Vec<PathBuf> {
        let mut places = vec![PathBuf::new(); tree.0.len()];
        places[0] = at.to_path_buf();
        for id in 0..tree.0.len() {
            let Node::Dir { entries, .. } = &tree.0[id] else {
                continue;
            };
            for (name, child) in entries {
                let place = places[id].join(OsStr::from_bytes(name));
                match &tree.0[*child] {
                    Node::Dir { .. } => std::fs::create_dir(&place).unwrap(),
                    Node::File => std::fs::write(&place, "").unwrap(),
                    Node::Link(target) => symlink(OsStr::from_bytes(target), &place).unwrap(),
                }
                places[*child] = place;
            }
        }
        places
    }

    fn by_host(start: &Path, path: &[u8], link: FinalLink, rules: Rules) -> Result<u64, Errno> {
        let dir = std::fs::File::open(start).unwrap();
        let stay = if link == FinalLink::Stay { OFlags::NOFOLLOW } else { OFlags::empty() };
        let resolve = ResolveFlags::from_bits_retain(u64::from(rules.bits()));
        let fd = openat2(&dir, path, OFlags::PATH | stay, Bits::empty(), resolve)?;
        Ok(fstat(&fd).unwrap().st_ino)
    }

    fn errno(failure: Failure) -> Errno {
        match failure {
            Failure::NoEntry | Failure::Walk(WalkError::Empty) => Errno::NOENT,
            Failure::Walk(WalkError::TooLong) => Errno::NAMETOOLONG,
            Failure::Walk(WalkError::NotDirectory) => Errno::NOTDIR,
            Failure::Walk(WalkError::Loop) => Errno::LOOP,
            Failure::Walk(WalkError::Outside) => Errno::XDEV,
            Failure::Walk(WalkError::NoMemory | WalkError::Protocol) => Errno::NOMEM,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn same_as_openat2(tree in trees(), tests in proptest::collection::vec((any::<usize>(), paths(), any::<bool>(), rules()), 1..60)) {
            let place = tempfile::tempdir().unwrap();
            let places = make(&tree, place.path());
            for (start, path, follow, rules) in tests {
                let dirs = dirs(&tree);
                let start = dirs[start % dirs.len()];
                let link = if follow { FinalLink::Follow } else { FinalLink::Stay };
                // Without a scope an absolute path would be the host's.
                let rules = if rules.contains(Rules::BENEATH) { rules } else { rules | Rules::IN_ROOT };
                let host = by_host(&places[start], &path, link, rules);
                if host == Err(Errno::NOSYS) {
                    return Ok(());
                }
                let model = by_walk(&tree, start, &path, Mode::Resolve, link, rules)
                    .map(|id| std::fs::symlink_metadata(&places[id]).unwrap().ino())
                    .map_err(errno);
                prop_assert_eq!(model, host, "{} from {} under {:?}", path.escape_ascii(), start, rules);
            }
        }
    }
}
