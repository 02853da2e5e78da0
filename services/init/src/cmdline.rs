//! What the kernel's command line says about the terminal at the other end of the console.
//!
//! `rvos.winsize=ROWSxCOLUMNS` is its size, `TERM=NAME` its kind; other words
//! are not for init. Pure, but for [`Terminal::of_this_boot`].

/// The terminal that a person sits at, as far as the host said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Terminal {
    /// Rows and columns.
    pub(crate) size: Option<(u16, u16)>,
    /// The value for `TERM`.
    pub(crate) kind: Option<String>,
}

impl Terminal {
    /// What `/proc/cmdline` says; nothing where there is none.
    pub(crate) fn of_this_boot() -> Self {
        parse(&std::fs::read_to_string("/proc/cmdline").unwrap_or_default())
    }
}

fn parse(line: &str) -> Terminal {
    let value = |key: &str| line.split_whitespace().rev().find_map(|word| word.strip_prefix(key));
    let size = value("rvos.winsize=").and_then(|size| size.split_once('x'));
    Terminal {
        size: size.and_then(|(rows, columns)| Some((rows.parse().ok()?, columns.parse().ok()?))),
        kind: value("TERM=").map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::{Terminal, parse};

    #[test]
    fn size_and_kind() {
        let terminal = parse("console=ttyS0 TERM=xterm-256color rvos.winsize=50x132 quiet\n");
        assert_eq!(terminal.size, Some((50, 132)));
        assert_eq!(terminal.kind.as_deref(), Some("xterm-256color"));
    }

    #[test]
    fn nonsense_is_nothing() {
        assert_eq!(parse("rvos.winsize=x quiet XTERM=a"), Terminal::default());
        assert_eq!(parse("rvos.winsize=70000x1"), Terminal::default());
    }
}
