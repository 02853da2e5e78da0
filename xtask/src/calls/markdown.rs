//! `docs/calls.md`: one table for each family, one row for each call.

use super::{families, is_live};
use abi::{Arg, ArgKind, Authority, Call, Direction, LINUX_CALLS, NATIVE_CALLS, Null, Rights};
use std::fmt::Write as _;

const HEAD: &str = "\
# The calls

Generated from the tables in `abi/src` by `./x calls --write`; `./x check` fails when this file is not up to date.

How to read a row: an argument is `name: kind`. `in`, `out` and `in out` say which way the bytes behind a pointer go, `[n]` names the
argument that counts them, `?` marks what may be NULL (a descriptor: -1). *Authority* is where the power to make the call comes from,
*rights* are what the descriptor arguments must have, in their order. A stub answers ENOSYS.
";

/// The whole document.
pub(crate) fn render() -> String {
    let mut text = String::from(HEAD);
    let live = LINUX_CALLS.iter().filter(|c| is_live(c)).count();
    let _ = writeln!(text, "\nLinux: {} calls, {live} live. Native: {}.", LINUX_CALLS.len(), NATIVE_CALLS.len());
    for (index, (title, _)) in families::FAMILIES.iter().enumerate() {
        let calls = LINUX_CALLS.iter().filter(|c| families::of(c.number) == index);
        section(&mut text, title, calls);
    }
    let rest = LINUX_CALLS.iter().filter(|c| families::of(c.number) == families::FAMILIES.len());
    section(&mut text, "Others", rest);
    section(&mut text, "Native calls", NATIVE_CALLS.iter());
    text
}

fn section<'a>(text: &mut String, title: &str, calls: impl Iterator<Item = &'a Call>) {
    let mut calls = calls.peekable();
    if calls.peek().is_none() {
        return;
    }
    let _ = writeln!(text, "\n## {title}\n");
    text.push_str("| number | call | authority | rights | errors | what it does | state |\n|---:|---|---|---|---|---|---|\n");
    for call in calls {
        row(text, call);
    }
}

fn row(text: &mut String, call: &Call) {
    let number = if call.number < abi::FIRST_NATIVE_CALL { call.number.to_string() } else { format!("{:#x}", call.number) };
    let errors: Vec<_> = call.errors.iter().map(|e| e.name()).collect();
    let rights: Vec<_> = call.rights.iter().map(|r| rights(*r)).collect();
    let state = if is_live(call) { "live" } else { "stub" };
    let _ = writeln!(
        text,
        "| {number} | `{}` | {} | {} | {} | {} | {state} |",
        signature(call),
        authority(call.authority),
        rights.join(", "),
        errors.join(" "),
        call.doc.replace('|', "\\|"),
    );
}

/// `name(argument: kind, …) → result`.
pub(super) fn signature(call: &Call) -> String {
    let arguments: Vec<_> = call.args.iter().map(argument).collect();
    format!("{}({}) → {:?}", call.name, arguments.join(", "), call.ret)
}

fn authority(authority: Authority) -> String {
    match authority {
        Authority::World(grant) => format!("grant {grant:?}"),
        Authority::Partly(grant) => format!("own, partly grant {grant:?}"),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn rights(rights: Rights) -> String {
    let names: Vec<_> = rights.iter_names().map(|(name, _)| name).collect();
    if names.is_empty() { "none".to_owned() } else { names.join("+") }
}

fn argument(argument: &Arg) -> String {
    let optional = argument.kind.null() == Some(Null::Allowed);
    format!("{}: {}{}", argument.name, kind(&argument.kind), if optional { "?" } else { "" })
}

fn kind(kind: &ArgKind) -> String {
    match kind {
        ArgKind::Bytes { direction, count, .. } => format!("{} bytes[{count}]", way(*direction)),
        ArgKind::Page(_) => "in page".to_owned(),
        ArgKind::Struct { direction, ty, .. } => format!("{} {}", way(*direction), type_name(ty)),
        ArgKind::SizedStruct { direction, ty, count, .. } => {
            format!("{} {} of size {count}", way(*direction), type_name(ty))
        }
        ArgKind::Array { direction, ty, count, .. } => {
            format!("{} {}[{count}]", way(*direction), type_name(ty))
        }
        ArgKind::Iovec { direction, count } => format!("{} iovec[{count}]", way(*direction)),
        ArgKind::StrArray(_) => "in strings".to_owned(),
        ArgKind::BitSet { count, .. } => format!("in out bits[{count}]"),
        ArgKind::PageVec { length } => format!("out byte per page of {length}"),
        ArgKind::Fd(_) => "fd".to_owned(),
        ArgKind::Path(_) => "path".to_owned(),
        ArgKind::Futex(_) => "futex".to_owned(),
        plain => format!("{plain:?}").to_lowercase(),
    }
}

fn way(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "in",
        Direction::Out => "out",
        Direction::InOut => "in out",
    }
}

/// A Rust type as a reader wants it: without blanks that `stringify!` puts in.
fn type_name(ty: &str) -> String {
    ty.replace(' ', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_it_all() {
        let call = abi::call_by_name("dup3").expect("in the table");
        let mut text = String::new();
        row(&mut text, call);
        assert!(text.starts_with("| 24 | `dup3(oldfd: fd, newfd: int, flags: flags) → Fd` | descriptor | DUP | "));
        assert!(text.ends_with(" |\n"));
    }

    #[test]
    fn every_call_has_a_row() {
        let rows = render().lines().filter(|l| l.starts_with("| ") && l.contains('`')).count();
        assert_eq!(rows, LINUX_CALLS.len() + NATIVE_CALLS.len());
    }
}
