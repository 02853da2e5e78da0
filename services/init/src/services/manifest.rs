//! The manifest of services: a TOML table for each, whose name is the service's below `/svc`.
//!
//! ```toml
//! [math]
//! program = "/lib/rvos/math"   # what runs
//! arguments = []
//! needs = ["clock"]            # services that are started before it
//! connections = 16             # of one budget, waiting; the kernel's default if not given
//! wait_ms = 10000              # how long an open waits for room; the kernel's default if not given
//! memory = "16M"               # what its processes may take together; as much as there is if not given
//! processes = 8                # how many threads they may have together
//! ```

use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;
use toml::Spanned;

/// A service as the manifest describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) program: String,
    pub(crate) arguments: Vec<String>,
    /// Places in the manifest's list, all before those who need them or after: the list is in the order of names.
    pub(crate) needs: Vec<usize>,
    pub(crate) connections: u32,
    pub(crate) wait: Duration,
    /// Limits of its budget, as cgroup files take them.
    pub(crate) memory: Option<String>,
    pub(crate) processes: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    program: Spanned<String>,
    #[serde(default)]
    arguments: Vec<String>,
    #[serde(default)]
    needs: Vec<Spanned<String>>,
    #[serde(default)]
    connections: u32,
    #[serde(default)]
    wait_ms: u64,
    memory: Option<Spanned<String>>,
    processes: Option<u32>,
}

/// The services of a manifest, in the order of their names.
///
/// # Errors
/// One line that says what is wrong and where.
pub(crate) fn parse(text: &str) -> Result<Vec<Entry>, String> {
    let tables: BTreeMap<String, Spanned<Table>> = toml::from_str(text).map_err(|e| {
        let message = e.message().lines().collect::<Vec<_>>().join(", ");
        e.span().map_or_else(|| message.clone(), |span| at(text, span.start, &message))
    })?;
    let names: Vec<String> = tables.keys().cloned().collect();
    let mut lines = Vec::new();
    let mut entries = Vec::new();
    for (name, table) in tables {
        let start = table.span().start;
        lines.push(start);
        entries.push(entry(text, &names, name, start, table.into_inner())?);
    }
    match circle(&entries) {
        Some(place) => {
            let (name, start) = (names.get(place).map_or("", String::as_str), lines.get(place).copied().unwrap_or(0));
            Err(at(text, start, &format!("service {name} needs itself, through others or directly")))
        }
        None => Ok(entries),
    }
}

/// The message with the line in which this byte stands.
fn at(text: &str, byte: usize, message: &str) -> String {
    let line = text.bytes().take(byte).filter(|b| *b == b'\n').count() + 1;
    format!("line {line}: {message}")
}

fn entry(text: &str, names: &[String], name: String, start: usize, table: Table) -> Result<Entry, String> {
    if name.is_empty() || name.contains(['/', '\n', '\0']) || name == "." || name == ".." {
        return Err(at(text, start, &format!("{name:?} is no name of a service")));
    }
    if !table.program.get_ref().starts_with('/') {
        let message = format!("service {name}: program {:?} is no absolute path", table.program.get_ref());
        return Err(at(text, table.program.span().start, &message));
    }
    let place = |need: &Spanned<String>| {
        let missing =
            || at(text, need.span().start, &format!("service {name} needs {}, which is not in the manifest", need.get_ref()));
        names.iter().position(|n| n == need.get_ref()).ok_or_else(missing)
    };
    let needs = table.needs.iter().map(place).collect::<Result<_, _>>()?;
    if let Some(memory) = table.memory.as_ref().filter(|memory| !is_size(memory.get_ref())) {
        let message = format!("service {name}: memory {:?} is no size, such as \"16M\"", memory.get_ref());
        return Err(at(text, memory.span().start, &message));
    }
    Ok(Entry {
        needs,
        program: table.program.into_inner(),
        arguments: table.arguments,
        connections: table.connections,
        wait: Duration::from_millis(table.wait_ms),
        memory: table.memory.map(Spanned::into_inner),
        processes: table.processes.map(|n| n.to_string()),
        name,
    })
}

/// Bytes, with `K`, `M` or `G` behind them.
fn is_size(text: &str) -> bool {
    let digits = text.strip_suffix(['K', 'M', 'G']).unwrap_or(text);
    !digits.is_empty() && digits.len() < 12 && digits.bytes().all(|b| b.is_ascii_digit())
}

