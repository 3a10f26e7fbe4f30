//! Models and files behind HTTP: OpenAI-compatible services and Hugging Face-compatible hubs.
//!
//! [`chat`] makes any server that speaks the `OpenAI` chat API with pictures (vLLM, `SGLang`, `llama.cpp`,
//! a cloud service) an [`Answerer`](lagar_core::models::Answerer) and a
//! [`Captioner`](lagar_core::models::Captioner). [`service`] is what every client here stands on:
//! one address, a key, and patience with servers that are busy. [`hub`] brings model folders,
//! [`files`] single files that Data-Juicer's operators read.

pub mod chat;
pub mod error;
pub mod files;
pub mod hub;
mod parallel;
pub mod picture;
pub mod retry;
pub mod service;

pub use chat::{ChatModel, ChatSettings};
pub use error::RemoteError;
pub use files::ModelFiles;
pub use hub::{Hub, HubSettings};
pub use retry::Retry;
pub use service::{ApiKey, Service};
