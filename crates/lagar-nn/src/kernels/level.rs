//! Which instructions the kernels may use.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU8, Ordering};

/// A set of instructions, each level containing the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// What every CPU that the program is built for has.
    Portable = 1,
    /// AVX2 and FMA.
    Avx2 = 2,
    /// AVX-512 F, BW, DQ and VL.
    Avx512 = 3,
    /// The above and AVX-512 VNNI.
    Avx512Vnni = 4,
    /// The above and AVX-512 BF16.
    Avx512Bf16 = 5,
}

impl Level {
    /// Every level, lowest first.
    pub const ALL: [Self; 5] =
        [Self::Portable, Self::Avx2, Self::Avx512, Self::Avx512Vnni, Self::Avx512Bf16];

    /// The highest level of this machine, looked up once.
    pub fn detect() -> Self {
        static FOUND: AtomicU8 = AtomicU8::new(0);
        Self::numbered(FOUND.load(Ordering::Relaxed)).unwrap_or_else(|| {
            let found = Self::look();
            FOUND.store(found as u8, Ordering::Relaxed);
            found
        })
    }

    fn numbered(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number).wrapping_sub(1)).copied()
    }

    #[cfg(target_arch = "x86_64")]
    fn look() -> Self {
        let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        let avx512 = avx2
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        let vnni = avx512 && is_x86_feature_detected!("avx512vnni");
        let bf16 = vnni && is_x86_feature_detected!("avx512bf16");
        let has = [true, avx2, avx512, vnni, bf16];
        let levels = Self::ALL.into_iter().zip(has).filter(|(_, has)| *has);
        levels.map(|(level, _)| level).max().unwrap_or(Self::Portable)
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn look() -> Self {
        Self::Portable
    }

    /// The levels of this machine, lowest first.
    pub fn available() -> impl Iterator<Item = Self> {
        let highest = Self::detect();
        Self::ALL.into_iter().filter(move |level| *level <= highest)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Avx512Vnni => "avx512-vnni",
            Self::Avx512Bf16 => "avx512-bf16",
        })
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|level| level.to_string() == text).ok_or_else(|| {
            let names = Self::ALL.map(|level| format!("`{level}`")).join(", ");
            format!("`{text}` is not a level of the kernels: expected one of {names}")
        })
    }
}

static CHOICE: AtomicU8 = AtomicU8::new(0);

/// The level that kernels run at: the highest of this machine, or what [`set_level`] said.
pub fn level() -> Level {
    Level::numbered(CHOICE.load(Ordering::Relaxed)).unwrap_or_else(Level::detect)
}

/// Lowers the level for the whole process; a level this machine does not have is ignored. Returns
/// the level that is in force.
pub fn set_level(wanted: Level) -> Level {
    let level = wanted.min(Level::detect());
    CHOICE.store(level as u8, Ordering::Relaxed);
    level
}

/// Defines `fn $name(level, …)` that runs `$body::<FUSED>(…)` compiled for the level: `FUSED` says
/// whether the CPU multiplies and adds in one instruction.
macro_rules! compiled_for_each_level {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) = $body:ident) => {
        $(#[$meta])*
        #[cfg_attr(target_arch = "x86_64", expect(
            unsafe_code,
            reason = "a function compiled for a CPU feature may only run where the CPU has it"
        ))]
        $vis fn $name(level: $crate::kernels::Level, $($arg: $ty),*) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,fma")]
            fn avx512($($arg: $ty),*) {
                $body::<true>($($arg),*);
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($arg: $ty),*) {
                $body::<true>($($arg),*);
            }
            #[cfg(target_arch = "x86_64")]
            match level.min($crate::kernels::Level::detect()) {
                // SAFETY: `detect` has seen the features that `avx512` is compiled for.
                level if level >= $crate::kernels::Level::Avx512 => unsafe { avx512($($arg),*) },
                // SAFETY: `detect` has seen AVX2 and FMA.
                $crate::kernels::Level::Avx2 => unsafe { avx2($($arg),*) },
                _ => $body::<false>($($arg),*),
            }
            #[cfg(not(target_arch = "x86_64"))]
            {
                let _ = level;
                $body::<false>($($arg),*);
            }
        }
    };
}
pub(crate) use compiled_for_each_level;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_portable_level_is_always_there() {
        assert_eq!(Level::available().next(), Some(Level::Portable));
        assert!(Level::available().any(|available| available == level()));
    }

    #[test]
    fn a_level_is_read_as_it_is_written() {
        for level in Level::ALL {
            assert_eq!(level.to_string().parse(), Ok(level));
        }
        assert!("sse9".parse::<Level>().unwrap_err().contains("`avx512-vnni`"));
    }
}
