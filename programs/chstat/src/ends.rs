//! Lines of descriptors become lines of ends.

use std::collections::BTreeMap;

/// Figures of an end, by their columns in `/proc/rvos/channels`.
const FIGURES: [&str; 7] = ["holders", "queued", "queued_bytes", "in_messages", "in_bytes", "out_messages", "out_bytes"];
const HEAD: [&str; 9] = ["CHANNEL", "HELD BY", "REFS", "QUEUED", "BYTES", "IN", "OUT", "CALLS", "PEER"];

/// One end of a channel.
#[derive(Default)]
struct End {
    /// Processes that hold it, with the numbers of its descriptors there.
    held: BTreeMap<u32, Vec<String>>,
    figures: BTreeMap<&'static str, String>,
    calls: String,
    peer: String,
}

/// The table of the ends in `text`; `name` gives the name of a process.
pub(crate) fn table(text: &str, only: Option<u32>, name: &dyn Fn(u32) -> String) -> Result<String, String> {
    let mut lines = text.lines().map(|l| l.split(' ').collect::<Vec<_>>());
    let head = lines.next().ok_or("no columns")?;
    let column = |name: &str| head.iter().position(|h| *h == name).ok_or(format!("no column {name}"));
    let (channel, end, pid, fd) = (column("channel")?, column("end")?, column("pid")?, column("fd")?);
    let (calls, peer) = (column("calls")?, column("peer")?);
    let figures = FIGURES.iter().map(|f| Ok((*f, column(f)?))).collect::<Result<Vec<_>, String>>()?;
    let mut ends: BTreeMap<(u64, String), End> = BTreeMap::new();
    for line in lines {
        let word = |i: usize| line.get(i).copied().unwrap_or_default().to_owned();
        let (Ok(number), Ok(holder)) = (word(channel).parse(), word(pid).parse()) else { continue };
        let at = ends.entry((number, word(end))).or_default();
        at.held.entry(holder).or_default().push(word(fd));
        at.figures = figures.iter().map(|(name, i)| (*name, word(*i))).collect();
        (at.calls, at.peer) = (word(calls), word(peer));
    }
    let mut rows = vec![HEAD.map(str::to_owned).to_vec()];
    for ((number, side), end) in &ends {
        let other = ends.range((*number, String::new())..).take_while(|(k, _)| k.0 == *number).find(|(k, _)| k.1 != *side);
        let other = other.map(|(_, e)| e);
        if only.is_some_and(|pid| !end.held.contains_key(&pid) && !other.is_some_and(|o| o.held.contains_key(&pid))) {
            continue;
        }
        let figure = |name: &str| end.figures.get(name).cloned().unwrap_or_default();
        rows.push(vec![
            format!("{number}{side}"),
            holders(end, name),
            figure("holders"),
            figure("queued"),
            figure("queued_bytes"),
            format!("{}/{}", figure("in_messages"), figure("in_bytes")),
            format!("{}/{}", figure("out_messages"), figure("out_bytes")),
            end.calls.clone(),
            match other {
                Some(other) => holders(other, name),
                // On its way in a message, or held by somebody who does not exist here.
                None if end.peer == "open" => "elsewhere".to_owned(),
                None => end.peer.clone(),
            },
        ]);
    }
    Ok(align(&rows))
}

/// `name(pid):fd,fd …`.
fn holders(end: &End, name: &dyn Fn(u32) -> String) -> String {
    let one = |(pid, fds): (&u32, &Vec<String>)| format!("{}({pid}):{}", name(*pid), fds.join(","));
    end.held.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// Columns one below the other.
fn align(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> =
        (0..columns).map(|i| rows.iter().filter_map(|r| r.get(i)).map(|w| w.chars().count()).max().unwrap_or(0)).collect();
    let mut out = String::new();
    for row in rows {
        let line: String = row.iter().zip(&widths).map(|(word, width)| format!("{word:<width$}  ")).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::table;

    const TEXT: &str = "channel end pid fd holders queued queued_bytes in_messages in_bytes out_messages out_bytes peer receiver peer_receiver calls
5 a 10 3 2 1 4 7 70 8 80 open 0 0 0
5 a 11 3 2 1 4 7 70 8 80 open 0 0 0
5 b 12 9 1 0 0 8 80 8 74 open 0 0 0
6 a 12 4 1 0 0 0 0 0 0 closed 0 0 0
7 b 13 4 1 0 0 0 0 0 0 open 0 0 1
";

    #[test]
    fn a_line_for_each_end() {
        let name = |pid: u32| format!("p{pid}");
        let words = |only| -> Vec<Vec<String>> {
            let text = table(TEXT, only, &name).expect("columns");
            text.lines().skip(1).map(|l| l.split_whitespace().map(str::to_owned).collect()).collect()
        };
        let all = words(None);
        assert_eq!(all.len(), 4);
        assert_eq!(all[0], ["5a", "p10(10):3", "p11(11):3", "2", "1", "4", "7/70", "8/80", "0", "p12(12):9"]);
        assert_eq!(all[1].last().map(String::as_str), Some("p11(11):3"));
        assert_eq!(all[2].last().map(String::as_str), Some("closed"));
        assert_eq!(all[3].last().map(String::as_str), Some("elsewhere"));
        assert_eq!(words(Some(13)).len(), 1);
        assert_eq!(words(Some(10)).len(), 2);
        assert!(table("a b\n", None, &name).is_err() && table("", None, &name).is_err());
    }
}
