#!/usr/bin/env bash
# Builds lagar-nn and lagar-models with the `cuda` feature on a machine without a GPU or driver.
#
#     tools/build_cuda.sh [FOLDER]
#
# The compiler and headers come from PyPI (about 1.2 GB, into FOLDER, by default ./target/cuda), the
# driver's library is a stub that only satisfies the linker. What comes out needs a driver of CUDA 13.0
# and a card of compute capability 9.0 (CUDA_COMPUTE_CAP changes that) to start.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder="${1:-target/cuda}"
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
if [ ! -x "$folder/venv/bin/python" ]; then
    python3 -m venv "$folder/venv"
fi
"$folder/venv/bin/pip" install --quiet \
    'cuda-toolkit[nvcc,cudart,cccl,cublas,curand,nvrtc]==13.0.*'
site=$("$folder/venv/bin/python" -c 'import site; print(site.getsitepackages()[0])')
export CUDA_HOME="$site/nvidia/cu13"
export CUDA_PATH="$CUDA_HOME" PATH="$CUDA_HOME/bin:$PATH"
export CUDA_COMPUTE_CAP="${CUDA_COMPUTE_CAP:-90}"

# The wheels have versioned libraries only; the linker asks for plain names.
for library in "$CUDA_HOME"/lib/lib{cublas,cublasLt,cudart,curand,nvrtc}.so.*; do
    ln -sf "$(basename "$library")" "${library%%.so.*}.so"
done

# Nor have they libcuda.so, which belongs to the driver.
cargo fetch --locked
stub="$folder/stub"
mkdir -p "$stub"
grep -ohE 'fn (cu[A-Z][A-Za-z0-9_]*)\(' \
    "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/cudarc-*/src/driver/sys/*.rs |
    sed 's/fn //; s/(//' | sort -u | awk '{print "int " $1 "(void) { return 999; }"}' >"$stub/stub.c"
gcc -shared -fPIC -Wl,-soname,libcuda.so.1 -o "$stub/libcuda.so" "$stub/stub.c"

export RUSTFLAGS="-L native=$CUDA_HOME/lib -L native=$stub"
export CARGO_TARGET_DIR="$folder/build"
cargo build --release --locked -p lagar-nn -p lagar-models --features lagar-nn/cuda
