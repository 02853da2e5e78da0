//! The C header of the native calls: numbers, structs, and a function for each call.

use super::markdown::signature;
use abi::{ArgKind, Call, Direction, NATIVE_CALLS, NATIVE_STRUCTS, chan_flag};
use std::fmt::Write as _;

const HEAD: &str = "\
// Native calls of rvOS, generated from the table by `./x calls --header`. Each function is one call: -1 and errno on failure.
#ifndef RVOS_H
#define RVOS_H
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>
";

/// The whole header.
pub(crate) fn render() -> String {
    let mut text = String::from(HEAD);
    let flags = [("NONBLOCK", chan_flag::NONBLOCK), ("NO_CYCLE", chan_flag::NO_CYCLE), ("REPLY_ONLY", chan_flag::REPLY_ONLY)];
    for (name, value) in flags {
        let _ = write!(text, "\n#define RVOS_CHAN_{name} {value}");
    }
    text.push('\n');
    for (name, fields) in NATIVE_STRUCTS {
        let _ = writeln!(text, "\nstruct {} {{", c_name(name));
        for (field, ty) in *fields {
            let _ = writeln!(text, "    {};", declaration(ty, field));
        }
        text.push_str("};\n");
    }
    for call in NATIVE_CALLS {
        function(&mut text, call);
    }
    text.push_str("\n#endif\n");
    text
}

fn function(text: &mut String, call: &Call) {
    let signature = signature(call).replace('→', "->");
    let _ = write!(text, "\n// {signature}\n// {}\n#define RVOS_{} {:#x}\n", call.doc, call.name.to_uppercase(), call.number);
    let parameters: Vec<_> = call.args.iter().map(|a| parameter(&a.kind, a.name)).collect();
    let names: String = call.args.iter().map(|a| format!(", {}", a.name)).collect();
    let number = call.name.to_uppercase();
    let _ = writeln!(
        text,
        "static inline long rvos_{}({}) {{\n    return syscall(RVOS_{number}{names});\n}}",
        call.name,
        if parameters.is_empty() { "void".to_owned() } else { parameters.join(", ") }
    );
}

/// An argument as C declares it.
fn parameter(kind: &ArgKind, name: &str) -> String {
    let pointer = |direction: Direction, ty: &str| {
        let constant = if direction == Direction::In { "const " } else { "" };
        match ty.strip_prefix('[') {
            Some(array) => format!("{constant}{} *{name}", c_type(array.split(';').next().unwrap_or("u8").trim())),
            None => format!("{constant}{} *{name}", c_type(ty)),
        }
    };
    match kind {
        ArgKind::Fd(_) | ArgKind::Dirfd | ArgKind::Int | ArgKind::Signal => format!("int {name}"),
        ArgKind::Uint | ArgKind::Flags | ArgKind::Mode => format!("unsigned {name}"),
        ArgKind::Len => format!("size_t {name}"),
        ArgKind::Struct { direction, ty, .. }
        | ArgKind::SizedStruct { direction, ty, .. }
        | ArgKind::Array { direction, ty, .. } => pointer(*direction, ty),
        ArgKind::Bytes { direction, .. } => pointer(*direction, "void"),
        ArgKind::Path(_) => format!("const char *{name}"),
        _ => format!("long {name}"),
    }
}

/// A field or an array of them as C declares it.
fn declaration(ty: &str, name: &str) -> String {
    match ty.strip_prefix('[').and_then(|t| t.strip_suffix(']')).and_then(|t| t.split_once(';')) {
        Some((element, count)) => format!("{} {name}[{}]", c_type(element.trim()), count.trim()),
        None => format!("{} {name}", c_type(ty)),
    }
}

fn c_type(ty: &str) -> String {
    match ty {
        "u8" => "uint8_t".to_owned(),
        "u16" => "uint16_t".to_owned(),
        "u32" => "uint32_t".to_owned(),
        "u64" => "uint64_t".to_owned(),
        "i32" => "int32_t".to_owned(),
        "i64" => "int64_t".to_owned(),
        "void" => "void".to_owned(),
        other if NATIVE_STRUCTS.iter().any(|(name, _)| *name == other) => format!("struct {}", c_name(other)),
        _ => "void".to_owned(),
    }
}

/// `ChanSend` as `rvos_chan_send`.
fn c_name(name: &str) -> String {
    let mut text = String::from("rvos");
    for c in name.chars() {
        if c.is_uppercase() {
            text.push('_');
        }
        text.extend(c.to_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_defined() {
        assert!(render().contains("#define RVOS_DEBUG_MUTATE 0x1ff0\n"));
    }

    #[test]
    fn structs_and_functions_are_c() {
        let text = render();
        assert!(
            text.contains("struct rvos_chan_create {\n    uint32_t flags;\n    uint32_t messages;\n    uint64_t bytes;\n};\n")
        );
        assert!(text.contains("static inline long rvos_chan_send(int fd, const struct rvos_chan_send *args, size_t size) {\n"));
        assert!(
            text.contains("static inline long rvos_chan_create(int32_t *ends, const struct rvos_chan_create *args, size_t size)")
        );
    }
}
