//! Runs kernels on request: `bench/kernels.py` asks, line by line, and times PyTorch in between.
//!
//! A line is `OPERATION COUNT`; the answer is wall seconds and CPU seconds of each run, `w,w,…;c,c,…`.
//! Operations: `mm:DTYPE:ROWS:INPUTS:OUTPUTS:ACTIVATION`, `dw:CHANNELS:HEIGHT:WIDTH`,
//! `at:ITEMS:TOKENS:HEADS:WIDTH`, `peak:DTYPE`, `bandwidth`. What is computed is checked against plain
//! sums before it is timed.

mod peak;

use std::convert::Infallible;
use std::io::{BufRead, Write};
use std::time::Instant;

use lagar_nn::Dtype;
use lagar_nn::kernels::packed::Packed;
use lagar_nn::kernels::product::{Epilogue, Rows, product};
use lagar_nn::kernels::{Activation, Level, attention, depthwise, level, set_level};

type Work = Box<dyn FnMut() + Send>;

/// Numbers between -1 and 1.
fn noise(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    let next = |_| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 40) as f32 / 16_777_216.0 - 0.5) * 2.0
    };
    (0..count).map(next).collect()
}

fn number(part: Option<&&str>) -> Result<usize, String> {
    part.and_then(|part| part.parse().ok()).ok_or_else(|| "expected a number".to_owned())
}

fn matrix(parts: &[&str]) -> Result<Work, String> {
    let dtype: Dtype = parts.first().ok_or("expected a number format")?.parse()?;
    let (rows, inputs, outputs) =
        (number(parts.get(1))?, number(parts.get(2))?, number(parts.get(3))?);
    let activation = parts.get(4).and_then(|name| Activation::named(name)).unwrap_or_default();
    let (x, w) = (noise(rows * inputs, 2), noise(inputs * outputs, 1));
    let read = |row: usize, buffer: &mut [f32]| {
        buffer.copy_from_slice(&w[row * inputs..(row + 1) * inputs]);
        Ok::<_, Infallible>(())
    };
    let packed = match Packed::from_rows((outputs, inputs), dtype, read) {
        Ok(packed) => packed,
        Err(never) => match never {},
    };
    let bias = vec![0.0; outputs];
    let run = move |x: &[f32], packed: &Packed, bias: &[f32], activation| {
        let operand = Rows { data: x, count: rows, stride: inputs };
        product(level(), operand, packed, &Epilogue { bias, activation, residual: &[] })
    };
    let got = run(&x, &packed, &bias, Activation::Identity);
    for (row, output) in [(0, 0), (rows - 1, outputs - 1), (rows / 2, outputs / 3)] {
        let terms =
            (0..inputs).map(|i| f64::from(x[row * inputs + i]) * f64::from(w[output * inputs + i]));
        let (expected, got) = (terms.sum::<f64>(), f64::from(got[row * outputs + output]));
        let error = match dtype {
            Dtype::F32 => 1e-5,
            Dtype::Bf16 => 1e-2,
            _ => 4e-2,
        };
        if (expected - got).abs() > error * (inputs as f64).sqrt() {
            return Err(format!("wrong at {row}, {output}: expected {expected}, got {got}"));
        }
    }
    Ok(Box::new(move || drop(std::hint::black_box(run(&x, &packed, &bias, activation)))))
}

fn attend(parts: &[&str]) -> Result<Work, String> {
    let (items, tokens) = (number(parts.first())?, number(parts.get(1))?);
    let (heads, width) = (number(parts.get(2))?, number(parts.get(3))?);
    let row = heads * width;
    let fused = noise(items * tokens * row * 3, 5);
    Ok(Box::new(move || {
        let part = |index: usize| attention::Operand {
            data: &fused[index * row..],
            tokens,
            item_stride: tokens * row * 3,
            token_stride: row * 3,
        };
        let scores = attention::Scores {
            heads,
            kv_heads: heads,
            width,
            scale: 0.1,
            is_causal: false,
            key_lengths: &[],
            bias: &[],
        };
        let mut out = vec![0.0; items * tokens * row];
        attention::attention(level(), (part(0), part(1), part(2)), &scores, &mut out);
        std::hint::black_box(&out);
    }))
}

fn convolve(parts: &[&str]) -> Result<Work, String> {
    let (channels, height, width) =
        (number(parts.first())?, number(parts.get(1))?, number(parts.get(2))?);
    let extent = depthwise::Extent { height, width, channels };
    let (x, weight) = (noise(height * width * channels, 3), noise(49 * channels, 4));
    let bias = noise(channels, 5);
    Ok(Box::new(move || {
        let out = depthwise::depthwise(level(), (&x, extent), (&weight, 7), &bias);
        std::hint::black_box(&out);
    }))
}

fn build(operation: &str) -> Result<Work, String> {
    let parts: Vec<&str> = operation.split(':').collect();
    match parts[0] {
        "mm" => matrix(&parts[1..]),
        "dw" => convolve(&parts[1..]),
        "at" => attend(&parts[1..]),
        "peak" => peak::peak(parts.get(1).copied().unwrap_or_default()),
        "bandwidth" => Ok(peak::bandwidth(noise(64 << 20, 9))),
        other => Err(format!("no operation `{other}`")),
    }
}

fn cpu_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes one `timespec`.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

fn answer(current: &mut Option<(String, Work)>, line: &str) -> Result<String, String> {
    let (operation, count) = line.trim().split_once(' ').ok_or("expected OPERATION COUNT")?;
    let count: usize = count.parse().map_err(|_| "expected a count")?;
    if current.as_ref().is_none_or(|(known, _)| known != operation) {
        *current = None;
        let mut work = build(operation)?;
        work();
        *current = Some((operation.to_owned(), work));
    }
    let (mut wall, mut cpu) = (Vec::new(), Vec::new());
    if let Some((_, work)) = current {
        for _ in 0..count {
            let (start, cpu_start) = (Instant::now(), cpu_seconds());
            work();
            wall.push(format!("{:.6e}", start.elapsed().as_secs_f64()));
            cpu.push(format!("{:.6e}", cpu_seconds() - cpu_start));
        }
    }
    Ok(format!("{};{}", wall.join(","), cpu.join(",")))
}

fn main() {
    let threads = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1);
    if let Some(wanted) = std::env::args().nth(2).and_then(|text| text.parse::<Level>().ok()) {
        set_level(wanted);
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    pool.install(|| {
        let mut current = None;
        for line in std::io::stdin().lock().lines() {
            let line = line.expect("a line");
            let answer =
                answer(&mut current, &line).unwrap_or_else(|error| format!("ERROR {error}"));
            println!("{answer}");
            std::io::stdout().flush().expect("standard output");
        }
    });
}
