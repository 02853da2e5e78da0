//! The manifest of services: a TOML table for each, whose name is the service's below `/svc`.
//!
//! ```toml
//! [math]
//! program = "/lib/rvos/math"   # what runs
//! arguments = []
//! needs = ["clock"]            # services that are started before it
//! connections = 16             # of one budget, waiting; the kernel's default if not given
//! wait_ms = 10000              # how long an open waits for room; the kernel's default if not given
//! ```

use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

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
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    program: String,
    #[serde(default)]
    arguments: Vec<String>,
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    connections: u32,
    #[serde(default)]
    wait_ms: u64,
}

/// The services of a manifest, in the order of their names.
///
/// # Errors
/// One line that says what is wrong and where.
pub(crate) fn parse(text: &str) -> Result<Vec<Entry>, String> {
    let tables: BTreeMap<String, Table> = toml::from_str(text).map_err(|e| e.to_string().trim().to_owned())?;
    let names: Vec<String> = tables.keys().cloned().collect();
    let mut entries = Vec::new();
    for (name, table) in tables {
        if name.is_empty() || name.contains('/') || name == "." || name == ".." {
            return Err(format!("{name:?} is no name of a service"));
        }
        if !table.program.starts_with('/') {
            return Err(format!("service {name}: program {:?} is no absolute path", table.program));
        }
        let place = |need: &String| {
            names
                .iter()
                .position(|n| n == need)
                .ok_or_else(|| format!("service {name} needs {need}, which is not in the manifest"))
        };
        let needs = table.needs.iter().map(place).collect::<Result<_, _>>()?;
        let Table { program, arguments, connections, wait_ms, .. } = table;
        entries.push(Entry { name, program, arguments, needs, connections, wait: Duration::from_millis(wait_ms) });
    }
    match circle(&entries) {
        Some(name) => Err(format!("service {name} needs itself, through others or directly")),
        None => Ok(entries),
    }
}

/// A service that needs itself: what remains when those that need nothing that remains are taken away.
fn circle(entries: &[Entry]) -> Option<&str> {
    let mut settled = vec![false; entries.len()];
    loop {
        let is_settled = |n: &usize| settled.get(*n).copied().unwrap_or(true);
        let next = entries.iter().enumerate().position(|(n, e)| !is_settled(&n) && e.needs.iter().all(is_settled));
        match next.and_then(|n| settled.get_mut(n)) {
            Some(place) => *place = true,
            None => break,
        }
    }
    entries.iter().zip(settled).find(|(_, settled)| !settled).map(|(entry, _)| entry.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_read() {
        let entries = parse("[b]\nprogram = \"/b\"\nneeds = [\"a\"]\n[a]\nprogram = \"/a\"\nwait_ms = 5\n").expect("parses");
        assert_eq!(entries.iter().map(|e| e.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!((entries[1].needs.clone(), entries[0].wait), (vec![0], Duration::from_millis(5)));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let wrong = |text: &str| parse(text).expect_err("is refused");
        assert!(wrong("[a]\nprogram = \"/a\"\nneeds = [\"x\"]\n").contains("a needs x, which is not in the manifest"));
        assert!(
            wrong("[a]\nprogram = \"/a\"\nneeds = [\"b\"]\n[b]\nprogram = \"/b\"\nneeds = [\"a\"]\n").contains("needs itself")
        );
        assert!(wrong("[a]\nprogram = \"a\"\n").contains("no absolute path"));
        assert!(wrong("[a]\nprogram = \"/a\"\ncolour = 1\n").contains("unknown field `colour`"));
        assert!(wrong("[a]\n").contains("missing field `program`"));
    }
}
