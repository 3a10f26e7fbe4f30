//! Captions by lot, in the proportions measured on captions from the web.

use std::fmt::{Result, Write as _};

use crate::random::Random;
use crate::vocabulary::{DOINGS, FAMILIES, PEOPLE, PLACES, QUALITIES, SYLLABLES, THINGS};

/// Appends one caption.
pub(crate) fn push(line: &mut String, random: &mut Random) -> Result {
    // Of 1,000 captions: too short 90, repeated words 80, repeated letters 23, too long 8.
    match random.below(1000) {
        0..90 => short(line, random),
        90..170 => repeated(line, random),
        170..193 => {
            line.write_str(&random.pick(&FAMILIES)[..random.between(5, 8) as usize].join(" "))
        }
        193..201 => long(line, random),
        201..206 => line.write_str("一张 旧 照片 - old photo of a 中国 temple"),
        _ => ordinary(line, random),
    }
}

fn short(line: &mut String, random: &mut Random) -> Result {
    match random.below(3) {
        0 => write!(line, "{}", random.pick(&THINGS)),
        1 => write!(line, "{} {}", random.pick(&QUALITIES), random.pick(&THINGS)),
        _ => write!(
            line,
            "{} {} {}",
            random.pick(&QUALITIES),
            random.pick(&THINGS),
            random.between(1, 99)
        ),
    }
}

fn repeated(line: &mut String, random: &mut Random) -> Result {
    let (thing, quality) = (random.pick(&THINGS), random.pick(&QUALITIES));
    match random.below(4) {
        0 => write!(line, "{thing} {thing} {quality} {thing} {}", random.pick(&PLACES)),
        1 => write!(line, "{quality} {thing} and {quality} {thing} and {}", random.pick(&THINGS)),
        2 => write!(line, "the {thing}, the {quality} {thing}, the {}", random.pick(&THINGS)),
        _ => write!(line, "{thing} - {quality} - {quality} {thing} {quality}"),
    }
}

fn long(line: &mut String, random: &mut Random) -> Result {
    let first = random.index(THINGS.len());
    line.write_str("catalogue:")?;
    for step in 0..random.between(44, 52) as usize {
        // 5 and 144 have no common divisor: no thing comes twice.
        write!(line, " {}", THINGS[(first + step * 5) % THINGS.len()])?;
    }
    Ok(())
}

fn ordinary(line: &mut String, random: &mut Random) -> Result {
    let (quality, thing) = (random.pick(&QUALITIES), random.pick(&THINGS));
    let place = random.pick(&PLACES);
    match random.below(8) {
        0 => write!(line, "a {quality} {thing} {place}"),
        1 => write!(line, "{quality} {thing} {} {place}", random.pick(&DOINGS)),
        2 => write!(
            line,
            "{} {} near a {quality} {thing}",
            random.pick(&PEOPLE),
            random.pick(&DOINGS)
        ),
        3 => write!(line, "{} with {quality} {thing} {place}", random.pick(&PEOPLE)),
        4 => {
            maker(line, random)?;
            write!(line, " {quality} {thing} {} {place}", random.between(1, 9999))
        }
        5 => {
            write!(line, "the {quality} {thing} and the {} {place}", random.pick(&THINGS))?;
            write!(line, " - photo by ")?;
            maker(line, random)
        }
        6 => {
            write!(line, "set of {} {quality} {thing} stickers, ", random.between(2, 60))?;
            write!(line, "{} {}", random.pick(&QUALITIES), random.pick(&THINGS))
        }
        _ => {
            write!(line, "{quality} {thing}, {}, {}", random.pick(&THINGS), random.pick(&THINGS))?;
            write!(line, " {} {place}", random.pick(&DOINGS))
        }
    }
}

/// A made-up name, so that the vocabulary has no end.
fn maker(line: &mut String, random: &mut Random) -> Result {
    for _ in 0..random.between(2, 3) {
        line.write_str(SYLLABLES[random.index(SYLLABLES.len())])?;
    }
    Ok(())
}
