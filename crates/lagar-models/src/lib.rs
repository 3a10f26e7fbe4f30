//! Vision-language models: configuration, weights, preprocessing, forward pass, generation.