/// A service that needs itself: what remains when those that need nothing that remains are taken away.
fn circle(entries: &[Entry]) -> Option<usize> {
    let mut settled = vec![false; entries.len()];
    loop {
        let is_settled = |n: &usize| settled.get(*n).copied().unwrap_or(true);
        let next = entries.iter().enumerate().position(|(n, e)| !is_settled(&n) && e.needs.iter().all(is_settled));
        match next.and_then(|n| settled.get_mut(n)) {
            Some(place) => *place = true,
            None => break,
        }
    }
    settled.iter().position(|settled| !settled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};

    #[test]
    fn a_manifest_is_read() {
        let entries = parse("[b]\nprogram = \"/b\"\nneeds = [\"a\"]\n[a]\nprogram = \"/a\"\nwait_ms = 5\n").expect("parses");
        assert_eq!(entries.iter().map(|e| e.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!((entries[1].needs.clone(), entries[0].wait), (vec![0], Duration::from_millis(5)));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let wrong = |text: &str| parse(text).expect_err("is refused");
        let two = |second: &str| wrong(&format!("[a]\nprogram = \"/a\"\n\n[b]\n{second}\n"));
        assert_eq!(two("program = \"/b\"\nneeds = [\"a\",\n\"x\"]"), "line 7: service b needs x, which is not in the manifest");
        assert_eq!(two("program = \"b\""), "line 5: service b: program \"b\" is no absolute path");
        assert_eq!(two("program = \"/b\"\nmemory = \"much\""), "line 6: service b: memory \"much\" is no size, such as \"16M\"");
        assert_eq!(two("program = \"/b\"\nneeds = [\"b\"]"), "line 4: service b needs itself, through others or directly");
        for (text, line, what) in [
            ("program = \"/b\"\ncolour = 1", "line 6: ", "unknown field `colour`"),
            ("wait_ms = 1", "line 4: ", "missing field `program`"),
            ("program = 5", "line 5: ", "invalid type"),
            ("program = \"/b", "line 5: ", "string"),
            ("program = \"/b\"\nwait_ms = -1", "line 6: ", "invalid value"),
            ("program = \"/b\"\n[a]", "line 6: ", "duplicate"),
        ] {
            let message = two(text);
            assert!(message.starts_with(line) && message.contains(what) && !message.contains('\n'), "{text}: {message}");
        }
        let circle = wrong("[a]\nprogram = \"/a\"\nneeds = [\"b\"]\n[b]\nprogram = \"/b\"\nneeds = [\"a\"]\n");
        assert_eq!(circle, "line 1: service a needs itself, through others or directly");
        assert!(wrong("[\"a/b\"]\nprogram = \"/a\"\n").starts_with("line 1: "));
    }

    proptest! {
        /// Whatever stands in the file: entries whose needs exist and have an order, or one line that says what is wrong.
        #[test]
        fn any_text(lines in prop::collection::vec(prop::sample::select(WORDS), 0..24), noise in ".{0,12}", at in any::<prop::sample::Index>()) {
            let mut text = lines.concat();
            let mut place = at.index(text.len() + 1);
            while !text.is_char_boundary(place) {
                place -= 1;
            }
            text.insert_str(place, &noise);
            match parse(&text) {
                Ok(entries) => {
                    prop_assert!(entries.iter().all(|e| e.program.starts_with('/') && e.needs.iter().all(|n| *n < entries.len())));
                    prop_assert_eq!(circle(&entries), None);
                }
                Err(message) => prop_assert!(!message.is_empty() && !message.contains('\n'), "{}", message),
            }
        }
    }

    const WORDS: &[&str] = &[
        "[a]\n",
        "[b]\n",
        "[c]\n",
        "[\"\"]\n",
        "[a.b]\n",
        "program = \"/a\"\n",
        "program = \"/b\"\n",
        "program = \"x\"\n",
        "needs = [\"a\"]\n",
        "needs = [\"b\", \"c\"]\n",
        "arguments = [\"x\", \"y\"]\n",
        "memory = \"1M\"\n",
        "memory = 1\n",
        "processes = 3\n",
        "wait_ms = 1\n",
        "connections = 99999999999\n",
        "# c\n",
        "\"",
        "[",
        "]",
        "=",
        "\n",
        "\u{7f}",
        "\u{e4}",
    ];
}
