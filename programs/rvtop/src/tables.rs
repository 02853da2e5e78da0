//! Tables of `/proc/rvos`, with columns one below the other.

use std::collections::BTreeMap;
use std::fs;

type Text = Result<String, Box<dyn std::error::Error>>;

/// Lines of words as aligned columns.
pub(crate) fn align(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |i: usize| lines.iter().filter_map(|l| l.get(i)).map(|w| w.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for line in lines {
        let mut text = String::new();
        for (word, width) in line.iter().zip(&widths) {
            text.push_str(&format!("{word:<width$}  "));
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
    out
}

/// A file of such lines.
pub(crate) fn columns(path: &str) -> Text {
    let text = fs::read_to_string(path).map_err(|e| format!("{path}: {e}"))?;
    let lines: Vec<Vec<String>> = text.lines().map(|l| l.split(' ').map(str::to_string).collect()).collect();
    Ok(align(&lines))
}

/// The tree of budgets, each below its parent, with what is used and may be used.
pub(crate) fn budgets() -> Text {
    const PATH: &str = "/proc/rvos/budgets";
    let text = fs::read_to_string(PATH).map_err(|e| format!("{PATH}: {e}"))?;
    let mut lines = text.lines().map(|l| l.split(' ').map(str::to_string).collect::<Vec<_>>());
    let head = lines.next().ok_or("no budgets")?;
    let column = |name: &str| head.iter().position(|h| h == name).ok_or(format!("{PATH} has no column {name}"));
    let (id, parent, name) = (column("id")?, column("parent")?, column("name")?);
    let rest: Vec<usize> = (0..head.len()).filter(|i| ![id, parent, name].contains(i)).collect();
    let word = |line: &[String], i: usize| line.get(i).cloned().unwrap_or_default();
    let show =
        |first: String, line: &[String]| std::iter::once(first).chain(rest.iter().map(|i| short(&word(line, *i)))).collect();
    let mut depths: BTreeMap<String, usize> = BTreeMap::new();
    let mut table = vec![show("budget".into(), &head)];
    for line in lines {
        let depth = depths.get(&word(&line, parent)).map_or(0, |d| d + 1);
        depths.insert(word(&line, id), depth);
        table.push(show(format!("{}{}", "  ".repeat(depth), word(&line, name)), &line));
    }
    Ok(align(&table))
}

/// `used/limit`, where an amount that nobody can ever use up is `max`.
fn short(figure: &str) -> String {
    const ENDLESS: u64 = 1 << 40;
    let amount = |word: &str| {
        let digits = word.trim_end_matches(|c: char| !c.is_ascii_digit());
        let endless = digits.parse().is_ok_and(|n: u64| n >= ENDLESS);
        if endless { format!("max{}", word.strip_prefix(digits).unwrap_or_default()) } else { word.to_owned() }
    };
    figure.split('/').map(amount).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn large_amounts_are_short() {
        assert_eq!(short("576460752303423488/maxc"), "max/maxc");
        assert_eq!(short("6/288230376151711744c"), "6/maxc");
        assert_eq!(short("118/1518c"), "118/1518c");
        assert_eq!(short("Frames"), "Frames");
        assert_eq!(short("max"), "max");
    }
}
