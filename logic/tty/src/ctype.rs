//! Character classes as Linux's line discipline sees them: Latin-1, whatever the user's locale.

/// A control character: C0 and DEL.
pub(crate) fn is_control(c: u8) -> bool {
    c < 0x20 || c == 0x7F
}

/// A letter or digit.
pub(crate) fn is_alphanumeric(c: u8) -> bool {
    c.is_ascii_digit() || is_upper(c) || is_lower(c)
}

/// The lower-case form.
pub(crate) fn to_lower(c: u8) -> u8 {
    if is_upper(c) { c.wrapping_add(0x20) } else { c }
}

/// The upper-case form.
pub(crate) fn to_upper(c: u8) -> u8 {
    if is_lower(c) { c.wrapping_sub(0x20) } else { c }
}

fn is_upper(c: u8) -> bool {
    c.is_ascii_uppercase() || (0xC0..=0xDE).contains(&c) && c != 0xD7
}

fn is_lower(c: u8) -> bool {
    c.is_ascii_lowercase() || c >= 0xDF && c != 0xF7
}
