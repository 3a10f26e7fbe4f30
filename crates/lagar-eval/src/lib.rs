//! Benchmarks, metrics, statistics, and the comparison of two models.
