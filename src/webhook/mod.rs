//! The admission server: [`crate::admission`] behind TLS, with what it judges by kept up to date.
//!
//! A [`Server`] listens where the API server calls (`/validate`, and `/inject/NAME` about pods that are to get a sidecar)
//! and, in plain HTTP, where metrics are fetched. What it is given at its start may change under it: the files of the
//! certificate and of the clients' authority, the allow list's file, the ConfigMap or Harvester's setting that holds the list, the
//! files that say what goes into pods. Nothing that a peer sends ends it.
//!
//! | a peer that | is bounded by |
//! | --- | --- |
//! | connects and says nothing, or drips | 10 s for TLS, 10 s until the first request, 100 s for each further head, 10 s for a body |
//! | sends much | 8 MiB a review, 64 MiB of reviews at a time, counted as they arrive; where they run out, whoever has been sending for longest is answered `503` |
//! | opens many connections | 256; more wait to be accepted |
//! | has no certificate, where one is asked for | the handshake |
//! | asks for what costs | judgements run on as many threads as there are cores; after 10 s a review is answered `503` |

mod certificate;
mod connections;
mod images;
mod inject;
mod injections;
mod memory;
mod metrics;
mod poll;
mod reading;
mod server;
mod service;

pub use images::Images;
pub use reading::Limits;
pub use server::{Options, Server, StartError};
