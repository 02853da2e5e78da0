//! `docs/performance.md`: both systems side by side, and what the figures were measured with.

use super::rows::{Row, find};
use std::fmt::Write as _;

/// The generated document, from the root.
pub(super) const PATH: &str = "docs/performance.md";

/// What stands below the exact figures.
const CALLS: &str =
    "\n## Where each hundred instructions of a call go\n\nA call is taken apart in [the life of a call](paths/call.md).\n";

/// What stands beside the figures.
#[derive(Debug, Default)]
pub(super) struct Circumstances {
    /// QEMU's version.
    pub(super) qemu: String,
    /// OpenSBI's version.
    pub(super) opensbi: String,
    /// Linux's release.
    pub(super) linux: String,
    /// Bytes of the kernel's loadable segments.
    pub(super) image_bytes: u64,
}

/// How the names of rows begin that tell what the system took before the program began.
const START: &str = "start_";

/// The rows of one kind on both systems.
pub(super) struct Pair {
    pub(super) rvos: Vec<Row>,
    pub(super) linux: Vec<Row>,
}

impl Pair {
    /// The rows with certain names.
    fn part(&self, wanted: impl Fn(&str) -> bool) -> Pair {
        let part = |rows: &[Row]| rows.iter().filter(|r| wanted(&r.name)).cloned().collect();
        Pair { rvos: part(&self.rvos), linux: part(&self.linux) }
    }
}

/// The whole document.
pub(super) fn render(exact: &Pair, smp: &Pair, with: &Circumstances) -> String {
    let mut text = String::from("# Performance\n\nWritten by `./x bench`, which measures both systems with the same program.\n");
    let _ = writeln!(
        text,
        "\nMeasured with QEMU {}, OpenSBI {}, Linux {} (Debian's kernel). The kernel's image has {} KiB.\n\
         \n## Instructions per operation\n\n\
         One hart, 512 MiB, `-icount shift=0,sleep=off`: exact, not timed. A ratio below 1 means that rvOS takes fewer.\n",
        with.qemu,
        with.opensbi,
        with.linux,
        with.image_bytes / 1024
    );
    let (start, operations) = (exact.part(|name| name.starts_with(START)), exact.part(|name| !name.starts_with(START)));
    table(&mut text, &operations);
    text.push_str(CALLS);
    if !start.rvos.is_empty() || !start.linux.is_empty() {
        text.push_str(
            "\n## From reset to a program that the shell starts\n\nInstructions, those of the firmware among them, and KiB that \
             are not free of 512 MiB then.\n\n",
        );
        table(&mut text, &start);
    }
    if !smp.rvos.is_empty() || !smp.linux.is_empty() {
        text.push_str(
            "\n## Several harts\n\nMulti-threaded emulation on the host's cores, in wall time, which varies: how many times the \
             work of one hart more of them do. More harts than the host has cores cannot gain.\n\n",
        );
        table(&mut text, smp);
    }
    text
}

fn table(text: &mut String, pair: &Pair) {
    text.push_str("| operation | rvOS | Linux | ratio |\n|---|---:|---:|---:|\n");
    let only_linux = pair.linux.iter().filter(|r| find(&pair.rvos, &r.name).is_none());
    for row in pair.rvos.iter().chain(only_linux) {
        let (rvos, linux) = (find(&pair.rvos, &row.name), find(&pair.linux, &row.name));
        let ratio = match (rvos, linux) {
            (Some(r), Some(l)) if l > 0.0 => format!("{:.2}", r / l),
            _ => "–".to_owned(),
        };
        let _ = writeln!(text, "| {} | {} | {} | {ratio} |", row.name, figure(rvos), figure(linux));
    }
}

/// Three digits that mean something.
fn figure(value: Option<f64>) -> String {
    match value {
        None => "–".to_owned(),
        Some(v) if v < 10.0 => format!("{v:.2}"),
        Some(v) if v < 1000.0 => format!("{v:.1}"),
        Some(v) => format!("{v:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_columns_and_the_ratio() {
        let row = |name: &str, value| Row { name: name.into(), value };
        let exact = Pair { rvos: vec![row("a", 220.0)], linux: vec![row("a", 440.0), row("b", 5.0)] };
        let text = render(&exact, &Pair { rvos: vec![], linux: vec![] }, &Circumstances::default());
        assert!(text.contains("| a | 220.0 | 440.0 | 0.50 |\n| b | – | 5.00 | – |\n"));
        assert!(!text.contains("Several harts"));
    }
}
