//! What the server is given instead of rules.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use virt_patch::hook::{Call, CloudInit, Failure, FailureKind, Hooks, MAX_ANSWER};

/// Hooks that a test tells what to do by the domain's text.
#[derive(Default)]
pub(crate) struct Scripted {
    pub(crate) cloud_init: bool,
    /// The calls that came.
    pub(crate) calls: Arc<Mutex<Vec<Call>>>,
}

impl Hooks for Scripted {
    fn offers_cloud_init(&self) -> bool {
        self.cloud_init
    }

    fn on_define_domain(&self, domain: &[u8], vmi: &[u8], call: &Call) -> Result<Vec<u8>, Failure> {
        self.calls.lock().unwrap().push(call.clone());
        match domain {
            b"panic" => panic!("a secret of the document"),
            b"empty" => Ok(Vec::new()),
            b"huge" => Ok(vec![b'x'; MAX_ANSWER + 1]),
            b"largest" => Ok(vec![b'x'; MAX_ANSWER - 16]),
            b"input" => Err(Failure::new(FailureKind::InvalidInput, "the input")),
            b"rule" => Err(Failure::new(FailureKind::RuleError, "größer\nthan 100%")),
            b"limit" => Err(Failure::new(FailureKind::Limit, "the limit")),
            b"slow" => {
                std::thread::sleep(Duration::from_millis(300));
                Ok(b"slow".to_vec())
            }
            _ => Ok([domain, b"|", vmi].concat()),
        }
    }

    fn pre_cloud_init_iso(
        &self,
        cloud_init_data: &[u8],
        no_cloud_source: &[u8],
        vmi: &[u8],
        call: &Call,
    ) -> Result<CloudInit, Failure> {
        self.calls.lock().unwrap().push(call.clone());
        Ok(CloudInit { data: [cloud_init_data, vmi].concat(), no_cloud_source: [no_cloud_source, vmi].concat() })
    }
}
