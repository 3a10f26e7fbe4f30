//! Layers and kernels of neural networks; the only crate that names the tensor framework.
