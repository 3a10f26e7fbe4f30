//! In which numbers, and where, a model computes.

use std::fmt;
use std::str::FromStr;

use crate::NnError;

/// The form in which the big matrices of a model are kept; see the head of the crate for what it
/// means for the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dtype {
    /// 32-bit floating point.
    #[default]
    F32,
    /// bfloat16: half the memory and, on CPUs that multiply it, about four times the speed.
    Bf16,
    /// 8-bit integers, one scale per output: a quarter of the memory. What is multiplied with them
    /// becomes 8-bit integers as well, with a scale and a zero point per row. Tables of vectors, the
    /// output layers tied to them and patch convolutions are kept in bfloat16. On the CPU only.
    Int8,
}

impl Dtype {
    /// Bytes that one element takes.
    pub const fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::Bf16 => 2,
            Self::Int8 => 1,
        }
    }

    /// The form of what is not multiplied as integers even where matrices are: a table's vectors are
    /// the numbers that a model starts from, and pixels have few values that are alike.
    #[must_use]
    pub const fn of_tables(self) -> Self {
        match self {
            Self::F32 => Self::F32,
            Self::Bf16 | Self::Int8 => Self::Bf16,
        }
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::Int8 => "int8",
        })
    }
}

impl FromStr for Dtype {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "f32" | "float32" => Ok(Self::F32),
            "bf16" | "bfloat16" => Ok(Self::Bf16),
            "int8" => Ok(Self::Int8),
            other => {
                Err(format!("`{other}` is not a number format: expected `f32`, `bf16` or `int8`"))
            }
        }
    }
}

/// The device that holds tensors and computes.
#[derive(Clone, Debug, Default)]
pub struct Device(DeviceKind);

#[derive(Clone, Debug, Default)]
enum DeviceKind {
    #[default]
    Cpu,
    Other(candle_core::Device, String),
}

impl Device {
    /// The processor.
    pub const fn cpu() -> Self {
        Self(DeviceKind::Cpu)
    }

    /// A device by its name: `cpu`, `cuda` or `cuda:N`.
    ///
    /// # Errors
    /// When the name is none of these, or this build or machine has no such device.
    pub fn named(name: &str) -> Result<Self, NnError> {
        if name == "cpu" {
            return Ok(Self::cpu());
        }
        let ordinal = match name.strip_prefix("cuda") {
            Some("") => Some(0),
            Some(rest) => rest.strip_prefix(':').and_then(|number| number.parse().ok()),
            None => None,
        };
        let unknown = |message: String| NnError::Device { name: name.to_owned(), message };
        let ordinal =
            ordinal.ok_or_else(|| unknown("expected `cpu`, `cuda` or `cuda:N`".into()))?;
        let device =
            candle_core::Device::new_cuda(ordinal).map_err(|source| unknown(source.to_string()))?;
        Ok(Self(DeviceKind::Other(device, format!("cuda:{ordinal}"))))
    }

    /// Whether this is the processor.
    pub const fn is_cpu(&self) -> bool {
        matches!(self.0, DeviceKind::Cpu)
    }

    pub(crate) fn candle(&self) -> candle_core::Device {
        match &self.0 {
            DeviceKind::Cpu => candle_core::Device::Cpu,
            DeviceKind::Other(device, _) => device.clone(),
        }
    }

    /// In which numbers activations are computed when weights are kept in `dtype`.
    pub(crate) fn activations(&self, dtype: Dtype) -> candle_core::DType {
        match (self.is_cpu(), dtype) {
            (true, _) | (false, Dtype::F32) => candle_core::DType::F32,
            (false, Dtype::Bf16 | Dtype::Int8) => candle_core::DType::BF16,
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            DeviceKind::Cpu => f.write_str("cpu"),
            DeviceKind::Other(_, name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dtype_is_read_as_it_is_written() {
        for dtype in [Dtype::F32, Dtype::Bf16, Dtype::Int8] {
            assert_eq!(dtype.to_string().parse::<Dtype>(), Ok(dtype));
        }
        assert!("int4".parse::<Dtype>().unwrap_err().contains("int4"));
    }

    #[test]
    fn an_unknown_device_is_named_in_the_error() {
        assert!(Device::named("cpu").unwrap().is_cpu());
        assert!(Device::named("tpu").unwrap_err().to_string().contains("tpu"));
        assert!(Device::named("cuda:x").is_err());
    }
}
