//! The C header of the native calls: numbers, structs, and a function for each call.

use super::markdown::signature;
use abi::{ArgKind, Call, Direction, Grant, NATIVE_CALLS, NATIVE_STRUCTS, Rights, chan_flag, spawn_flags, svc_flag};
use std::fmt::Write as _;

const HEAD: &str = "\
// Native calls of rvOS, generated from the table by `./x calls --write`. Each function is one call: -1 and errno on failure.
// What the calls do stands in docs/calls.md, what the fields mean in abi/src/structs.
#ifndef RVOS_H
#define RVOS_H
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

// What a call answered, as the C library tells it.
static inline long rvos_result(long answer) {
    if ((unsigned long)answer <= -4096UL) return answer;
    errno = (int)-answer;
    return -1;
}
";

/// The whole header.
pub(crate) fn render() -> String {
    let mut text = String::from(HEAD);
    for (name, value) in constants() {
        let _ = write!(text, "\n#define RVOS_{name} {value:#x}u");
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

/// The bits of flags and sets, and the numbers of kinds.
fn constants() -> Vec<(String, u64)> {
    let chan = [("NONBLOCK", chan_flag::NONBLOCK), ("NO_CYCLE", chan_flag::NO_CYCLE), ("REPLY_ONLY", chan_flag::REPLY_ONLY)];
    let spawn = [
        ("SET_IDS", spawn_flags::SET_IDS),
        ("SET_MASK", spawn_flags::SET_MASK),
        ("SET_DEFAULTS", spawn_flags::SET_DEFAULTS),
        ("SET_GROUP", spawn_flags::SET_GROUP),
        ("NEW_SESSION", spawn_flags::NEW_SESSION),
        ("NO_NEW_PRIVS", spawn_flags::NO_NEW_PRIVS),
        ("NO_NET", spawn_flags::NO_NET),
        ("NO_UTS", spawn_flags::NO_UTS),
        ("NO_IPC", spawn_flags::NO_IPC),
        ("NO_ROOT", spawn_flags::NO_ROOT),
    ];
    let grants = [
        ("POWER", Grant::Power),
        ("SET_TIME", Grant::SetTime),
        ("REAL_TIME", Grant::RealTime),
        ("KERNEL_LOG", Grant::KernelLog),
        ("RAW_NET", Grant::RawNet),
        ("DEBUG", Grant::Debug),
        ("MOUNT", Grant::Mount),
    ];
    let kinds = ["FRAMES", "PROCESSES", "THREADS", "SLOTS", "CHANNELS", "MESSAGES", "BYTES", "DMA"];
    let mut all: Vec<(String, u64)> = chan.map(|(name, bit)| (format!("CHAN_{name}"), u64::from(bit))).to_vec();
    all.extend(spawn.map(|(name, bit)| (format!("SPAWN_{name}"), bit)));
    all.push(("SVC_NONBLOCK".to_owned(), u64::from(svc_flag::NONBLOCK)));
    all.extend(Rights::all().iter_names().map(|(name, bit)| (format!("RIGHT_{name}"), u64::from(bit.bits()))));
    all.extend(grants.map(|(name, grant)| (format!("GRANT_{name}"), 1 << grant as u8)));
    all.extend((0..).zip(kinds).map(|(number, name)| (format!("BUDGET_{name}"), number)));
    all
}

fn function(text: &mut String, call: &Call) {
    let signature = signature(call).replace('→', "->");
    let _ = write!(text, "\n// {signature}\n// {}\n#define RVOS_{} {:#x}\n", call.doc, call.name.to_uppercase(), call.number);
    let parameters: Vec<_> = call.args.iter().map(|a| parameter(&a.kind, a.name)).collect();
    let parameters = if parameters.is_empty() { "void".to_owned() } else { parameters.join(", ") };
    let _ = writeln!(text, "static inline long rvos_{}({parameters}) {{", call.name);
    // psABI: the number in a7, the arguments from a0 on, the answer in a0; all other registers stay as they are.
    let _ = writeln!(text, "    register long a7 __asm__(\"a7\") = RVOS_{};", call.name.to_uppercase());
    for (i, argument) in call.args.iter().enumerate() {
        let _ = writeln!(text, "    register long a{i} __asm__(\"a{i}\") = (long){};", argument.name);
    }
    let inputs: String = (1..call.args.len()).map(|i| format!(", \"r\"(a{i})")).collect();
    let answer = if call.args.is_empty() { "    register long a0 __asm__(\"a0\") = 0;\n" } else { "" };
    let _ = writeln!(text, "{answer}    __asm__ volatile(\"ecall\" : \"+r\"(a0) : \"r\"(a7){inputs} : \"memory\");");
    text.push_str("    return rvos_result(a0);\n}\n");
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
        for bit in ["CHAN_REPLY_ONLY 0x4u", "SPAWN_NO_ROOT 0x200u", "RIGHT_WRITE 0x2u", "GRANT_MOUNT 0x40u", "BUDGET_DMA 0x7u"] {
            assert!(render().contains(&format!("#define RVOS_{bit}\n")), "{bit}");
        }
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
