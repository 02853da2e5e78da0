//! How the document groups the Linux calls: by what they are about, as asm-generic's unistd.h does.

use std::ops::RangeInclusive;

/// A family: its title, and the numbers that belong to it.
type Family = (&'static str, &'static [RangeInclusive<usize>]);

/// All families, in the order of the document.
pub(super) const FAMILIES: &[Family] = &[
    ("Descriptors", &[23..=25, 29..=29, 32..=32, 57..=57, 436..=436]),
    ("Reading and writing", &[62..=71, 75..=77, 213..=213, 223..=223, 285..=287]),
    ("Files", &[43..=47, 50..=50, 52..=52, 55..=56, 80..=84, 267..=267, 279..=279, 437..=437]),
    (
        "Names",
        &[
            17..=18,
            33..=38,
            48..=49,
            51..=51,
            53..=54,
            58..=58,
            61..=61,
            78..=79,
            88..=88,
            264..=266,
            276..=276,
            291..=291,
            439..=439,
            452..=452,
        ],
    ),
    ("Extended attributes", &[5..=16, 463..=466]),
    ("Mounts", &[39..=42, 60..=60, 428..=433, 442..=443, 457..=458]),
    ("Pipes", &[59..=59]),
    ("Waiting for several", &[19..=22, 26..=28, 72..=74, 85..=87, 262..=263, 441..=441]),
    (
        "Processes",
        &[93..=95, 96..=97, 129..=131, 220..=221, 260..=260, 268..=268, 272..=272, 281..=281, 424..=424, 434..=435, 438..=438],
    ),
    ("Identity and limits", &[89..=92, 140..=141, 143..=160, 163..=168, 172..=178, 261..=261]),
    ("Signals", &[132..=139, 240..=240]),
    ("Futexes", &[98..=100, 449..=449, 454..=456]),
    ("Scheduling", &[30..=31, 118..=128, 274..=275]),
    ("Time", &[101..=103, 107..=115, 169..=171, 266..=266]),
    (
        "Memory",
        &[
            214..=216,
            222..=222,
            224..=239,
            270..=271,
            282..=284,
            288..=290,
            425..=425,
            440..=440,
            447..=448,
            450..=450,
            453..=453,
            462..=462,
        ],
    ),
    ("Sockets", &[198..=212, 242..=243, 269..=269]),
    ("System V and message queues", &[180..=197]),
    ("Asynchronous I/O", &[0..=4, 292..=292, 426..=427]),
    ("RISC-V", &[258..=259, 293..=293]),
    (
        "The machine",
        &[
            104..=106,
            116..=117,
            142..=142,
            161..=162,
            179..=179,
            217..=219,
            241..=241,
            273..=273,
            277..=278,
            280..=280,
            294..=294,
            444..=446,
            451..=451,
            459..=461,
        ],
    ),
];

/// The index of the family of a Linux call; the last one past the list for what is in none.
pub(super) fn of(number: usize) -> usize {
    let holds = |family: &Family| family.1.iter().any(|r| r.contains(&number));
    FAMILIES.iter().position(holds).unwrap_or(FAMILIES.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::LINUX_CALLS;

    #[test]
    fn every_call_has_a_family() {
        let lost: Vec<_> = LINUX_CALLS.iter().filter(|c| of(c.number) == FAMILIES.len()).collect();
        assert!(lost.is_empty(), "{:?}", lost.iter().map(|c| (c.number, c.name)).collect::<Vec<_>>());
    }
}
