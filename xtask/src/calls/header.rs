//! The C header of the native calls: numbers, and a comment with the signature and what it does.

use super::markdown::signature;
use abi::NATIVE_CALLS;
use std::fmt::Write as _;

const HEAD: &str = "\
// Native calls of rvOS, generated from the table by `./x calls --header`. Use them with syscall(2).
#ifndef RVOS_CALLS_H
#define RVOS_CALLS_H
";

/// The whole header.
pub(super) fn render() -> String {
    let mut text = String::from(HEAD);
    for call in NATIVE_CALLS {
        let name = call.name.to_uppercase();
        let signature = signature(call).replace('→', "->");
        let _ = write!(text, "\n// {signature}\n// {}\n#define RVOS_{name} {:#x}\n", call.doc, call.number);
    }
    text.push_str("\n#endif\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_defined() {
        assert!(render().contains("#define RVOS_DEBUG_MUTATE 0x1ff0\n"));
    }
}
