//! The session file: NUL-separated `key=value` records that say what one boot is for.
//!
//! | key | meaning |
//! |---|---|
//! | `mode` | `relay`: frames on the console; `tty`: `arg`… on the console as its terminal; `once`: a shell, power off when it ends; `respawn`: a shell, again and again |
//! | `arg` | one word of the command line, repeated; the first is looked up in PATH |
//! | `env` | `K=V`, repeated, added to the default environment |
//! | `cwd` | working directory, `/root` when absent |
//!
//! Pure: bytes in, [`Session`] out.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStringExt;

/// What the program of this boot is connected to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Pipes, carried over the console in frames.
    Relay,
    /// The console as controlling terminal; its wait status is sent at the end.
    Program,
    /// The console, for a shell; the machine powers off when it ends.
    #[default]
    ShellOnce,
    /// The console, for a shell that is started again when it ends.
    ShellAgain,
}

/// A parsed session file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Session {
    /// What the program is connected to.
    pub(crate) mode: Mode,
    /// The command line; empty means the shell.
    pub(crate) args: Vec<OsString>,
    /// Environment, in the order given; the last of equal names counts.
    pub(crate) env: Vec<(OsString, OsString)>,
    /// Working directory.
    pub(crate) cwd: Option<OsString>,
}

/// Why a session file was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SessionError {
    /// A record has no `=`, or an `env` record's value has none.
    NoEquals(String),
    /// The key is not in the table above.
    UnknownKey(String),
    /// The value of `mode` is not one of the four.
    UnknownMode(String),
    /// `relay` and `tty` need a command.
    NoCommand,
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEquals(record) => write!(f, "no '=' in record {record:?}"),
            Self::UnknownKey(key) => write!(f, "unknown key {key:?}"),
            Self::UnknownMode(mode) => write!(f, "unknown mode {mode:?}"),
            Self::NoCommand => write!(f, "no arg= record, and this mode needs one"),
        }
    }
}

/// Parses a session file.
pub(crate) fn parse(bytes: &[u8]) -> Result<Session, SessionError> {
    let mut session = Session::default();
    for record in bytes.split(|&b| b == 0).filter(|r| !r.is_empty()) {
        let (key, value) = split_at_equals(record)?;
        match key {
            b"mode" => session.mode = parse_mode(value)?,
            b"arg" => session.args.push(os(value)),
            b"env" => {
                let (name, value) = split_at_equals(value)?;
                session.env.push((os(name), os(value)));
            }
            b"cwd" => session.cwd = Some(os(value)),
            _ => return Err(SessionError::UnknownKey(text(key))),
        }
    }
    if matches!(session.mode, Mode::Relay | Mode::Program) && session.args.is_empty() {
        return Err(SessionError::NoCommand);
    }
    Ok(session)
}

fn parse_mode(value: &[u8]) -> Result<Mode, SessionError> {
    match value {
        b"relay" => Ok(Mode::Relay),
        b"tty" => Ok(Mode::Program),
        b"once" => Ok(Mode::ShellOnce),
        b"respawn" => Ok(Mode::ShellAgain),
        _ => Err(SessionError::UnknownMode(text(value))),
    }
}

fn split_at_equals(record: &[u8]) -> Result<(&[u8], &[u8]), SessionError> {
    let mut halves = record.splitn(2, |&b| b == b'=');
    match (halves.next(), halves.next()) {
        (Some(key), Some(value)) => Ok((key, value)),
        _ => Err(SessionError::NoEquals(text(record))),
    }
}

fn os(bytes: &[u8]) -> OsString {
    OsString::from_vec(bytes.to_vec())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Mode, Session, SessionError, parse};

    #[test]
    fn empty_file_is_an_interactive_shell() {
        assert_eq!(parse(b""), Ok(Session::default()));
        assert_eq!(parse(b"\0\0").map(|s| s.mode), Ok(Mode::ShellOnce));
    }

    #[test]
    fn a_relay_session_with_everything() {
        let session = parse(b"mode=relay\0arg=sh\0arg=-c\0arg=a=b\nc\0env=K=V=W\0env=E=\0cwd=/tmp");
        let session = session.expect("a valid file");
        assert_eq!(session.mode, Mode::Relay);
        assert_eq!(session.args, ["sh", "-c", "a=b\nc"]);
        assert_eq!(session.env, [("K".into(), "V=W".into()), ("E".into(), "".into())]);
        assert_eq!(session.cwd, Some("/tmp".into()));
    }

    #[test]
    fn an_empty_argument_is_kept() {
        let session = parse(b"mode=tty\0arg=x\0arg=").expect("a valid file");
        assert_eq!(session.args, ["x", ""]);
    }

    #[test]
    fn refusals() {
        let cases: [(&[u8], SessionError); 5] = [
            (b"mode", SessionError::NoEquals("mode".into())),
            (b"env=K", SessionError::NoEquals("K".into())),
            (b"colour=red", SessionError::UnknownKey("colour".into())),
            (b"mode=telnet", SessionError::UnknownMode("telnet".into())),
            (b"mode=relay", SessionError::NoCommand),
        ];
        for (bytes, error) in cases {
            assert_eq!(parse(bytes), Err(error));
        }
    }
}
