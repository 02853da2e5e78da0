//! The shell at a terminal: prompt, line editing, ^C, ^Z and job control, an editor, the end.
//!
//! Expected texts hold the result of an expansion, so that the terminal's echo cannot be taken for it.

use anyhow::Result;
use boot_tests::{Console, guest};

fn console() -> Result<Console> {
    Console::start(guest().smp(2))
}

#[test]
fn commands_and_their_end() -> Result<()> {
    let mut console = console()?;
    console.enter("echo x$((40 + 2))y")?;
    console.wait_for("x42y")?;
    console.enter("tty; ps | grep -c [s]h")?;
    console.wait_for("/dev/")?;
    console.wait_for("# ")?;
    // ^D at an empty line ends the shell, and with it the machine.
    console.type_in("\x04")?;
    console.wait_for_end()?;
    Ok(())
}

#[test]
fn interrupt() -> Result<()> {
    let mut console = console()?;
    // What says that it has begun is in the foreground by then; a shell between two programs ignores what is typed.
    console.enter("(echo g$((0))o; exec sleep 100000)")?;
    console.wait_for("g0o")?;
    console.type_in("\x03")?;
    console.wait_for("# ")?;
    console.enter("echo status$?end")?;
    console.wait_for("status130end")?;
    // ^\ is SIGQUIT.
    console.enter("(echo g$((1))o; exec sleep 100000)")?;
    console.wait_for("g1o")?;
    console.type_in("\x1c")?;
    console.wait_for("# ")?;
    console.enter("echo status$?end")?;
    console.wait_for("status131end")?;
    Ok(())
}

#[test]
fn job_control() -> Result<()> {
    let mut console = console()?;
    console.enter("(echo g$((0))o; exec sleep 100000)")?;
    console.wait_for("g0o")?;
    console.type_in("\x1a")?;
    console.wait_for("Stopped")?;
    console.wait_for("# ")?;
    console.enter("jobs")?;
    console.wait_for("Stopped")?;
    console.enter("bg")?;
    console.wait_for("[1] (echo")?;
    console.enter("jobs")?;
    console.wait_for("Running")?;
    console.wait_for("# ")?;
    // A background job is not reached by ^C.
    console.type_in("\x03")?;
    console.enter("jobs | grep -c [R]unning | sed s/^/count/")?;
    console.wait_for("count1")?;
    console.enter("fg")?;
    console.wait_for("sleep 100000")?;
    console.type_in("\x03")?;
    console.wait_for("# ")?;
    console.enter("echo status$?end; jobs | wc -l | sed s/^/left/")?;
    console.wait_for("status130end")?;
    console.wait_for("left0")?;
    Ok(())
}

#[test]
fn a_background_reader_stops() -> Result<()> {
    let mut console = console()?;
    // By way of /dev/tty, as Linux stops no reader of /dev/console itself (n_tty.c, job_control).
    console.enter("cat </dev/tty &")?;
    console.wait_for("# ")?;
    console.enter("sleep 1; jobs")?;
    console.wait_for("Stopped (tty input)")?;
    console.enter("kill %1; wait; echo d$((0))ne")?;
    console.wait_for("d0ne")?;
    Ok(())
}

#[test]
fn line_editing_and_history() -> Result<()> {
    let mut console = console()?;
    // A wrong letter is taken back, the start of the line is filled in later.
    console.type_in("hox\x7f e$((1 + 1))d\x01ec\r")?;
    console.wait_for("e2d")?;
    console.wait_for("# ")?;
    // Up: the last line again.
    console.type_in("\x1b[A\r")?;
    console.wait_for("e2d")?;
    console.wait_for("# ")?;
    // ^U clears.
    console.type_in("garbage garbage\x15echo c$((3))r\r")?;
    console.wait_for("c3r")?;
    Ok(())
}

#[test]
fn cooked_lines() -> Result<()> {
    let mut console = console()?;
    // The shell edits lines with the terminal raw, and sets it back before it runs the first command.
    console.enter("echo re''ady; while read -r line; do echo got-$line; done")?;
    console.wait_for("ready")?;
    // The tty's own editing: erase, kill, then end of file.
    console.type_in("abx\x7fc\r")?;
    console.wait_for("got-abc")?;
    console.type_in("wrong\x15right\r")?;
    console.wait_for("got-right")?;
    console.type_in("\x04")?;
    console.wait_for("# ")?;
    Ok(())
}

#[test]
fn an_editor() -> Result<()> {
    let mut console = console()?;
    console.enter("stty cols 80 rows 24; vi /tmp/note")?;
    console.wait_for("/tmp/note")?;
    console.wait_for("~")?;
    console.type_in("ihello\rworld")?;
    console.wait_for("I /tmp/note [Modified] 2/2")?;
    // Bytes right behind the escape would be taken for a key's sequence.
    console.type_in("\x1b")?;
    console.wait_for("- /tmp/note [Modified]")?;
    console.type_in(":wq\r")?;
    console.wait_for("# ")?;
    console.enter("tr '\\n' + < /tmp/note; stty -a | grep -c ' icanon'")?;
    console.wait_for("hello+world+1")?;
    Ok(())
}
