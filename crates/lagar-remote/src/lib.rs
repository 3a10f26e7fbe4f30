//! Models and files behind HTTP: OpenAI-compatible services and Hugging Face-compatible hubs.
