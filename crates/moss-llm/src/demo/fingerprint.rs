//! A number that a question always has.

use std::hash::Hasher;

use moss_protocol::ToolDefinition;
use serde::Serialize;

use crate::ModelRequest;

/// A number of the question and a seed, the same on every machine and in every version of Rust (FNV-1a).
pub(super) fn fingerprint(request: &ModelRequest, seed: u64) -> u64 {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    hash.write(&seed.to_le_bytes());
    for message in &request.messages {
        hash.write(&json(&**message));
    }
    for ToolDefinition { name, .. } in request.tools.iter() {
        hash.write(name.as_bytes());
    }
    hash.finish()
}

fn json(value: &impl Serialize) -> Vec<u8> {
    // A message that has no JSON would only make the number less telling.
    serde_json::to_vec(value).unwrap_or_default()
}

struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
