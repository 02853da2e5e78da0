//! Benchmark rows as the programs print them: `ROW name value` for one hart, `SMP` and `SCALE` lines for several.

use anyhow::{Context, Result, ensure};

/// One measured operation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    /// Its name.
    pub(super) name: String,
    /// Instructions for one operation, or what the program measures.
    pub(super) value: f64,
}

/// Reads the rows in the order they were printed. `n/a` (a call is missing) is no row, `DONE n` must stand
/// at the end and name their number.
///
/// # Errors
/// When the report is cut short, a name comes twice, or a row ended in an error.
pub(super) fn parse(text: &str) -> Result<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::new();
    let (mut listed, mut done) = (0, None);
    for line in text.lines() {
        if let Some(count) = line.strip_prefix("DONE ") {
            done = count.trim().parse::<usize>().ok();
        }
        let Some((name, value)) = line.strip_prefix("ROW ").and_then(|l| l.split_once(' ')) else {
            continue;
        };
        listed += 1;
        if value.trim() == "n/a" {
            continue;
        }
        let value = value.split_whitespace().next().and_then(|v| v.parse::<f64>().ok());
        let Some(value) = value.filter(|v| v.is_finite()) else {
            anyhow::bail!("not measured: {line}");
        };
        ensure!(rows.iter().all(|r| r.name != name), "two rows named {name}");
        rows.push(Row { name: name.to_owned(), value });
    }
    ensure!(done == Some(listed), "{listed} rows came, the program says {done:?}");
    Ok(rows)
}

/// Reads the lines of the program for several harts: `SMP work n rate` (operations a second, kept for one hart)
/// and `SCALE work n ratio` (to one hart).
///
/// # Errors
/// When a line cannot be read, or no ratio came.
pub(super) fn parse_smp(text: &str) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let name = match words.as_slice() {
            ["SMP", work, "1", _] => format!("{work}, operations a second on 1 hart"),
            ["SCALE", work, harts, _] => format!("{work}, {harts} harts to 1"),
            _ => continue,
        };
        let value = words.last().and_then(|v| v.parse::<f64>().ok()).filter(|v| v.is_finite());
        rows.push(Row { name, value: value.with_context(|| format!("not measured: {line}"))? });
    }
    ensure!(rows.iter().any(|r| r.name.ends_with("to 1")), "no ratio to one hart came");
    Ok(rows)
}

/// The value of a row.
pub(super) fn find(rows: &[Row], name: &str) -> Option<f64> {
    rows.iter().find(|r| r.name == name).map(|r| r.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read() {
        let rows = parse("hello\nROW sys_getpid 250.5\nROW pipe 9000 instructions\nROW mq n/a\nDONE 3\n").expect("reads");
        assert_eq!(rows.len(), 2);
        assert_eq!(find(&rows, "pipe"), Some(9000.0));
        assert!(parse("ROW a error open: No space\nDONE 1\n").is_err());
        assert!(parse("ROW a 1\nROW a 2\nDONE 2\n").is_err());
        assert!(parse("ROW a 1\n").is_err());
    }

    #[test]
    fn scaling_is_read() {
        let rows = parse_smp("SMP null_call 1 5000\nSMP null_call 2 9000\nSCALE null_call 2 1.80\n").expect("reads");
        assert_eq!(find(&rows, "null_call, operations a second on 1 hart"), Some(5000.0));
        assert_eq!(find(&rows, "null_call, 2 harts to 1"), Some(1.8));
        assert!(parse_smp("SMP null_call 1 5000\n").is_err());
    }
}
