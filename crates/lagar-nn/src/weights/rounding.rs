//! Forms of numbers on disk, and what is lost when a matrix is kept in a narrow one.

use std::fmt;
use std::str::FromStr;

use half::{bf16, f16};

/// A form of floating point that a checkpoint is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// 32 bits.
    F32,
    /// bfloat16.
    Bf16,
    /// IEEE half precision.
    F16,
}

impl Form {
    /// Its name in safetensors files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::Bf16 => "BF16",
            Self::F16 => "F16",
        }
    }

    /// Its name in configurations (`torch_dtype`).
    pub const fn torch(self) -> &'static str {
        match self {
            Self::F32 => "float32",
            Self::Bf16 => "bfloat16",
            Self::F16 => "float16",
        }
    }

    /// The form with this name in safetensors files; 64 bits count as 32.
    pub fn stored(name: &str) -> Option<Self> {
        match name {
            "F32" | "F64" => Some(Self::F32),
            "BF16" => Some(Self::Bf16),
            "F16" => Some(Self::F16),
            _ => None,
        }
    }

    /// Bytes of an element.
    pub const fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::Bf16 | Self::F16 => 2,
        }
    }

    /// The number that is kept for `x`.
    pub fn round(self, x: f32) -> f32 {
        match self {
            Self::F32 => x,
            Self::Bf16 => bf16::from_f32(x).to_f32(),
            Self::F16 => f16::from_f32(x).to_f32(),
        }
    }

    /// Writes numbers behind `out`.
    pub fn write(self, values: &[f32], out: &mut Vec<u8>) {
        match self {
            Self::F32 => out.extend(values.iter().flat_map(|x| x.to_le_bytes())),
            Self::Bf16 => out.extend(values.iter().flat_map(|x| bf16::from_f32(*x).to_le_bytes())),
            Self::F16 => out.extend(values.iter().flat_map(|x| f16::from_f32(*x).to_le_bytes())),
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::F16 => "f16",
        })
    }
}

impl FromStr for Form {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "f32" | "float32" => Ok(Self::F32),
            "bf16" | "bfloat16" => Ok(Self::Bf16),
            "f16" | "float16" => Ok(Self::F16),
            other => Err(format!("`{other}` is not `f32`, `bf16` or `f16`")),
        }
    }
}

/// What rounding does to a changed matrix, summed over its elements.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rounding {
    /// Elements that are not 0.
    elements: usize,
    max_relative: f64,
    sum_relative: f64,
    /// Σ (rounded − exact)².
    error: f64,
    /// Σ (exact − base)².
    update: f64,
}

impl Rounding {
    /// What rounding to `form` does to a row `exact` that was `base` before.
    pub fn of_row(form: Form, base: &[f32], exact: &[f32]) -> Self {
        let mut found = Self::default();
        for (base, exact) in base.iter().zip(exact) {
            let error = f64::from(form.round(*exact)) - f64::from(*exact);
            let update = f64::from(*exact) - f64::from(*base);
            if *exact != 0.0 {
                let relative = (error / f64::from(*exact)).abs();
                found.elements += 1;
                found.max_relative = found.max_relative.max(relative);
                found.sum_relative += relative;
            }
            found.error += error * error;
            found.update += update * update;
        }
        found
    }

    /// Takes in what was found elsewhere.
    pub fn add(&mut self, other: &Self) {
        self.elements += other.elements;
        self.max_relative = self.max_relative.max(other.max_relative);
        self.sum_relative += other.sum_relative;
        self.error += other.error;
        self.update += other.update;
    }

    /// The largest relative error of an element.
    pub fn max_relative(&self) -> f64 {
        self.max_relative
    }

    /// The mean relative error of the elements that are not 0.
    pub fn mean_relative(&self) -> f64 {
        self.sum_relative / self.elements.max(1) as f64
    }

    /// The length of the update, √Σ (exact − base)².
    pub fn update_norm(&self) -> f64 {
        self.update.sqrt()
    }

    /// The length of the error as a share of the length of the update: how much of what was learnt
    /// is drowned by rounding. 0 where nothing was changed.
    pub fn share_of_update(&self) -> f64 {
        if self.update > 0.0 { (self.error / self.update).sqrt() } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_measured_against_value_and_update() {
        // 1 + 2^-9 lies between 1 and the next bfloat16, 1 + 2^-7
        let exact = 1.0 + 1.0 / 512.0;
        let found = Rounding::of_row(Form::Bf16, &[1.0, 0.0], &[exact, 0.0]);
        assert!((found.share_of_update() - 1.0).abs() < 1e-9);
        let relative = f64::from(exact - 1.0) / f64::from(exact);
        assert!((found.max_relative() - relative).abs() < 1e-9);
        assert!((found.mean_relative() - relative).abs() < 1e-9);
        let kept = Rounding::of_row(Form::F32, &[1.0], &[exact]);
        assert!(kept.share_of_update().abs() < 1e-12 && kept.update_norm() > 0.0);
    }

    #[test]
    fn forms_are_written_as_they_are_read() {
        for form in [Form::F32, Form::Bf16, Form::F16] {
            assert_eq!(form.to_string().parse(), Ok(form));
            assert_eq!(Form::stored(form.name()), Some(form));
            let mut bytes = Vec::new();
            form.write(&[1.5, -2.0], &mut bytes);
            assert_eq!(bytes.len(), 2 * form.bytes());
        }
        assert!("int4".parse::<Form>().unwrap_err().contains("int4"));
    }
}
